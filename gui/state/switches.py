"""Everything the bar can be set to, as one value: what a run is made from and what is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.core.choices import (
    EMBEDDED,
    Api,
    Compression,
    ImageEncoding,
    Payload,
    RunSettings,
    Serialization,
    Transport,
    why_not_image,
)
from backend.core.samples import MediaKind
from backend.core.target import Target
from gui.widgets.language import marked, tr

LOCAL_NAME = marked("Local demo")
"""What the embedded server is called in the window."""


def target_title(target: Target) -> str:
    """What a target is called in the window; by its address if its name was made from that.

    A name has no colon, since it could be mistaken for an address: here it may be.
    """
    if target.name == EMBEDDED:
        return tr(LOCAL_NAME)
    addresses = (target.rest.partition("://")[2] or target.rest, target.grpc)
    return next((one for one in addresses if one.replace(":", "-") == target.name), target.name)


def offered_targets(saved: Sequence[Target], chosen: Target) -> tuple[Target, ...]:
    """Every target, the embedded server first; the chosen one last if it is not a saved one."""
    known = (Target(EMBEDDED), *saved)
    return known if chosen.name in {target.name for target in known} else (*known, chosen)


@dataclass(frozen=True, slots=True)
class Switches:
    """The bar's state.

    Each transport family remembers its own serialisation, and the image encoding survives a time
    in which it does not apply, so that going there and back changes nothing.
    """

    target: Target = Target(EMBEDDED)
    model: str = "shapes"
    source: str = "pattern"
    api: Api = Api.OIP
    transport: Transport = Transport.GRPC_STREAM
    rest_serialization: Serialization = Serialization.BINARY
    grpc_serialization: Serialization = Serialization.RAW
    image: ImageEncoding = ImageEncoding.RAW
    jpeg_quality: int = 85
    compression: Compression = Compression.NONE
    in_flight: int | None = None
    loop: bool = True
    """Whether files start over at their end."""

    @property
    def serialization(self) -> Serialization:
        """The one in use with the chosen transport."""
        return self.grpc_serialization if self.transport.is_grpc else self.rest_serialization

    def aimed_at(self, target: Target) -> Switches:
        """A copy with another target, over the transport that it has an address for."""
        transport = self.transport
        if target.name != EMBEDDED and not (target.grpc if transport.is_grpc else target.rest):
            transport = Transport.REST if transport.is_grpc else Transport.GRPC_STREAM
        return replace(self, target=target, transport=transport)

    def with_serialization(self, serialization: Serialization) -> Switches:
        """A copy that uses it with the transports it belongs to."""
        if serialization.over_rest:
            return replace(self, rest_serialization=serialization)
        return replace(self, grpc_serialization=serialization)

    def image_for(self, kind: MediaKind) -> ImageEncoding:
        """The encoding in use for this kind of source: raw where the chosen one does not apply."""
        if why_not_image(self.image, self.serialization, kind):
            return ImageEncoding.RAW
        return self.image

    def run_settings(self, kind: MediaKind) -> RunSettings:
        """What a run over a source of this kind is started with."""
        return RunSettings(
            target=self.target,
            model=self.model,
            api=self.api,
            transport=self.transport,
            payload=Payload(
                self.serialization, self.image_for(kind), self.compression, self.jpeg_quality
            ),
            in_flight=self.in_flight,
        )
