"""Files that are on disk already, whatever they are called: found by size and SHA-256."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.regular import open_regular
from backend.gallery.cancelling import Cancellation
from backend.gallery.entry import GalleryFile, Source, WheelSource
from backend.gallery.faults import DownloadError, DownloadFault
from backend.gallery.partial import PartialFile, Validator, holds
from backend.gallery.progress import Phase, Reporter
from backend.gallery.wheels import take_from_wheel

MOST_FILES = 20_000
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FolderFetcher:
    """Takes files from a folder and those below it.

    The file itself is known by its content. A file of which only a part is wanted, and a wheel,
    are known by the names that they have at their origin.
    """

    folder: Path

    def fetch(
        self,
        wanted: GalleryFile,
        partial: PartialFile,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        """Let the file be at `partial.path`; raises DownloadError, and UsageError for no folder."""
        whole: list[tuple[Path, Source]] = []
        for path, size in self._files(cancellation):
            if size == wanted.size and holds(path, wanted, cancellation):
                _copy(path, 0, wanted, partial, reporter, cancellation)
                return
            whole += [(path, source) for source in wanted.sources if _is_around(path, source)]
        for path, source in whole:
            if isinstance(source, WheelSource):
                take_from_wheel(path, source, wanted, partial, reporter, cancellation)
            else:
                _copy(path, source.offset or 0, wanted, partial, reporter, cancellation)
            return
        raise DownloadError(
            DownloadFault.ABSENT,
            f"{self.folder} holds no file of {wanted.size:,} bytes with the SHA-256 "
            f"{wanted.sha256}.",
            hint="It is "
            + ", or ".join(f"{source.file_name} of {source.origin}" for source in wanted.sources)
            + ".",
        )

    def _files(self, cancellation: Cancellation) -> Iterator[tuple[Path, int]]:
        if not self.folder.is_dir():
            raise UsageError(f"{self.folder} is not a folder.")
        seen = 0
        for place, _, names in os.walk(self.folder):
            cancellation.check()
            for name in sorted(names):
                seen += 1
                if seen > MOST_FILES:
                    raise UsageError(
                        f"{self.folder} holds more than {MOST_FILES:,} files.",
                        hint="Name the folder that holds the models' files and little else.",
                    )
                path = Path(place, name)
                try:
                    yield path, path.stat().st_size
                except OSError:  # such as a link that leads nowhere
                    continue


def _is_around(path: Path, source: Source) -> bool:
    """Whether a file is the larger one that the wanted one is a part of at its origin."""
    if isinstance(source, WheelSource):
        return source.is_wheel(path.name)
    return source.offset is not None and path.name == source.file_name


def _copy(
    path: Path,
    offset: int,
    wanted: GalleryFile,
    partial: PartialFile,
    reporter: Reporter,
    cancellation: Cancellation,
) -> None:
    partial.begin(Validator(str(path)))
    try:
        with open_regular(path) as file:
            file.seek(offset)
            while left := wanted.size - partial.count:
                cancellation.check()
                piece = file.read(min(_PIECE, left))
                if not piece:
                    break
                partial.append(piece)
                reporter.received(partial.count)
    except OSError as error:
        raise DownloadError(
            DownloadFault.ABSENT, f"{path} cannot be read: {error.strerror or error}."
        ) from None
    reporter.phase(Phase.CHECKING, partial.count)
    partial.finish(wanted, cancellation)
