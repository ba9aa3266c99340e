"""What a model's outputs likely mean, from their names and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.guess.facts import FLOATS, ModelFacts, shown
from backend.profiles.model_profile import OutputDecoder
from backend.profiles.outputs.boxes import Background, BoxDecoder, SsdDecoder
from backend.profiles.outputs.bundled import PlainTensors, YesNoDecoder
from backend.profiles.outputs.classes import ClassDecoder, ScalarDecoder, TextDecoder
from backend.profiles.outputs.coco import COCO_LABELS, COCO_POINTS
from backend.profiles.outputs.masks import MaskDecoder, MaskForm
from backend.profiles.outputs.parts import Activation, BoxForm, Unit
from backend.profiles.outputs.points import PointDecoder, PointForm
from backend.profiles.outputs.yolo import YoloV5Decoder, YoloV8Decoder, YoloV10Decoder
from backend.profiles.outputs.yunet import STRIDES, YunetDecoder

_SMALLEST_PICTURE = 16
_MOST_ROWS_OF_SIX = 1000
_FEWEST_BOXES = 100
_POSE_PARTS = 4 + 1 + 17 * 3
_MOST_MASKS = 64


class Family(StrEnum):
    """Kinds of models, which tell how their inputs are usually prepared."""

    YUNET = "yunet"
    SSD = "ssd"
    YOLO = "yolo"
    BOXES = "boxes"
    CLASSES = "classes"
    MASK = "mask"
    POINTS = "points"
    SPEECH = "speech"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A decoder with why it was chosen, and others that would fit as well."""

    decoder: OutputDecoder
    family: Family
    reason: str
    labels: tuple[str, ...] = ()
    others: tuple[tuple[str, OutputDecoder], ...] = ()


def meaning_of(facts: ModelFacts) -> Meaning:
    """The likeliest meaning of the outputs; plain tensors if nothing fits."""
    for rule in _RULES:
        meaning = rule(facts)
        if meaning is not None:
            return replace(meaning, labels=facts.labels or meaning.labels)
    listed = ", ".join(shown(spec) for spec in facts.outputs) or "none are declared"
    reason = f"nothing is known about the outputs, so they are shown as they come: {listed}"
    return Meaning(PlainTensors(), Family.OTHER, reason, facts.labels)


def _yunet(facts: ModelFacts) -> Meaning | None:
    names = {spec.name for spec in facts.outputs}
    wanted = {f"{part}_{s}" for part in ("cls", "obj", "bbox", "kps") for s in STRIDES}
    if not wanted <= names:
        return None
    reason = "outputs cls, obj, bbox and kps for strides 8, 16 and 32 are those of YuNet: faces"
    return Meaning(YunetDecoder(), Family.YUNET, reason, ("face",))


def _silero(facts: ModelFacts) -> Meaning | None:
    if not {"sr", "input"} <= {spec.name for spec in facts.inputs} or not facts.outputs:
        return None
    name = facts.outputs[0].name
    reason = f"inputs 'input' and 'sr' are those of Silero: '{name}' is the probability of speech"
    return Meaning(YesNoDecoder(name), Family.SPEECH, reason, ("speech", "silence"))


def _named_boxes(facts: ModelFacts) -> Meaning | None:
    """Boxes, scores and classes apart, as TensorFlow's and torchvision's detectors give them."""
    boxes = facts.output("detection_boxes", "boxes", "bboxes", "pred_boxes")
    scores = facts.output("detection_scores", "scores", "confidences")
    classes = facts.output("detection_classes", "classes", "labels", "class_ids")
    if boxes is None or scores is None or classes is None:
        return None
    if len(facts.without_batch(scores)) != 1 and len(scores.shape) != 1:
        return None
    tensorflow = boxes.name == "detection_boxes"
    count = facts.output("num_detections")
    decoder = BoxDecoder(
        boxes=boxes.name,
        scores=scores.name,
        classes=classes.name,
        count=count.name if count else "",
        texts="",
        points="",
        form=BoxForm.YXYX if tensorflow else BoxForm.XYXY,
        unit=Unit.NORMALISED if tensorflow else Unit.PIXELS,
        first_class=1 if tensorflow else 0,
        threshold=0.5,
    )
    kind = "TensorFlow's object detection" if tensorflow else "boxes, scores and classes apart"
    reason = f"outputs '{boxes.name}', '{scores.name}' and '{classes.name}' are {kind}"
    unit = Unit.PIXELS if tensorflow else Unit.NORMALISED
    others = ((f"boxes in {unit}", replace(decoder, unit=unit)),)
    return Meaning(decoder, Family.BOXES, reason, others=others)


def _ssd(facts: ModelFacts) -> Meaning | None:
    tables = [(spec, facts.without_batch(spec)) for spec in facts.outputs]
    tables = [(spec, shape) for spec, shape in tables if len(shape) == 2]
    if len(tables) != 2:
        return None
    boxes = next((pair for pair in tables if pair[1][1] == 4), None)
    scores = next((pair for pair in tables if pair is not boxes), None)
    if boxes is None or scores is None or boxes[1][0] != scores[1][0] or scores[1][1] == 4:
        return None
    logits = "logit" in scores[0].name.lower()
    decoder = SsdDecoder(scores=scores[0].name, boxes=boxes[0].name, threshold=0.7, iou=0.3)
    if logits:
        decoder = replace(
            decoder,
            form=BoxForm.CXCYWH,
            activation=Activation.SIGMOID,
            background=Background.NONE,
            threshold=0.5,
        )
    reason = (
        f"outputs {shown(scores[0])} and {shown(boxes[0])} are scores and a box for "
        f"{boxes[1][0] if boxes[1][0] > 0 else 'many'} places, "
        + ("as DETR gives them" if logits else "as SSD gives them")
    )
    labels = ("background", "face") if boxes[1][0] in (4420, 17_640) else ()
    others: tuple[tuple[str, OutputDecoder], ...] = (
        ("boxes in pixels", replace(decoder, unit=Unit.PIXELS)),
        ("no background class", replace(decoder, background=Background.NONE)),
    )
    return Meaning(decoder, Family.SSD, reason, labels, others)


def _yolo(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype not in FLOATS:
        return None
    shape = spec.shape
    if len(shape) != 3 or len(facts.outputs) > 2 or shape[0] not in (1, -1):
        return None
    rows, columns = shape[1:]
    if columns == 6 and rows <= _MOST_ROWS_OF_SIX:
        reason = f"output {shown(spec)} has rows of box, score and class, as YOLOv10 gives them"
        return Meaning(YoloV10Decoder(spec.name), Family.YOLO, reason, COCO_LABELS)
    if 5 <= rows < 1000 and (columns < 0 or columns >= max(rows, _FEWEST_BOXES)):
        return _yolo_v8(facts, spec, rows)
    if 6 <= columns < 1000 and (rows < 0 or rows >= max(columns, _FEWEST_BOXES)):
        return _yolo_v5(spec, columns)
    return None


def _yolo_v8(facts: ModelFacts, spec: TensorSpec, parts: int) -> Meaning:
    masks = next((s for s in facts.outputs if len(s.shape) == 4), None)
    skipped = masks.shape[1] if masks is not None and 0 < masks.shape[1] <= _MOST_MASKS else 0
    what = f"output {shown(spec)} has a column for each box, as YOLOv8 gives them"
    if parts == _POSE_PARTS:
        decoder = YoloV8Decoder(spec.name, key_points=17, point_names=COCO_POINTS)
        return Meaning(decoder, Family.YOLO, f"{what}, with 17 body points", ("person",))
    classes = parts - 4 - skipped
    if classes < 1:
        skipped, classes = 0, parts - 4
    labels = COCO_LABELS if classes == len(COCO_LABELS) else ()
    reason = f"{what}: 4 numbers, {classes} classes" + (f", {skipped} left out" if skipped else "")
    decoder = YoloV8Decoder(spec.name, skipped=skipped)
    others = (("boxes in parts of the picture", replace(decoder, unit=Unit.NORMALISED)),)
    return Meaning(decoder, Family.YOLO, reason, labels, others)


def _yolo_v5(spec: TensorSpec, parts: int) -> Meaning:
    labels = COCO_LABELS if parts - 5 == len(COCO_LABELS) else ()
    reason = (
        f"output {shown(spec)} has a row for each box, as YOLOv5 gives them: 4 numbers, how sure "
        f"it is an object, {parts - 5} classes"
    )
    decoder = YoloV5Decoder(spec.name)
    others: tuple[tuple[str, OutputDecoder], ...] = (
        (f"like YOLOv8, with {parts - 4} classes", YoloV8Decoder(spec.name)),
        ("boxes in parts of the picture", replace(decoder, unit=Unit.NORMALISED)),
    )
    return Meaning(decoder, Family.YOLO, reason, labels, others)


def _body(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if len(facts.outputs) == 1 else None
    if spec is None or spec.datatype not in FLOATS:
        return None
    if spec.shape[-2:] == (17, 3) and len(spec.shape) == 4:
        decoder = PointDecoder(spec.name, PointForm.YX_SCORE)
        reason = f"output {shown(spec)} is y, x and score of 17 body points, as MoveNet gives them"
        return Meaning(decoder, Family.POINTS, reason, COCO_POINTS)
    if "heatmap" in spec.name.lower() and len(spec.shape) == 4:
        reason = f"output {shown(spec)} is a heat map for each key point"
        labels = COCO_POINTS if spec.shape[1] == len(COCO_POINTS) else ()
        return Meaning(PointDecoder(spec.name, PointForm.HEATMAPS), Family.POINTS, reason, labels)
    return None


def _mask(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype is Datatype.BYTES or not 3 <= len(spec.shape) <= 4:
        return None
    form = _mask_form(spec)
    if form is None:
        return None
    reason = f"output {shown(spec)} is as large as a picture: {_MASKS[form]}"
    return Meaning(MaskDecoder(spec.name, form), Family.MASK, reason)


_MASKS = {
    MaskForm.FOREGROUND: "how much of each pixel is foreground",
    MaskForm.SCORES_FIRST: "a number for each class and pixel",
    MaskForm.SCORES_LAST: "a number for each class and pixel, classes last",
    MaskForm.CLASSES: "the class of each pixel",
}


def _mask_form(spec: TensorSpec) -> MaskForm | None:
    shape = spec.shape
    floats = spec.datatype in FLOATS
    if len(shape) == 3:
        fits = shape[0] in (1, -1) and _pictures(shape[1], shape[2])
        return (MaskForm.FOREGROUND if floats else MaskForm.CLASSES) if fits else None
    if _pictures(shape[2], shape[3]) and (shape[2] == -1 or shape[1] < shape[2]):
        if shape[1] == 1:
            return MaskForm.FOREGROUND if floats else MaskForm.CLASSES
        return MaskForm.SCORES_FIRST if floats else None
    if _pictures(shape[1], shape[2]) and 0 < shape[3] <= 256:
        if shape[3] == 1:
            return MaskForm.FOREGROUND if floats else MaskForm.CLASSES
        return MaskForm.SCORES_LAST if floats else None
    return None


def _pictures(height: int, width: int) -> bool:
    return all(side == -1 or side >= _SMALLEST_PICTURE for side in (height, width))


def _text(facts: ModelFacts) -> Meaning | None:
    if len(facts.outputs) != 1 or facts.outputs[0].datatype is not Datatype.BYTES:
        return None
    spec = facts.outputs[0]
    return Meaning(TextDecoder(spec.name), Family.OTHER, f"output {shown(spec)} is text")


def _classes(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype not in FLOATS:
        return None
    shape = [size for size in facts.without_batch(spec) if size != 1]
    if len(shape) > 1 or not shape or (shape[0] < 2 and not facts.labels):
        return None
    ready = any(word in spec.name.lower() for word in ("prob", "softmax", "score", "predictions"))
    decoder = ClassDecoder(spec.name, Activation.NONE if ready else Activation.SOFTMAX)
    count = shape[0] if shape[0] > 0 else len(facts.labels)
    how = "already scores by its name" if ready else "made scores by softmax"
    reason = f"output {shown(spec)} is a number for each of {count} classes, {how}"
    rest = [choice for choice in Activation if choice is not decoder.activation]
    others = tuple((f"scores by {c}", replace(decoder, activation=c)) for c in rest)
    return Meaning(decoder, Family.CLASSES, reason, others=others)


def _scalars(facts: ModelFacts) -> Meaning | None:
    numeric = all(spec.datatype is not Datatype.BYTES for spec in facts.outputs)
    sizes = {size for spec in facts.outputs for size in facts.without_batch(spec)}
    if not facts.outputs or not numeric or not sizes <= {1}:
        return None
    names = ", ".join(shown(spec) for spec in facts.outputs)
    decoder = ScalarDecoder(facts.outputs[0].name if len(facts.outputs) == 1 else "")
    return Meaning(decoder, Family.OTHER, f"outputs are single numbers: {names}")


_RULES: tuple[Callable[[ModelFacts], Meaning | None], ...] = (
    _yunet, _silero, _named_boxes, _ssd, _yolo, _body, _mask, _text, _classes, _scalars,
)  # fmt: skip
