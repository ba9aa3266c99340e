"""The switches of a run, and which of their combinations mean something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from backend.core.defaults import JPEG_QUALITY
from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.target import DEFAULT_MESSAGE_LIMIT as DEFAULT_MESSAGE_LIMIT  # noqa: PLC0414
from backend.core.target import Target as Target  # noqa: PLC0414

MAX_IN_FLIGHT = 8
"""Most requests in flight that 'auto' will choose."""


class Api(StrEnum):
    """Which of a server's interfaces is spoken."""

    SERVING = "serving"
    OIP = "oip"


class Transport(StrEnum):
    """How a request travels."""

    REST = "rest"
    GRPC = "grpc"
    GRPC_STREAM = "grpc_stream"

    @property
    def is_grpc(self) -> bool:
        """Whether it runs over gRPC."""
        return self is not Transport.REST


class Serialization(StrEnum):
    """How tensors become bytes: a row is what window, command lines and inspector know of one.

    What writes it is chosen in `backend.wire.oip.requests`.
    """

    over_rest: bool
    """Whether it belongs to REST; else to gRPC."""
    tip: str
    """A phrase about it in English, which the window translates."""
    carries_files: bool
    """Whether a picture can travel in it as JPEG or PNG."""
    extension: str
    """What a server lists among its extensions if it takes this, '' for what every one takes."""

    JSON = "json", True, "Tensors as JSON numbers", False
    BINARY = "binary", True, "Tensors as bytes after the JSON header", True, "binary_tensor_data"
    TYPED = "typed", False, "Tensors as typed protobuf lists"
    RAW = "raw", False, "Tensors as raw bytes in protobuf"

    def __new__(  # noqa: D102 - makes a row
        cls,
        word: str,
        over_rest: bool = True,
        tip: str = "",
        carries_files: bool = True,
        extension: str = "",
    ) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.over_rest, member.tip = over_rest, tip
        member.carries_files, member.extension = carries_files, extension
        return member

    @classmethod
    def of(cls, *, rest: bool) -> tuple[Serialization, ...]:
        """Those of REST, or those of gRPC."""
        return tuple(each for each in cls if each.over_rest is rest)


class ImageEncoding(StrEnum):
    """How a frame's pixels are written."""

    RAW = "raw"
    JPEG = "jpeg"
    PNG = "png"


class Compression(StrEnum):
    """Compression of the whole message."""

    NONE = "none"
    GZIP = "gzip"


@dataclass(frozen=True, slots=True)
class Payload:
    """How a sample is written: serialisation, image encoding and compression."""

    serialization: Serialization = Serialization.RAW
    image: ImageEncoding = ImageEncoding.RAW
    compression: Compression = Compression.NONE
    jpeg_quality: int = JPEG_QUALITY

    def __post_init__(self) -> None:
        if not 1 <= self.jpeg_quality <= 100:
            raise UsageError(f"JPEG quality must be 1 to 100, got {self.jpeg_quality}.")


EMBEDDED = "embedded"
"""Name of the target that is this process's own server."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Everything about a run that may change while it runs, except the source.

    `in_flight` is a number of requests, or None for the automatic choice. `deadline_s` bounds one
    request from sending to reply, `message_limit` its bytes; None leaves both to the target.
    """

    target: Target
    model: str
    api: Api = Api.OIP
    transport: Transport = Transport.GRPC_STREAM
    payload: Payload = Payload()
    in_flight: int | None = None
    deadline_s: float | None = None
    message_limit: int | None = None

    def __post_init__(self) -> None:
        if self.in_flight is not None and self.in_flight < 1:
            raise UsageError(f"In flight must be at least 1, got {self.in_flight}.")
        if self.deadline_s is not None and self.deadline_s <= 0:
            raise UsageError(f"The deadline must be above 0 s, got {self.deadline_s}.")

    @property
    def reply_within_s(self) -> float:
        """The deadline in force."""
        return self.target.deadline_s if self.deadline_s is None else self.deadline_s

    @property
    def largest_message(self) -> int:
        """Most bytes of a message, in force."""
        return self.target.message_limit if self.message_limit is None else self.message_limit


def listed(words: Sequence[str], last: str = "and") -> str:
    """The words as a sentence has them: `a, b and c`."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


def why_not_serialization(serialization: Serialization, transport: Transport) -> str:
    """Why this serialisation is not offered with this transport, or '' if it is."""
    if serialization.over_rest is not transport.is_grpc:
        return ""
    own, other = ("REST", "gRPC") if serialization.over_rest else ("gRPC", "REST")
    offered = Serialization.of(rest=not serialization.over_rest)
    return f"{serialization} belongs to {own}; {other} has {listed(offered)}."


def why_not_image(encoding: ImageEncoding, serialization: Serialization, kind: MediaKind) -> str:
    """Why this image encoding is not offered with this serialisation and kind of source."""
    if encoding is ImageEncoding.RAW:
        return ""
    if kind is MediaKind.AUDIO:
        return "Sound is sent as samples; image encodings do not apply."
    if serialization.carries_files:
        return ""
    able = listed([each for each in Serialization if each.carries_files], "or")
    return f"{encoding.upper()} needs {able}: {serialization.upper()} carries pixels as numbers."


def why_not_model(source: MediaKind, model: MediaKind) -> str:
    """Why a model cannot take what the source gives, or '' if it can."""
    if MediaKind.BYTES in (source, model) or source is model:
        return ""
    wants = {MediaKind.IMAGE: "pictures", MediaKind.AUDIO: "sound"}
    return f"This model takes {wants[model]}; the source gives {wants[source]}."


def check_choices(settings: RunSettings, source: MediaKind, model: MediaKind) -> None:
    """Raise UsageError with the reason if a run cannot be made of these choices."""
    payload = settings.payload
    for reason in (
        why_not_model(source, model),
        why_not_serialization(payload.serialization, settings.transport),
        why_not_image(payload.image, payload.serialization, source),
    ):
        if reason:
            raise UsageError(reason)
