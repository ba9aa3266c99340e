"""A picture file as a source of one frame, or of the same frame over and over."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from backend.core.errors import InvalidInput, SourceError, SourceFault, beginning
from backend.core.files.regular import read_regular
from backend.core.samples import Frame, MediaKind
from backend.core.status import SourceInfo
from backend.core.tensors import Array
from backend.core.wording import Wording
from backend.sources.files.kinds import FORMATS, FileKind, PathKind, file_error, kind_of_head
from backend.sources.kind import Pace
from backend.sources.pacing import Pacer
from backend.sources.source import EndOfSource
from backend.wire.media.images import FILE_FORMATS, decode_image
from backend.wire.picture_headers import picture_format

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Largest picture file that is read into memory."""

PICTURES_PER_SECOND = 2.0
"""How fast still pictures follow each other."""


class ImageSource:
    """One picture, given once; with `loop`, twice a second for as long as it is read."""

    def __init__(
        self, path: Path, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0
    ) -> None:
        self._path = path
        self._loop = loop
        self._pacer = Pacer(pace, speed=speed)
        self._pixels: Array | None = None
        self._seq = 0
        self._info = SourceInfo(MediaKind.IMAGE, path.name, live=False, items=1)

    @property
    def info(self) -> SourceInfo:
        """The file's name and, once open, its size."""
        return self._info

    def open(self, stop: threading.Event) -> SourceInfo:  # noqa: ARG002 - opens at once
        """Read and decode the file; raises SourceError if that fails."""
        self._pixels = read_picture(self._path)
        self._seq = 0
        self._pacer.restart()
        height, width = self._pixels.shape[:2]
        self._info = SourceInfo(
            MediaKind.IMAGE,
            self._path.name,
            live=False,
            width=width,
            height=height,
            rate=PICTURES_PER_SECOND if self._loop else 0.0,
            items=1,
        )
        return self._info

    def read(self, stop: threading.Event) -> Frame | None:
        """The picture; raises EndOfSource after the first time, unless it loops."""
        if self._pixels is None:
            raise SourceError(SourceFault.LOST, f"{self._path.name} is not open.")
        if self._seq and not self._loop:
            raise EndOfSource
        if not self._pacer.wait(self._seq / PICTURES_PER_SECOND, stop):
            return None
        frame = Frame(self._seq, time.monotonic_ns(), self._pixels, 0.0, self._path.name)
        self._seq += 1
        return frame

    def close(self) -> None:
        """Forget the picture."""
        self._pixels = None


PICTURE = PathKind(
    Wording("picture"),
    lambda path, head: kind_of_head(path, head) is FileKind.PICTURE,
    ImageSource,
    FORMATS[FileKind.PICTURE],
)


def read_picture(path: Path) -> Array:
    """The pixels of a picture file as RGB uint8 [height, width, 3], upright.

    Raises SourceError if the file cannot be read, is damaged or is too large.
    """
    try:
        data = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise file_error(path, error) from error
    if picture_format(data[:12]) is None:
        why = (
            Wording("it begins with {bytes}, as no picture does", bytes=beginning(data))
            if data
            else Wording("it is empty")
        )
        raise SourceError(
            SourceFault.UNREADABLE,
            Wording("The picture {file} cannot be read: {reason}.", file=path.name, reason=why),
            hint=FORMATS[FileKind.PICTURE],
        )
    try:
        return decode_image(data, FILE_FORMATS)
    except InvalidInput as error:
        raise SourceError(
            SourceFault.UNREADABLE,
            Wording(
                "The picture {file} cannot be read: {reason}", file=path.name, reason=error.message
            ),
            hint=error.hint or Wording("Open it in another program to see whether it is whole."),
        ) from error
