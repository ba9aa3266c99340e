"""The channels of a recording: under which topic and schema each kind of message stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from backend.core.errors import mebibytes
from backend.wire.recording import messages as m

PROFILE = "inferdeck"
"""What the header of a recording names as its profile."""
FORMAT = 1
"""The version of what is described here; a reader refuses a higher one."""
ABOUT = "inferdeck"
"""Name of the metadata record that says who wrote the file."""

_NOTE_BYTES = 1024 * 1024
_ANSWER_BYTES = 128 * 1024 * 1024
_MEDIA_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A topic, the name of its schema, and the messages it holds."""

    topic: str
    schema: str
    message: type[m.Message]
    most_bytes: int = _NOTE_BYTES
    """Of a message that is read: values take more memory than their text."""

    def read(self, data: bytes) -> m.Message:
        """The message in these bytes; raises ValueError if it is not what the topic holds."""
        if len(data) > self.most_bytes:
            raise ValueError(f"{mebibytes(len(data))} are more than is read")
        try:
            return msgspec.json.decode(data, type=self.message)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(str(error)) from error

    def schema_text(self) -> bytes:
        """The JSON schema, without references, which not every viewer follows."""
        full = msgspec.json.schema(self.message, ref_template="{name}")
        plain = _without_references(full, full.get("$defs", {}))
        return orjson.dumps({**plain, "title": self.schema})


CHANNELS = (
    ChannelKind("/samples", "inferdeck.Sample", m.SampleNote),
    ChannelKind("/pictures/raw", "foxglove.RawImage", m.RawImage, _MEDIA_BYTES),
    ChannelKind("/pictures/encoded", "foxglove.CompressedImage", m.CompressedImage, _MEDIA_BYTES),
    ChannelKind("/sound/about", "inferdeck.Sound", m.SoundNote),
    ChannelKind("/sound", "foxglove.RawAudio", m.RawAudio, _MEDIA_BYTES),
    ChannelKind("/predictions", "inferdeck.Predictions", m.Answer, _ANSWER_BYTES),
    ChannelKind("/annotations", "foxglove.ImageAnnotations", m.ImageAnnotations, _ANSWER_BYTES),
    ChannelKind("/timelines", "inferdeck.Timeline", m.TimelineNote),
    ChannelKind("/failures", "inferdeck.Failure", m.FailureNote),
    ChannelKind("/losses", "inferdeck.Loss", m.LossNote),
    ChannelKind("/words", "inferdeck.Word", m.WordNote),
    ChannelKind("/settings", "inferdeck.Settings", m.SettingsNote),
    ChannelKind("/source", "inferdeck.Source", m.SourceNote),
    ChannelKind("/ledger", "inferdeck.Ledger", m.LedgerNote),
    ChannelKind("/notices", "foxglove.Log", m.Log),
)
BY_MESSAGE = {kind.message: kind for kind in CHANNELS}
BY_TOPIC = {kind.topic: kind for kind in CHANNELS}


def _without_references(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_without_references(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _without_references(definitions[schema["$ref"]], definitions)
    plain = {
        key: _without_references(value, definitions)
        for key, value in schema.items()
        if key not in ("$defs", "default")
    }
    if plain.get("title") == "Time":
        plain["title"] = "time"  # viewers know a moment by it
    return plain
