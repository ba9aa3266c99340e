"""Outputs that likely are points of a body, a face or a hand."""

from __future__ import annotations

import math
from collections.abc import Callable

from backend.core.tensors import TensorSpec
from backend.profiles.guess.facts import FLOATS, ModelFacts, shown
from backend.profiles.guess.meaning import Family, Meaning
from backend.profiles.outputs.coco import COCO_POINTS
from backend.profiles.outputs.mediapipe import HAND_POINTS
from backend.profiles.outputs.parts import Activation, Unit
from backend.profiles.outputs.points import PointDecoder, PointForm

_MESHES = {3 * 468: 468, 3 * 478: 478}
"""Points of MediaPipe's faces, without and with the irises, by their numbers."""


def landmarks(facts: ModelFacts) -> Meaning | None:
    """Points that belong to no box."""
    return next((found for rule in _RULES if (found := rule(facts)) is not None), None)


def _body(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if len(facts.outputs) == 1 else None
    if spec is None or spec.datatype not in FLOATS or len(spec.shape) != 4:
        return None
    if spec.shape[-2:] == (17, 3):
        decoder = PointDecoder(spec.name, PointForm.YX_SCORE)
        reason = f"output {shown(spec)} is y, x and score of 17 body points, as MoveNet gives them"
        summary = "MoveNet-like, 17 body points"
        return Meaning(decoder, Family.POINTS, reason, COCO_POINTS, summary=summary)
    if "heatmap" in spec.name.lower():
        reason = f"output {shown(spec)} is a heat map for each key point"
        labels = COCO_POINTS if spec.shape[1] == len(COCO_POINTS) else ()
        decoder = PointDecoder(spec.name, PointForm.HEATMAPS)
        return Meaning(decoder, Family.POINTS, reason, labels, summary="heat maps of key points")
    return None


def _face_mesh(facts: ModelFacts) -> Meaning | None:
    spec = next((spec for spec in facts.outputs if _numbers(spec) in _MESHES), None)
    presence = _presence(facts)
    if spec is None or not presence or len(facts.outputs) > 2:
        return None
    count = _MESHES[_numbers(spec)]
    decoder = _in_a_row(spec.name, presence, Activation.SIGMOID)
    reason = f"outputs {shown(spec)} and '{presence}' are {count} points of a face and whether it"
    doubts = ("Whether the number that says so is a score already cannot be seen in the file.",)
    return Meaning(
        decoder,
        Family.CROP,
        f"{reason} is there",
        summary=f"MediaPipe-like, {count} points of a face",
        doubts=doubts,
    )


def _hand(facts: ModelFacts) -> Meaning | None:
    """The first of two tables is in pixels, the first of two numbers says that there is a hand."""
    spec = next((spec for spec in facts.outputs if _numbers(spec) == 3 * len(HAND_POINTS)), None)
    presence = _presence(facts)
    if spec is None or not presence or spec.datatype not in FLOATS:
        return None
    decoder = _in_a_row(spec.name, presence, Activation.NONE)
    reason = f"outputs {shown(spec)} and '{presence}' are 21 points of a hand and whether it"
    return Meaning(
        decoder,
        Family.CROP,
        f"{reason} is there",
        HAND_POINTS,
        summary="MediaPipe-like, 21 points of a hand",
        doubts=("Which number says that there is a hand cannot be seen: the first is assumed.",),
    )


def _in_a_row(name: str, presence: str, activation: Activation) -> PointDecoder:
    return PointDecoder(name, PointForm.XY, 3, Unit.PIXELS, presence, activation, 0.5)


def _numbers(spec: TensorSpec) -> int:
    """The elements of a table in one row, 0 for another one."""
    return math.prod(spec.shape) if all(size == 1 for size in spec.shape[:-1]) else 0


def _presence(facts: ModelFacts) -> str:
    """The first output of one number, '' if there is none."""
    single = (s for s in facts.outputs if s.datatype in FLOATS and set(s.shape) == {1})
    return next((spec.name for spec in single), "")


_RULES: tuple[Callable[[ModelFacts], Meaning | None], ...] = (_body, _face_mesh, _hand)
