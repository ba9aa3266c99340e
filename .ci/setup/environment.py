"""The virtual environment ``.venv``: made once, filled from a lock file again when that changes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path


class NotReady(Exception):
    """The environment could not be made; the message says what to do."""


def prepare(repository: Path, *, for_tests: bool) -> None:
    """Bring ``.venv`` up to date with the lock file; raises `NotReady` when that fails.

    The development lock holds the runtime lock with the same pins, so an environment made for
    the tests is good enough to run the program.
    """
    venv = repository / ".venv"
    _make(venv)
    runtime = repository / "requirements.txt"
    development = repository / "requirements-dev.txt"
    if _is_filled(venv, development) or (not for_tests and _is_filled(venv, runtime)):
        return
    _fill(venv, development if for_tests else runtime)


def python_of(venv: Path) -> Path:
    """The environment's own interpreter."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make(venv: Path) -> None:
    if _version(python_of(venv)) == sys.version:
        return
    print(f"Making {venv.name} with Python {sys.version.split()[0]}", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=False)
    if done.returncode != 0:
        raise NotReady("python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv")


def _version(python: Path) -> str:
    """The interpreter's version, or nothing if it or its pip does not run."""
    ask = "import pip, sys; sys.stdout.write(sys.version)"
    try:
        answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout


def _fill(venv: Path, lock: Path) -> None:
    print(f"Installing {lock.name}; the first time takes a few minutes", flush=True)
    for stamp in venv.glob("installed-*"):
        stamp.unlink()
    pip = [str(python_of(venv)), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    locked = ["--require-hashes", "--only-binary=:all:", "-r", str(lock)]
    if subprocess.run([*pip, "install", *locked], check=False).returncode != 0:
        raise NotReady(f"pip could not install {lock.name}; its own message stands above.")
    _stamp(venv, lock).touch()


def _is_filled(venv: Path, lock: Path) -> bool:
    return _stamp(venv, lock).exists()


def _stamp(venv: Path, lock: Path) -> Path:
    """A file that is there if exactly this lock file was installed completely."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return venv / f"installed-{lock.stem}-{digest}"
