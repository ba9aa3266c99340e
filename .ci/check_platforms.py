"""Ask pip for the wheel of every pin of both locks on every platform and Python we name.

``make check-platforms`` runs it. The wheels (some gigabytes) go to a temporary folder, their
hashes are checked, nothing is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

_REPOSITORY = Path(__file__).resolve().parents[1]
_LOCKS = ("requirements.txt", "requirements-dev.txt")
_PYTHONS = ("3.11", "3.12", "3.13")
# pip takes exact tags; glibc 2.34 is what PySide6 asks for, and Debian 12 has 2.36.
_MANYLINUX = [f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)]
_PLATFORMS = {
    "Linux x86-64": (["manylinux2014_x86_64", *_MANYLINUX], "linux", "Linux", "x86_64"),
    "macOS arm64": (["macosx_14_0_arm64"], "darwin", "Darwin", "arm64"),
    "Windows x86-64": (["win_amd64"], "win32", "Windows", "AMD64"),
}


def main() -> int:
    """Check all combinations; 0 if every pin has a wheel everywhere."""
    failed = 0
    for lock in _LOCKS:
        pins = pins_of((_REPOSITORY / lock).read_text(encoding="utf-8"))
        for platform in _PLATFORMS:
            for python in _PYTHONS:
                found = _has_wheels(_wanted(pins, platform, python), platform, python)
                print(f"{'ok' if found else 'FAILED':7}{lock:22}{platform:16}{python}", flush=True)
                failed += not found
    return 1 if failed else 0


def pins_of(lock: str) -> list[str]:
    """The requirements of a lock file, each with its marker and its hashes on one line."""
    lines = re.sub(r"\\\n", " ", lock).splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def _wanted(pins: list[str], platform: str, python: str) -> list[str]:
    """The pins whose marker holds there; pip itself would ask the machine it runs on."""
    _, sys_platform, system, machine = _PLATFORMS[platform]
    there = {
        "sys_platform": sys_platform,
        "platform_system": system,
        "platform_machine": machine,
        "os_name": "nt" if system == "Windows" else "posix",
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    wanted = []
    for pin in pins:
        text, *hashes = pin.split(" --hash=")
        requirement = Requirement(text.strip())
        if requirement.marker is None or requirement.marker.evaluate(there):
            requirement.marker = None
            wanted.append(" --hash=".join([str(requirement), *hashes]))
    return wanted


def _has_wheels(pins: list[str], platform: str, python: str) -> bool:
    tags = [part for tag in _PLATFORMS[platform][0] for part in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pins.txt"
        lock.write_text("\n".join(pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--python-version", python, *tags]
        command += ["--dest", folder, "-r", str(lock)]
        return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
