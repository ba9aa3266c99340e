"""The virtual environment ``.venv``: made once, filled from a lock file again when that changes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_PIN = re.compile(r"^[\w.-]+==", re.MULTILINE)


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
    pip = [str(python_of(venv)), "-m", "pip", "--disable-pip-version-check", "install"]
    locked = ["--progress-bar=off", "--require-hashes", "--only-binary=:all:", "-r", str(lock)]
    with subprocess.Popen([*pip, *locked], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _show_progress(process.stdout, len(_PIN.findall(lock.read_text(encoding="utf-8"))))
    if process.returncode != 0:
        raise NotReady(f"pip could not install {lock.name}; its own message stands above.")
    _stamp(venv, lock).touch()


def _show_progress(lines: Iterable[str], pins: int) -> None:
    """Say what pip is at: each package where a line can be written over, else every tenth.

    `pins` counts those of other systems and Pythons too.
    """
    anew = sys.stdout.isatty()
    collected = 0
    for line in lines:
        words = line.split()
        # A wheel that lies in a folder is processed, one from an index collected.
        if words and words[0] in ("Collecting", "Processing"):
            collected += 1
            text = f"  {collected} of at most {pins}: {Path(words[1]).name}"
            if anew or collected % 10 == 0:
                print(f"\r\033[K{text}" if anew else text, end="" if anew else "\n", flush=True)
        elif words[:2] == ["Installing", "collected"]:
            text = f"  all {collected} are here, unpacking them"
            print(f"\r\033[K{text}" if anew else text, flush=True)


def _is_filled(venv: Path, lock: Path) -> bool:
    return _stamp(venv, lock).exists()


def _stamp(venv: Path, lock: Path) -> Path:
    """A file that is there if exactly this lock file was installed completely."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return venv / f"installed-{lock.stem}-{digest}"
