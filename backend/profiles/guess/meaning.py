"""What a guess says about a model's outputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backend.profiles.model_profile import OutputDecoder


class Family(StrEnum):
    """Kinds of models, which tell how their inputs are usually prepared."""

    YUNET = "yunet"
    SSD = "ssd"
    FACES = "faces"
    YOLO = "yolo"
    YOLOX = "yolox"
    FASTESTDET = "fastestdet"
    ANCHORS = "anchors"
    PALMS = "palms"
    BOXES = "boxes"
    CLASSES = "classes"
    MASK = "mask"
    FOREGROUND = "foreground"
    POINTS = "points"
    CROP = "crop"
    TEXT = "text"
    LINE = "line"
    SPEECH = "speech"
    KEYWORDS = "keywords"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A decoder with why it was chosen, and others that would fit as well.

    `summary` is the same in a few words, `doubts` are sentences about what the metadata does not
    show.
    """

    decoder: OutputDecoder
    family: Family
    reason: str
    labels: tuple[str, ...] = ()
    others: tuple[tuple[str, OutputDecoder], ...] = ()
    summary: str = ""
    doubts: tuple[str, ...] = ()


def classes_in_words(count: int, labels: tuple[str, ...] = (), kind: str = "") -> str:
    """``80 COCO classes``, ``1 class (face)``, ``classes`` if nobody knows how many."""
    if count <= 0:
        return "classes"
    named = f" ({', '.join(labels)})" if 0 < len(labels) <= 2 else ""
    words = f"{count:,} {kind}".rstrip()
    return f"{words} class{'' if count == 1 else 'es'}{named}"
