"""What a file holds: its first bytes decide, and its suffix only where they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from backend.core.errors import SourceError, SourceFault
from backend.core.files.regular import check_regular
from backend.core.wording import Wording, joined
from backend.sources.kind import Pace
from backend.sources.source import Source
from backend.wire.picture_headers import picture_format

HEAD_BYTES = 256
"""How much of a file is enough to tell its kind."""


class FileKind(StrEnum):
    """What a file holds."""

    PICTURE = "picture"
    VIDEO = "video"
    SOUND = "sound"


FORMATS = {
    FileKind.PICTURE: Wording("Pictures: JPEG, PNG, WebP, BMP, TIFF."),
    FileKind.VIDEO: Wording("Video: MP4, MOV, MKV, WebM, AVI, MPEG, GIF."),
    FileKind.SOUND: Wording("Sound: WAV, FLAC, OGG."),
}
ACCEPTED_FILES = joined(*FORMATS.values())
"""The hint about a file that is none of them."""


class PathSource(Protocol):
    """Makes the source of a path without opening it."""

    def __call__(self, path: Path, /, *, loop: bool, pace: Pace, speed: float) -> Source:
        """May raise SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class PathKind:
    """What a path can lead to, and the source of it."""

    noun: str
    """As in "the path of a picture"."""
    holds: Callable[[Path, bytes], bool]
    """Whether a path leads to it, by its first bytes (none of a folder) and then its suffix."""
    make: PathSource
    formats: str = ""
    """A sentence that lists what can be read, for files."""


_STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"fLaC", FileKind.SOUND),
    (b"OggS", FileKind.SOUND),
    (b"GIF8", FileKind.VIDEO),
    (b"\x1aE\xdf\xa3", FileKind.VIDEO),
    (b"\x00\x00\x01\xba", FileKind.VIDEO),
    (b"\x00\x00\x01\xb3", FileKind.VIDEO),
    (b"FLV\x01", FileKind.VIDEO),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileKind.VIDEO),
)
_RIFF = {b"WAVE": FileKind.SOUND, b"AVI ": FileKind.VIDEO}
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"M4A ")
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_TRANSPORT_SYNC, _TRANSPORT_PACKET = 0x47, 188
_SUFFIXES = {
    FileKind.PICTURE: (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"),
    FileKind.SOUND: (".wav", ".flac", ".ogg"),
}
"""Video has none: FFmpeg follows a text to other files and addresses, whatever its suffix."""

_MODELS = {".onnx": Wording("an ONNX model"), ".tflite": Wording("a TensorFlow Lite model")}
"""What is no source, though it is given as one."""


def kind_of_bytes(head: bytes) -> FileKind | None:
    """The kind of a file that begins with `head`, or None if that does not tell."""
    if picture_format(head) is not None:
        return FileKind.PICTURE
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _STILL_BRANDS else FileKind.VIDEO
    if head[4:8] in _OLD_QUICKTIME or _is_transport_stream(head):
        return FileKind.VIDEO
    return None


def _is_transport_stream(head: bytes) -> bool:
    """MPEG-TS: packets of 188 bytes that begin with the same byte, on disks after a time stamp."""
    return any(
        head[start :: _TRANSPORT_PACKET + start][:2] == bytes((_TRANSPORT_SYNC,) * 2)
        for start in (0, 4)
    )


def kind_of_file(path: Path) -> FileKind:
    """The kind of an existing file; raises SourceError if it is not one we read."""
    head = read_head(path)
    kind = kind_of_head(path, head)
    if kind is None:
        raise contents_error(path, head)
    return kind


def kind_of_head(path: Path, head: bytes) -> FileKind | None:
    """The kind of a file that begins with `head`, or else of its suffix; None if it is empty."""
    kind = kind_of_bytes(head)
    if kind is not None or not head:
        return kind
    suffix = path.suffix.lower()
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)


def contents_error(
    path: Path,
    head: bytes,
    hint: str = ACCEPTED_FILES,
    nouns: str = Wording("picture, video or sound"),
) -> SourceError:
    """Why a file that begins with `head` is not read."""
    if not head:
        return SourceError(
            SourceFault.UNREADABLE, Wording("{file} is empty.", file=path.name), hint
        )
    if model := _MODELS.get(path.suffix.lower()):
        return SourceError(
            SourceFault.UNREADABLE,
            Wording("{file} is {model}, no source.", file=path.name, model=model),
            Wording("Add it to the server: drop it on the window, or name it with --model-file."),
        )
    return SourceError(
        SourceFault.UNREADABLE,
        Wording("{file} is no {nouns} that can be read.", file=path.name, nouns=nouns),
        hint,
    )


def read_head(path: Path) -> bytes:
    """The first bytes of a regular file; raises SourceError if there is none to be read."""
    try:
        check_regular(path)
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise file_error(path, error) from error


def file_error(path: Path, error: OSError) -> SourceError:
    """The system's refusal in our words."""
    if isinstance(error, FileNotFoundError):
        return SourceError(
            SourceFault.ABSENT,
            Wording("There is no file {path}.", path=path),
            Wording("Check the path, or choose another."),
        )
    if isinstance(error, PermissionError):
        return SourceError(
            SourceFault.REFUSED,
            Wording("{path} may not be read.", path=path),
            Wording("Check the file's permissions."),
        )
    return SourceError(
        SourceFault.UNREADABLE,
        Wording("{path} cannot be read: {reason}.", path=path, reason=error.strerror or str(error)),
    )
