"""Outputs of the YOLO family, told apart by how many boxes a picture of the model's size has."""

from __future__ import annotations

import math
from dataclasses import replace

from backend.core.tensors import TensorSpec
from backend.profiles.guess.facts import FLOATS, ModelFacts, grid_cells, shown
from backend.profiles.guess.meaning import Family, Meaning, classes_in_words
from backend.profiles.model_profile import OutputDecoder
from backend.profiles.outputs.coco import COCO_LABELS, COCO_POINTS
from backend.profiles.outputs.parts import Unit
from backend.profiles.outputs.yolo import YoloV5Decoder, YoloV8Decoder, YoloV10Decoder
from backend.profiles.outputs.yolox import YoloxDecoder

_MOST_ROWS_OF_SIX = 1000
_FEWEST_BOXES = 100
_POSE_PARTS = 4 + 1 + 17 * 3
_MOST_MASKS = 64
_STRIDES = (8, 16, 32)
_CELLS_OF_A_SQUARE = 16 + 4 + 1
"""Cells of the three grids for each 32 x 32 pixels."""


def yolo(facts: ModelFacts) -> Meaning | None:
    """One table with a row or a column for each box."""
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype not in FLOATS:
        return None
    shape = spec.shape
    if len(shape) != 3 or len(facts.outputs) > 2 or shape[0] not in (1, -1):
        return None
    rows, columns = shape[1:]
    if columns == 6 and rows <= _MOST_ROWS_OF_SIX:
        reason = f"output {shown(spec)} has rows of box, score and class, as YOLOv10 gives them"
        summary = "YOLOv10-like, boxes that do not overlap, COCO classes assumed"
        return Meaning(YoloV10Decoder(spec.name), Family.YOLO, reason, COCO_LABELS, summary=summary)
    if 5 <= rows < 1000 and (columns < 0 or columns >= max(rows, _FEWEST_BOXES)):
        return _v8(facts, spec, rows)
    if 6 <= columns < 1000 and (rows < 0 or rows >= max(columns, _FEWEST_BOXES)):
        if columns - 4 in (len(COCO_LABELS), len(facts.labels)):
            return _v8(facts, spec, columns, upright=False)
        return _x(spec, columns) if _has_no_anchors(facts, rows) else _v5(spec, columns)
    return None


def _has_no_anchors(facts: ModelFacts, boxes: int) -> bool:
    """Whether there is one box for each cell; YOLOv5 has three."""
    width, height = facts.picture_size
    if width:
        return boxes == grid_cells(width, height, _STRIDES)
    squares, rest = divmod(boxes, _CELLS_OF_A_SQUARE)
    return boxes > 0 and not rest and math.isqrt(squares) ** 2 == squares


def _classes(parts: int) -> tuple[tuple[str, ...], str]:
    labels = COCO_LABELS if parts == len(COCO_LABELS) else ()
    return labels, classes_in_words(parts, kind="COCO" if labels else "")


def _v8(facts: ModelFacts, spec: TensorSpec, parts: int, *, upright: bool = True) -> Meaning:
    masks = next((s for s in facts.outputs if len(s.shape) == 4), None)
    skipped = masks.shape[1] if masks is not None and 0 < masks.shape[1] <= _MOST_MASKS else 0
    what = (
        f"output {shown(spec)} has a {'column' if upright else 'row'} for each box, "
        "as YOLOv8 gives them"
    )
    if parts == _POSE_PARTS:
        decoder = YoloV8Decoder(spec.name, key_points=17, point_names=COCO_POINTS)
        reason = f"{what}, with 17 body points"
        summary = "YOLOv8-like, people with 17 points"
        return Meaning(decoder, Family.YOLO, reason, ("person",), summary=summary)
    classes = parts - 4 - skipped
    if classes < 1:
        skipped, classes = 0, parts - 4
    labels, words = _classes(classes)
    reason = f"{what}: 4 numbers, {classes} classes" + (f", {skipped} left out" if skipped else "")
    decoder = YoloV8Decoder(spec.name, skipped=skipped)
    others = (("boxes in parts of the picture", replace(decoder, unit=Unit.NORMALISED)),)
    return Meaning(decoder, Family.YOLO, reason, labels, others, f"YOLOv8-like, {words}")


def _v5(spec: TensorSpec, parts: int) -> Meaning:
    labels, words = _classes(parts - 5)
    reason = (
        f"output {shown(spec)} has a row for each box, as YOLOv5 gives them: 4 numbers, how sure "
        f"it is an object, {parts - 5} classes"
    )
    decoder = YoloV5Decoder(spec.name)
    others: tuple[tuple[str, OutputDecoder], ...] = (
        (f"like YOLOv8, with {parts - 4} classes", YoloV8Decoder(spec.name)),
        ("boxes in parts of the picture", replace(decoder, unit=Unit.NORMALISED)),
    )
    return Meaning(decoder, Family.YOLO, reason, labels, others, f"YOLOv5-like, {words}")


def _x(spec: TensorSpec, parts: int) -> Meaning:
    labels, words = _classes(parts - 5)
    reason = (
        f"output {shown(spec)} has one row for each cell of the grids of strides 8, 16 and 32, as "
        f"YOLOX gives them: 4 numbers, how sure it is an object, {parts - 5} classes"
    )
    others: tuple[tuple[str, OutputDecoder], ...] = (
        ("boxes in pixels already", YoloV5Decoder(spec.name)),
        (f"like YOLOv8, with {parts - 4} classes", YoloV8Decoder(spec.name)),
    )
    doubt = "Whether boxes still count from their cells cannot be seen in the file: assumed so."
    return Meaning(
        YoloxDecoder(spec.name),
        Family.YOLOX,
        reason,
        labels,
        others,
        f"YOLOX-like, {words}",
        (doubt,),
    )
