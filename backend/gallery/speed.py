"""How fast a model is on this machine: measured on request, kept beside the model."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import msgspec

from backend.core.defaults import SPEED_TIME_LIMIT_S
from backend.core.errors import UsageError
from backend.core.files.private import write_file
from backend.core.files.regular import read_regular
from backend.core.release import VERSION
from backend.gallery.catalogue import SPEED_FILE
from backend.gallery.installed import InstallState

_MOST_BYTES = 64 * 1024
_LONGEST_WORDS = 600
_PROJECT = Path(__file__).resolve().parents[2]
_CHILD = "backend.gallery.speed_child"
_GRACE_S = 10.0
"""For the child to start, and to end itself when its time is over."""
_LIBRARIES = ("onnxruntime", "ai-edge-litert", "numpy")


class Timing(msgspec.Struct, frozen=True):
    """What the child measured: milliseconds of one computation, over so many."""

    median_ms: float
    fastest_ms: float
    slowest_ms: float
    count: int
    load_ms: float


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured; a speed of another machine says nothing about this one."""

    name: str
    system: str
    processor: str
    cores: int


class Speed(msgspec.Struct, frozen=True):
    """The speed of one version of a model, on one machine with these versions."""

    timing: Timing
    machine: Machine
    versions: dict[str, str]
    model_version: str = "1"
    schema: int = 1


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        platform.node(),
        f"{platform.system()} {platform.machine()}",
        platform.processor() or platform.machine(),
        os.cpu_count() or 1,
    )


def read_speed(folder: Path) -> Speed | None:
    """What was measured of the model in a folder, on this machine."""
    try:
        data = read_regular(folder / SPEED_FILE, _MOST_BYTES)
        speed = msgspec.json.decode(data, type=Speed)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return speed if speed.machine == this_machine() else None


def measure(
    root: Path, folder: Path, state: InstallState, time_limit_s: float = SPEED_TIME_LIMIT_S
) -> Speed:
    """Load the model of a repository in a child process, time it, and keep what comes out.

    Raises UsageError with the reason: it is not there, cannot be loaded, fails, or takes too long.
    """
    if state not in (InstallState.INSTALLED, InstallState.CHANGED):
        raise UsageError(
            f"'{folder.name}' is not installed.", hint=f"main.py models get {folder.name} does it."
        )
    timing = _timed(root, folder.name, time_limit_s)
    speed = Speed(timing, this_machine(), _versions())
    write_file(folder / SPEED_FILE, msgspec.json.format(msgspec.json.encode(speed), indent=2))
    return speed


def _timed(root: Path, name: str, time_limit_s: float) -> Timing:
    command = [sys.executable, "-m", _CHILD, str(root.absolute()), name, str(time_limit_s)]
    # Nothing is ever written: the child ends when this process does, however that ends.
    its_end, our_end = os.pipe()
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command,
            cwd=_PROJECT,
            stdin=its_end,
            capture_output=True,
            timeout=time_limit_s + _GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(name, time_limit_s) from None
    finally:
        os.close(its_end)
        os.close(our_end)
    if done.returncode == 0:
        return msgspec.json.decode(done.stdout, type=Timing)
    words = done.stderr.decode("utf-8", "replace").strip()[-_LONGEST_WORDS:]
    if done.returncode == TIME_OVER:
        raise _too_slow(name, time_limit_s)
    why = words or f"its process ended with {done.returncode}"
    raise UsageError(f"'{name}' cannot be measured: {why.rstrip('.')}.")


TIME_OVER = 75
"""The child's exit code when its time is over."""


def _too_slow(name: str, time_limit_s: float) -> UsageError:
    return UsageError(f"'{name}' was not loaded and timed within {time_limit_s:g} s.")


def _versions() -> dict[str, str]:
    found = {"inferdeck": VERSION, "python": platform.python_version()}
    for library in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[library] = metadata.version(library)
    return found
