"""The messages of a recording, as JSON objects of these fields.

Those under `foxglove.` have the field names of Foxglove's published JSON schemas, so that viewers
show them; the rest is ours. Bytes are base64.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Count: TypeAlias = Annotated[int, Meta(ge=0)]


class Time(Struct, frozen=True):
    """A moment since 1970, UTC."""

    sec: Count
    nsec: Annotated[int, Meta(ge=0, le=999_999_999)]

    @classmethod
    def of(cls, epoch_ns: int) -> Time:
        """From nanoseconds since 1970."""
        return cls(*divmod(max(0, epoch_ns), 1_000_000_000))

    @property
    def ns(self) -> int:
        """Nanoseconds since 1970."""
        return self.sec * 1_000_000_000 + self.nsec


class CompressedImage(Struct, frozen=True):
    """A picture as a file; `format` is jpeg or png."""

    timestamp: Time
    frame_id: str
    data: bytes
    format: str


class RawImage(Struct, frozen=True):
    """A picture as pixels; `step` is bytes a row, `encoding` rgb8."""

    timestamp: Time
    frame_id: str
    width: Count
    height: Count
    encoding: str
    step: Count
    data: bytes


class RawAudio(Struct, frozen=True):
    """A block of sound: `format` is pcm-s16 or, where that would lose something, pcm-f32."""

    timestamp: Time
    data: bytes
    format: str
    sample_rate: Count
    number_of_channels: Count


class Log(Struct, frozen=True):
    """A notice; `level` is 2 information, 3 warning, 4 error."""

    timestamp: Time
    level: int
    message: str
    name: str
    file: str = ""
    line: Count = 0


class Point2(Struct, frozen=True):
    """A place in pixels."""

    x: float
    y: float


class Color(Struct, frozen=True):
    """Shares of 0 to 1."""

    r: float
    g: float
    b: float
    a: float


class KeyValuePair(Struct, frozen=True):
    """A key with its value."""

    key: str
    value: str


class CircleAnnotation(Struct, frozen=True):
    """A circle on a picture."""

    timestamp: Time
    position: Point2
    diameter: float
    thickness: float
    fill_color: Color
    outline_color: Color
    metadata: tuple[KeyValuePair, ...] = ()


class PointsAnnotation(Struct, frozen=True):
    """Points on a picture; `type` 1 draws them one by one, 2 as a closed line."""

    timestamp: Time
    type: int
    points: tuple[Point2, ...]
    outline_color: Color
    outline_colors: tuple[Color, ...]
    fill_color: Color
    thickness: float
    metadata: tuple[KeyValuePair, ...] = ()


class TextAnnotation(Struct, frozen=True):
    """A text on a picture; `position` is its lower left corner."""

    timestamp: Time
    position: Point2
    text: str
    font_size: float
    text_color: Color
    background_color: Color
    metadata: tuple[KeyValuePair, ...] = ()


class ImageAnnotations(Struct, frozen=True):
    """What is drawn over the picture of the same timestamp."""

    circles: tuple[CircleAnnotation, ...]
    points: tuple[PointsAnnotation, ...]
    texts: tuple[TextAnnotation, ...]


class SampleNote(Struct, frozen=True, omit_defaults=True):
    """What the picture that follows it under the same sequence number is, or a window of sound.

    `kind` is picture, file (a picture as it was encoded) or window; `seq` numbers it in its run.
    A window ended `behind_ns` before the end of the block of sound which completed it, or after it
    where it is less than 0.
    """

    timestamp: Time
    seq: Count
    kind: str
    lane: Count = 0
    name: str = ""
    media_time_s: float | UnsetType = UNSET
    width: Count = 0
    height: Count = 0
    quality: Count = 0
    rate: Count = 0
    samples: Count = 0
    behind_ns: int = 0


class SoundNote(Struct, frozen=True, omit_defaults=True):
    """What the sound that follows it under the same sequence number is."""

    timestamp: Time
    name: str = ""
    media_time_s: float | UnsetType = UNSET


class TensorNote(Struct, frozen=True):
    """An output that no decoder explains: its elements little-endian, row by row."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: bytes


class Answer(Struct, frozen=True, omit_defaults=True):
    """What the model said of sample `seq`; `timestamp` is the sample's."""

    timestamp: Time
    seq: Count
    predictions: Raw
    tensors: tuple[TensorNote, ...] = ()
    lane: Count = 0
    name: str = ""
    media_time_s: float | UnsetType = UNSET


class ServerTimes(Struct, frozen=True):
    """What the server says it spent, in microseconds."""

    queue_us: float
    compute_input_us: float
    compute_infer_us: float
    compute_output_us: float
    decode_us: float | UnsetType = UNSET
    encode_us: float | UnsetType = UNSET


class TimelineNote(Struct, frozen=True, omit_defaults=True):
    """What an answer cost: `marks_ns` are nanoseconds after the capture, `spans_ms` between."""

    timestamp: Time
    seq: Count
    marks_ns: dict[str, int]
    spans_ms: dict[str, float]
    bytes_out: Count
    bytes_in: Count
    server: ServerTimes | UnsetType = UNSET
    lane: Count = 0


class FailureNote(Struct, frozen=True):
    """Why sample `seq` got no answer; `error` is the kind of error."""

    timestamp: Time
    seq: Count
    error: str
    message: str


class LossNote(Struct, frozen=True):
    """Samples `first` to `last` got no answer; `place` is where they left the road to one.

    `timestamp` is the capture of the first, `until` that of the last.
    """

    timestamp: Time
    until: Time
    first: Count
    last: Count
    place: str
    bytes_out: Count
    bytes_in: Count


class WordNote(Struct, frozen=True, omit_defaults=True):
    """A spoken word, once; the answer to sample `seq` completed it."""

    timestamp: Time
    label: str
    score: float
    seq: Count
    media_time_s: float | UnsetType = UNSET


class SettingsNote(Struct, frozen=True, omit_defaults=True):
    """How what follows is sent; addresses are without secrets, `deadline_s` is in force."""

    timestamp: Time
    lane: Count
    target: str
    rest: str
    grpc: str
    dialect: str
    tls: bool
    model: str
    api: str
    transport: str
    serialization: str
    image: str
    jpeg_quality: Count
    compression: str
    deadline_s: float
    in_flight: Count = 0


class SourceNote(Struct, frozen=True, omit_defaults=True):
    """Where the samples come from; `rate` is pictures or samples of sound a second."""

    timestamp: Time
    kind: str
    name: str
    live: bool
    width: Count = 0
    height: Count = 0
    rate: float = 0.0


class LedgerNote(Struct, frozen=True):
    """Where every sample went so far: `dropped` by place, `missed` by the reader of the run."""

    timestamp: Time
    captured: Count
    sent: Count
    answered: Count
    failed: Count
    waiting: Count
    in_flight: Count
    dropped: dict[str, int]
    missed: dict[str, int]


Message: TypeAlias = (
    CompressedImage
    | RawImage
    | RawAudio
    | Log
    | ImageAnnotations
    | SampleNote
    | SoundNote
    | Answer
    | TimelineNote
    | FailureNote
    | LossNote
    | WordNote
    | SettingsNote
    | SourceNote
    | LedgerNote
)
