"""Every defined combination of API, transport, serialisation, image encoding and compression."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from backend.core.choices import (
    Api,
    Compression,
    ImageEncoding,
    Payload,
    RunSettings,
    Serialization,
    Transport,
    why_not_image,
    why_not_serialization,
)
from backend.core.samples import MediaKind
from backend.core.target import Target


@dataclass(frozen=True, slots=True)
class Combination:
    """One way to send a sample."""

    api: Api
    transport: Transport
    payload: Payload

    def settings(self, target: Target, model: str, **more: float | int) -> RunSettings:
        """Settings of a run that sends this way."""
        return RunSettings(target, model, self.api, self.transport, self.payload, **more)  # type: ignore[arg-type]

    def __str__(self) -> str:
        api, transport, sent = self.api, self.transport, self.payload
        return f"{api}-{transport}-{sent.serialization}-{sent.image}-{sent.compression}"


def combinations(kind: MediaKind) -> list[Combination]:
    """All of them for a kind of sample; sound has no image encodings but raw."""
    return [
        Combination(api, transport, Payload(serialization, image, compression))
        for api, transport, serialization, image, compression in product(
            Api, Transport, Serialization, ImageEncoding, Compression
        )
        if not why_not_serialization(serialization, transport)
        and not why_not_image(image, serialization, kind)
    ]
