"""The sources that can be offered, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from backend.core.files.concealment import concealed_address, kept_address
from gui.widgets.language import marked, tr


class SourceGroup(StrEnum):
    """The headings of the source menu."""

    GENERATED = marked("Generated")
    CAMERA = marked("Cameras")
    MICROPHONE = marked("Microphones")
    RECENT = marked("Recent")


@dataclass(frozen=True, slots=True)
class SourceOffer:
    """A source that can be chosen; `missing` says why it cannot be used now, but stays chosen."""

    spec: str
    title: str
    group: SourceGroup
    tip: str = ""
    missing: str = ""


GENERATED_NAMES = frozenset(
    {marked("Test pattern"), marked("Tone"), marked("Sweep"), marked("Noise")}
)
"""What the generated sources call themselves."""


def generated_offers() -> tuple[SourceOffer, ...]:
    """The sources that need no device and no file."""
    return (
        SourceOffer(
            "pattern",
            tr("Test pattern"),
            SourceGroup.GENERATED,
            tr("Moving shapes with known places, a frame number and a clock, 640x480 at 30 fps"),
        ),
        SourceOffer("tone", tr("Tone"), SourceGroup.GENERATED, tr("A steady tone of 440 Hz")),
        SourceOffer("sweep", tr("Sweep"), SourceGroup.GENERATED, tr("A tone that rises and falls")),
        SourceOffer("noise", tr("Noise"), SourceGroup.GENERATED, tr("All frequencies at once")),
    )


_URL = re.compile(r"(https?|rtsps?):", re.IGNORECASE)


def is_url(spec: str) -> bool:
    """Whether a source is an address rather than a file or a device."""
    return _URL.match(spec) is not None


def lasting_spec(spec: str) -> str:
    """A file's path from the root, so that it means the same at the next start."""
    path = Path(spec).expanduser()
    if source_icon(spec) == "file" and path.exists():
        return str(path.resolve())
    return spec


def without_credentials(spec: str) -> str:
    """An address without name, password and other secrets; anything else as it is."""
    return kept_address(spec) if is_url(spec) else spec


def source_icon(spec: str) -> str:
    """The icon that goes with a source."""
    for start, icon in (
        ("pattern", "pattern"),
        ("webcam", "camera"),
        ("microphone", "microphone"),
    ):
        if spec == start or spec.startswith(f"{start}:"):
            return icon
    if spec in ("tone", "sweep", "noise"):
        return "tone"
    return "network" if is_url(spec) else "file"


def source_title(spec: str, offers: tuple[SourceOffer, ...] = ()) -> str:
    """A short name: the offer's own, a file's name, or an address without its credentials."""
    for offer in offers or generated_offers():
        if offer.spec == spec:
            return offer.title
    if is_url(spec):
        place = re.split("[?#]", without_credentials(spec), maxsplit=1)[0]
        return place.partition(":")[2].removeprefix("//")
    device, _, name = spec.partition(":")
    if device in ("webcam", "microphone"):
        return (
            name or {"webcam": tr("Default camera"), "microphone": tr("Default microphone")}[device]
        )
    return PurePath(spec).name or spec


def source_detail(spec: str) -> str:
    """What a tooltip says: the whole path, or the address without its secrets."""
    return concealed_address(spec) if is_url(spec) else spec
