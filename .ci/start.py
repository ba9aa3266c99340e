"""What ``make run`` starts: the window, or on a Linux machine without a display a 20 s trial run.

The trial opens the same window on an X server of its own (Xvfb) or, where there is none, on Qt's
offscreen platform, streams the sample and keeps a picture of the window.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_MAIN = Path(__file__).resolve().parents[1] / "main.py"
_WITHOUT_WINDOW = (
    "serve",
    "stream",
    "record",
    "recording",
    "repository",
    "bench",
    "compare",
    "call",
    "targets",
    "models",
    "-h",
    "--help",
    "--version",
)
_SECONDS = "20"
_XVFB_STARTS_WITHIN_S = 10.0


def main(arguments: list[str]) -> int:
    """Run ``main.py`` with the arguments in the way this machine allows; its exit code."""
    if has_display(os.environ) or names_command(arguments):
        return _run(arguments, os.environ)
    return _trial(arguments)


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether a window can be opened as things are."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def names_command(arguments: list[str]) -> bool:
    """Whether the arguments ask for something without a window, such as ``serve`` or help."""
    return bool(arguments) and arguments[0] in _WITHOUT_WINDOW


def _trial(arguments: list[str]) -> int:
    picture = Path(tempfile.mkdtemp(prefix="inferdeck-")) / "screenshot.png"
    defaults = ["--screenshot", str(picture), "--seconds", _SECONDS]
    with _display() as (environment, where):
        seconds = "" if "--seconds" in arguments else f" for {_SECONDS} s"
        print(f"No display found: running{seconds} on {where}.", flush=True)
        return _run([*defaults, *arguments], environment)


def _run(arguments: list[str], environment: Mapping[str, str]) -> int:
    with subprocess.Popen([sys.executable, str(_MAIN), *arguments], env=environment) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue  # the program got the same Ctrl-C and is closing


@contextmanager
def _display() -> Iterator[tuple[dict[str, str], str]]:
    """The environment in which a window can be opened, and what to call it."""
    path = shutil.which("Xvfb")
    server = _start_xvfb(path) if path else None
    if server is None:
        yield {**os.environ, "QT_QPA_PLATFORM": "offscreen"}, "Qt's offscreen platform"
        return
    process, number = server
    try:
        yield {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}, "Xvfb"
    finally:
        _stop(process)


def _start_xvfb(path: str) -> tuple[subprocess.Popen[bytes], str] | None:
    """Start Xvfb on a free display that it picks itself; nothing if it does not come up."""
    reader, writer = os.pipe()
    screen = ["-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]
    # A session of its own, so that Ctrl-C reaches the window first.
    process = subprocess.Popen(
        [path, "-displayfd", str(writer), *screen],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        ready, _, _ = select.select([told], [], [], _XVFB_STARTS_WITHIN_S)
        number = told.readline().strip() if ready else ""
    if number:
        return process, number
    _stop(process)
    return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
