"""Libraries and programs of the operating system: what is missing, and how it gets there."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

from gui.widgets.system_libraries import LIBRARIES

# A machine without those libraries has no proportional font either.
_FONT = "fonts-dejavu-core"
# What the tests drive: program -> Debian package.
PROGRAMS = {
    "Xvfb": "xvfb",
    "curl": "curl",
    "espeak-ng": "espeak-ng",
    "ffmpeg": "ffmpeg",
    "pactl": "pulseaudio-utils",
    "pulseaudio": "pulseaudio",
}
# The RTSP server of the tests is a GStreamer script for the system's own Python: only packages.
RTSP_SERVER = (
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-ugly",
    "python3-gi",
)


class NotReady(Exception):
    """The machine lacks something; the message says what to type."""


def prepare(*, for_tests: bool) -> None:
    """Install what is missing where that is possible.

    Raises `NotReady` when a library is still missing, and in CI when a program of the tests is.
    Elsewhere a missing program is named, and the tests that need it are skipped.
    """
    if not sys.platform.startswith("linux"):
        _say_missing_programs(for_tests)
        return
    libraries = missing_libraries()
    programs = missing_programs() if for_tests else []
    if not libraries and not programs:
        return
    if _can_install():
        _install(libraries + programs)
        libraries, programs = missing_libraries(), missing_programs() if for_tests else []
    if libraries or (programs and _in_ci()):
        raise NotReady(_advice(libraries + programs))
    if programs:
        print(f"The tests that need them will be skipped. {_advice(programs)}")


def missing_libraries() -> list[str]:
    """The packages of the libraries that cannot be loaded."""
    packages = [package for library, package in LIBRARIES.items() if not _loads(library)]
    return sorted({*packages, _FONT}) if packages else []


def missing_programs() -> list[str]:
    """The packages of what the tests drive and this machine lacks."""
    packages = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    if shutil.which("dpkg-query"):
        packages.update(package for package in RTSP_SERVER if not _installed(package))
    return sorted(packages)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    print(f"Installing from the distribution, for a minute: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], _install_command(packages)):
        # A failure shows in what is still missing afterwards.
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)


def _install_command(packages: list[str]) -> list[str]:
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def _advice(packages: list[str]) -> str:
    line = " ".join(_install_command(packages))
    if shutil.which("apt-get"):
        return f"This machine lacks system packages. As root:\n  {line}"
    return f"This machine lacks system packages. On Debian and Ubuntu they come with:\n  {line}"


def _say_missing_programs(for_tests: bool) -> None:
    names = [name for name in PROGRAMS if not shutil.which(name)] if for_tests else []
    if names and _in_ci():
        raise NotReady(f"Not installed, but needed by the tests: {', '.join(names)}")
    if names:
        print(f"Not installed, so their tests are skipped: {', '.join(names)}")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")
