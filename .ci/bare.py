"""What a bare Debian makes of this checkout: make run with a display and without, make test.

``make test-bare`` runs it, as root. Each of the three gets a system of its own that has nothing but
``python3-venv`` and ``make``: debootstrap's, in a temporary folder that is deleted at the end, with
a clone of HEAD. Logs and pictures are kept elsewhere. All mounts are made in a namespace of their
own, so that none outlives its run and nothing can be deleted through one.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_REPOSITORY = Path(__file__).resolve().parents[1]
_PROGRAMS = {"debootstrap": "debootstrap", "git": "git", "unshare": "util-linux", "Xvfb": "xvfb"}
_CHECKOUT = "home/inferdeck"
_PICTURE = "tmp/window.png"
_X_SOCKETS = Path("/tmp") / ".X11-unix"
_NAMESPACE = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_IN_SYSTEM = """\
set -e
root="$1" command="$2"
shift 2
mount --types proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --types tmpfs tmpfs "$root/dev/shm"
for place; do
    mount --bind --options ro "$place" "$root$place"
done
exec chroot "$root" sh -c "$command"
"""


@dataclass(frozen=True)
class Run:
    """One command on a fresh system, and the picture it must leave, as a pattern."""

    name: str
    command: tuple[str, ...]
    picture: str = ""
    with_display: bool = False


@dataclass(frozen=True)
class Carried:
    """What of this machine lets apt and pip reach their sources in the bare one too."""

    apt: str
    variables: dict[str, str]
    places: list[Path]


def main(arguments: list[str]) -> int:
    """Run what is asked for; 0 if all of it succeeded."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "runs", nargs="*", metavar="RUN", help="display, plain, test (default: all)"
    )
    parser.add_argument("--tests", default="tests", help="what `make test` runs")
    parser.add_argument("--suite", default="bookworm")
    asked = parser.parse_args(arguments)
    picture = f"--screenshot /{_PICTURE} --seconds 20"
    # So that what was begun is ended and deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    runs = [
        Run("display", ("make", "run", f"ARGS={picture}"), _PICTURE, with_display=True),
        Run("plain", ("make", "run"), "tmp/inferdeck-*/screenshot.png"),
        Run("test", ("make", "test", f"TESTS={asked.tests}")),
    ]
    unknown = set(asked.runs) - {run.name for run in runs}
    reason = f"unknown: {', '.join(sorted(unknown))}" if unknown else _why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    try:
        return _all([run for run in runs if not asked.runs or run.name in asked.runs], asked.suite)
    except subprocess.CalledProcessError as error:
        print(f"This did not work: {shlex.join(error.cmd)}", file=sys.stderr)
        return 1


def _why_not() -> str:
    """What this machine lacks to make another, or ''."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "make test-bare makes a system in a chroot: only root can do that, on Linux."
    lacking = [package for program, package in _PROGRAMS.items() if not shutil.which(program)]
    if lacking:
        return f"make test-bare lacks programs. Type: apt-get install {' '.join(lacking)}"
    return ""


def _all(runs: list[Run], suite: str) -> int:
    kept = Path(tempfile.mkdtemp(prefix="inferdeck-bare-report-"))
    work = Path(tempfile.mkdtemp(prefix="inferdeck-bare-"))
    verdicts = {}
    try:
        print(f"Making a bare {suite} in {work}", flush=True)
        carried = _carried()
        base = _bare_system(work, suite, carried)
        for run in runs:
            root = work / run.name
            subprocess.run(["cp", "--archive", str(base), str(root)], check=True)
            verdicts[run.name] = _verdict(run, root, carried, kept)
            print(f"{run.name}: {verdicts[run.name]}", flush=True)
            _delete(root)
    finally:
        _delete(work)
    print(f"Logs and pictures: {kept}")
    return 0 if all(verdict.startswith("ok") for verdict in verdicts.values()) else 1


def _delete(folder: Path) -> None:
    """Never through a mount, although none of ours is left where this runs."""
    if f" {folder}/" in Path("/proc/self/mounts").read_text(encoding="utf-8"):
        print(f"Not deleted, something is mounted there: {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)


def _bare_system(work: Path, suite: str, carried: Carried) -> Path:
    """A minimal system with the two packages and a clone of HEAD."""
    base = work / "base"
    minimal = ("debootstrap", "--variant=minbase", "--include=python3-venv,make")
    subprocess.run([*_NAMESPACE, *minimal, suite, str(base)], check=True, stdout=subprocess.DEVNULL)
    (base / "etc/apt/apt.conf.d/90carried").write_text(carried.apt, encoding="utf-8")
    shutil.copy("/etc/resolv.conf", base / "etc")
    clone = ["git", "clone", "--quiet", "--no-hardlinks", str(_REPOSITORY), str(base / _CHECKOUT)]
    subprocess.run(clone, check=True)
    return base


def _carried() -> Carried:
    """How apt and pip are configured here, and what of this machine pip's configuration names."""
    apt = _output("apt-config", "dump", "Acquire")
    variables: dict[str, str] = {}
    # The environment outdoes the files.
    rows = _output(sys.executable, "-m", "pip", "config", "list").splitlines()
    for row in sorted(rows, key=lambda row: row.startswith(":env:")):
        name, _, value = row.partition("=")
        key = name.rpartition(".")[2].upper().replace("-", "_")
        variables[f"PIP_{key}"] = " ".join(value.strip("'").split("\\n")).strip()
    words = [word for value in variables.values() for word in value.split()]
    places = [Path(word) for word in words if word.startswith("/")]
    # An index in a folder keeps its files beside its pages.
    places += [Path(urlsplit(word).path).parent for word in words if word.startswith("file:///")]
    there = {place for place in places if place.exists() and place != Path("/")}
    return Carried(apt, variables, sorted(there))


def _output(*command: str) -> str:
    """What it prints; nothing if it cannot be run."""
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _verdict(run: Run, root: Path, carried: Carried, kept: Path) -> str:
    """Whether it succeeded, how long it took, and the last thing it said."""
    log = kept / f"{run.name}.log"
    print(f"{run.name}: {shlex.join(run.command)} (log: {log})", flush=True)
    began = time.monotonic()
    with log.open("wb") as out, _display(run.with_display) as display:
        code = subprocess.run(
            _command(run, root, carried),
            env=_environment(carried, display),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    pictures = list(root.glob(run.picture)) if run.picture else []
    for picture in pictures:
        shutil.copy(picture, kept / f"{run.name}.png")
    good = code == 0 and (pictures or not run.picture)
    last = log.read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2]
    verdict = "ok" if good else f"FAILED, exit code {code}, {len(pictures)} pictures"
    return f"{verdict}, {time.monotonic() - began:.0f} s: {last}"


def _command(run: Run, root: Path, carried: Carried) -> list[str]:
    """The run in the system, which sees this machine's devices, package sources and displays."""
    places = [*carried.places, *([_X_SOCKETS] if run.with_display else [])]
    for place in places:
        inside = root / place.relative_to("/")
        if place.is_dir():
            inside.mkdir(parents=True, exist_ok=True)
        else:
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.touch()
    command = f"cd /{_CHECKOUT} && exec {shlex.join(run.command)}"
    return [*_NAMESPACE, "sh", "-c", _IN_SYSTEM, "sh", str(root), command, *map(str, places)]


def _environment(carried: Carried, display: str) -> dict[str, str]:
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    own = {"HOME": "/root", "PATH": path, "LANG": "C.UTF-8"}
    return {**own, **carried.variables, **({"DISPLAY": display} if display else {})}


@contextmanager
def _display(wanted: bool) -> Iterator[str]:
    """The name of a display of an X server on this machine; '' if none is wanted."""
    if not wanted:
        yield ""
        return
    reader, writer = os.pipe()
    screen = ["-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), *screen], pass_fds=(writer,))
    os.close(writer)
    try:
        with os.fdopen(reader) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
