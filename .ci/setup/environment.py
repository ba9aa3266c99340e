"""Virtual environments: made once, each filled from a lock file again when that changes.

``.venv`` is that of the program and its tests; ``.venv-ray`` sees what is in there, and has Ray.
"""

from __future__ import annotations

import hashlib
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from progress import Progress

_TICK_S = 1.0
_PIN = re.compile(r"^[\w.-]+==", re.MULTILINE)


class NotReady(Exception):
    """The environment could not be made; the message says what to do."""


class Unobtainable(NotReady):
    """No package index that pip can reach has what this machine needs."""


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


def prepare_cluster(repository: Path) -> None:
    """Bring ``.venv-ray`` up to date, beside a ``.venv`` that is filled for the tests.

    Raises `NotReady`, and `Unobtainable` where Ray cannot be had for this machine.
    """
    venv, lock = repository / ".venv-ray", repository / "requirements-ray.txt"
    _make(venv)
    seen = "".join(f"{path}\n" for path in _packages(repository / ".venv"))
    for path in _packages(venv):
        (path / "tests.pth").write_text(seen, encoding="utf-8")
    if not _is_filled(venv, lock):
        _fill(venv, lock)


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
    print(
        f"Installing {lock.name} into {venv.name}; the first time takes a few minutes", flush=True
    )
    for stamp in venv.glob("installed-*"):
        stamp.unlink()
    log = venv / "pip.log"
    with tempfile.TemporaryDirectory(prefix="inferdeck-pip-") as downloads:
        pins = len(_PIN.findall(lock.read_text(encoding="utf-8")))
        progress = Progress(pins, Path(downloads), _packages(venv))
        failed = _run_pip(venv, lock, log, progress, downloads)
    if failed:
        progress.ended()
        missing = "No matching distribution found" in log.read_text(encoding="utf-8")
        raise (Unobtainable if missing else NotReady)(_why(lock, log))
    progress.done()
    _stamp(venv, lock).touch()


def _packages(venv: Path) -> tuple[Path, ...]:
    """Where its packages are; lib64 is a link to lib on some systems."""
    places = (*venv.glob("lib*/python*/site-packages"), *venv.glob("Lib/site-packages"))
    return tuple({path.resolve() for path in places})


def _run_pip(venv: Path, lock: Path, log: Path, progress: Progress, downloads: str) -> bool:
    """Let pip install the lock file while `progress` says how far it is; whether it failed."""
    pip = [str(python_of(venv)), "-m", "pip", "--disable-pip-version-check", "--no-color"]
    locked = ["--progress-bar=off", "--require-hashes", "--only-binary=:all:", "-r", str(lock)]
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    process = subprocess.Popen(
        [*pip, "install", *locked],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # How far a download is shows in the file that pip writes it to.
        env={**os.environ, "TMPDIR": downloads, "TEMP": downloads, "TMP": downloads},
    )
    reader = threading.Thread(target=_read, args=(process, log, lines), daemon=True)
    reader.start()
    try:
        while True:
            try:
                line = lines.get(timeout=_TICK_S)
            except queue.Empty:
                progress.tick()
                continue
            if line is None:
                break
            progress.line(line)
    except KeyboardInterrupt:
        process.wait()  # it got the same Ctrl-C
        progress.ended()
        raise NotReady("Interrupted; the next call goes on with what is here already.") from None
    reader.join()
    return process.wait() != 0


def _read(process: subprocess.Popen[str], log: Path, lines: queue.SimpleQueue[str | None]) -> None:
    """Everything that pip says goes into the log and on; None comes after the last line."""
    assert process.stdout is not None
    with log.open("w", encoding="utf-8") as file:
        for line in process.stdout:
            file.write(line)
            file.flush()
            lines.put(line.rstrip())
    lines.put(None)


def _why(lock: Path, log: Path) -> str:
    """pip's first complaint, and where the rest of what it said is."""
    said = log.read_text(encoding="utf-8").splitlines()
    complaints = [line for line in said if line.startswith("ERROR: ")]
    reason = complaints[0].removeprefix("ERROR: ") if complaints else "it gave no reason"
    retried = any("Retrying (Retry(" in line for line in said)
    if retried and "(from versions: none)" in reason:
        reason = "the package index cannot be reached. Is there a network, a proxy?"
    return f"pip could not install {lock.name}: {reason}\nAll that pip said is in {log}."


def _is_filled(venv: Path, lock: Path) -> bool:
    return _stamp(venv, lock).exists()


def _stamp(venv: Path, lock: Path) -> Path:
    """A file that is there if exactly this lock file was installed completely."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return venv / f"installed-{lock.stem}-{digest}"
