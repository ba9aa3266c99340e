"""What can be side B: whatever the bar could be set to, or what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backend.core.choices import EMBEDDED, ImageEncoding, Transport, why_not_image
from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.profiles.file import read_profile
from backend.profiles.model_profile import ModelProfile
from gui.state.models import ModelOffer
from gui.state.switches import Switches, offered_targets, target_title
from gui.widgets.language import marked, tr

_TRANSPORTS = {
    Transport.REST: marked("REST"),
    Transport.GRPC: marked("gRPC"),
    Transport.GRPC_STREAM: marked("gRPC stream"),
}
_IMAGES = {
    ImageEncoding.RAW: marked("raw pixels"),
    ImageEncoding.JPEG: marked("JPEG"),
    ImageEncoding.PNG: marked("PNG"),
}
MODEL, TARGET, WAY = marked("Another model"), marked("Another target"), marked("Another way")


@dataclass(frozen=True, slots=True)
class OtherSide:
    """Side B: how it differs from the bar's switches, and what both sides are called for that.

    With `recording` it is what was recorded, and the run over the recording is side A, or where it
    is another recording than the one that is open, what was recorded in that.
    """

    title: str
    title_of_a: Callable[[Switches], str]
    change: Callable[[Switches], Switches] = lambda switches: switches
    profile: ModelProfile | None = None
    recording: Path | None = None
    group: str = ""


def other_sides(
    now: Switches, kind: MediaKind, models: Iterable[ModelOffer], targets: Iterable[Target]
) -> Iterator[OtherSide]:
    """All that differs from the switches of the moment in one thing, by groups."""
    for offer in models:
        if offer.name != now.model and not offer.why_not(kind):
            yield _model(offer.name)
    for target in offered_targets(tuple(targets), now.target):
        if target.name != now.target.name:
            yield _target(target)
    for transport in Transport:
        reaches = now.target.name == EMBEDDED or bool(
            now.target.grpc if transport.is_grpc else now.target.rest
        )
        if transport is not now.transport and reaches:
            yield _transport(transport)
    if kind is MediaKind.IMAGE:
        for image in ImageEncoding:
            if image is not now.image_for(kind) and not why_not_image(
                image, now.serialization, kind
            ):
                yield _image(image)


def recorded_side(path: Path) -> OtherSide:
    """What was recorded, against what is answered now."""
    return OtherSide(tr("as recorded"), lambda _: tr("now"), recording=path)


def other_recording_side(path: Path) -> OtherSide:
    """What another recording has of the same samples, against what is shown or answered now."""
    return OtherSide(path.name, lambda _: tr("now"), recording=path)


def profile_side(profile: ModelProfile, name: str) -> OtherSide:
    """The same model with the profile of a file."""
    return OtherSide(name, lambda _: tr("profile in use"), profile=profile)


def profile_of(path: Path, ask: Callable[[], ModelProfile]) -> ModelProfile:
    """That of a file; shapes and names that it leaves out are the model's."""
    profile = read_profile(path)
    try:
        known = ask()
    except ConsoleError:
        return profile  # the run itself will say what is wrong
    return replace(
        profile,
        model=known.model,
        inputs=profile.inputs or known.inputs,
        outputs=profile.outputs or known.outputs,
    )


def _model(name: str) -> OtherSide:
    return OtherSide(name, lambda now: now.model, lambda now: replace(now, model=name), group=MODEL)


def _target(target: Target) -> OtherSide:
    return OtherSide(
        target_title(target),
        lambda now: target_title(now.target),
        lambda now: now.aimed_at(target),
        group=TARGET,
    )


def _transport(transport: Transport) -> OtherSide:
    return OtherSide(
        tr(_TRANSPORTS[transport]),
        lambda now: tr(_TRANSPORTS[now.transport]),
        lambda now: replace(now, transport=transport),
        group=WAY,
    )


def _image(image: ImageEncoding) -> OtherSide:
    return OtherSide(
        tr(_IMAGES[image]),
        lambda now: tr(_IMAGES[now.image_for(MediaKind.IMAGE)]),
        lambda now: replace(now, image=image),
        group=WAY,
    )
