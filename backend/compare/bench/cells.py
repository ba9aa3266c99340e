"""The combinations of settings that are measured, and which of them cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from backend.core.bench_choices import Preset
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
from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile

_TRANSPORTS = {Transport.REST: "REST", Transport.GRPC: "gRPC", Transport.GRPC_STREAM: "gRPC stream"}
_APIS = {Api.OIP: "OIP", Api.SERVING: "Simple serving"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination: how requests are written and sent, how many at once, and of what."""

    payload: str
    """Name of the sample that is sent."""
    api: Api = Api.OIP
    transport: Transport = Transport.GRPC_STREAM
    serialization: Serialization = Serialization.RAW
    image: ImageEncoding = ImageEncoding.RAW
    compression: Compression = Compression.NONE
    in_flight: int = 1

    @property
    def way(self) -> str:
        """The combination for people, without payload and number in flight."""
        parts = [f"{_APIS[self.api]} {_TRANSPORTS[self.transport]}", str(self.serialization)]
        if self.image is not ImageEncoding.RAW:
            parts.append(self.image.upper())
        if self.compression is not Compression.NONE:
            parts.append(str(self.compression))
        return ", ".join(parts)

    @property
    def key(self) -> str:
        """A text that no other cell has, the same in every run."""
        return f"{self.way_key}/{self.in_flight}/{self.payload}"

    @property
    def way_key(self) -> str:
        """The same without payload and number in flight, as `way_of` reads it."""
        return f"{self.api}/{self.transport}/{self.serialization}/{self.image}/{self.compression}"

    def settings(self, target: Target, model: str, deadline_s: float | None) -> RunSettings:
        """What a run would be told to send so."""
        return RunSettings(
            target=target,
            model=model,
            api=self.api,
            transport=self.transport,
            payload=Payload(self.serialization, self.image, self.compression),
            in_flight=self.in_flight,
            deadline_s=deadline_s,
        )

    def why_not(self, profile: ModelProfile, kind: MediaKind) -> str:
        """Why this combination cannot be, or '' if only the server can tell."""
        return (
            why_not_serialization(self.serialization, self.transport)
            or why_not_image(self.image, self.serialization, kind)
            or profile.why_not_image(self.image, self.api)
        )


def way_of(text: str) -> Cell:
    """The way that a text such as 'oip/rest/json/raw/gzip' names: a key's first five parts, of no
    payload yet; raises UsageError."""
    try:
        api, transport, serialization, image, compression = text.split("/")
        way = Cell(
            "",
            Api(api),
            Transport(transport),
            Serialization(serialization),
            ImageEncoding(image),
            Compression(compression),
        )
    except ValueError:
        kinds = (Api, Transport, Serialization, ImageEncoding, Compression)
        names = "/".join("|".join(kind) for kind in kinds)
        raise UsageError(
            f"'{text}' is no way to send.", hint=f"Expected one of each of {names}."
        ) from None
    if reason := why_not_serialization(way.serialization, way.transport):
        raise UsageError(f"'{text}' is no way to send.", hint=reason)
    return way


@dataclass(frozen=True, slots=True)
class Matrix:
    """Values of each setting; the cells are all their combinations."""

    payloads: tuple[str, ...]
    apis: tuple[Api, ...] = (Api.OIP,)
    transports: tuple[Transport, ...] = tuple(Transport)
    serializations: tuple[Serialization, ...] = tuple(Serialization)
    images: tuple[ImageEncoding, ...] = (ImageEncoding.RAW,)
    compressions: tuple[Compression, ...] = (Compression.NONE,)
    in_flight: tuple[int, ...] = (1,)
    also: tuple[Cell, ...] = ()
    """Ways besides, of every payload and number in flight."""

    def cells(self) -> Iterator[Cell]:
        """All combinations but those of a transport with another's serialisation, each once."""
        yield from dict.fromkeys((*self._combined(), *self._besides()))

    def _combined(self) -> Iterator[Cell]:
        for payload, api, transport, serialization, image, compression, flight in product(
            self.payloads,
            self.apis,
            self.transports,
            self.serializations,
            self.images,
            self.compressions,
            self.in_flight,
        ):
            if not why_not_serialization(serialization, transport):
                yield Cell(payload, api, transport, serialization, image, compression, flight)

    def _besides(self) -> Iterator[Cell]:
        for payload, way, flight in product(self.payloads, self.also, self.in_flight):
            yield replace(way, payload=payload, in_flight=flight)

    def with_payloads(self, names: Sequence[str]) -> Matrix:
        """The same for other samples."""
        return replace(self, payloads=tuple(names))


PRESETS = {
    Preset.TRANSPORT: Matrix(payloads=()),
    Preset.SCALE: Matrix(
        payloads=(),
        serializations=(Serialization.BINARY, Serialization.RAW),
        in_flight=(1, 2, 4, 8, 16),
    ),
    Preset.CAMERA: Matrix(
        payloads=(),
        serializations=(Serialization.BINARY, Serialization.RAW),
        images=(ImageEncoding.RAW, ImageEncoding.JPEG),
        compressions=(Compression.NONE, Compression.GZIP),
    ),
}
