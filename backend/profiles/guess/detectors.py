"""Outputs that likely are boxes, from their names and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backend.profiles.guess.facts import FLOATS, ModelFacts, grid_cells, shown
from backend.profiles.guess.meaning import Family, Meaning, classes_in_words
from backend.profiles.guess.yolo import yolo
from backend.profiles.model_profile import OutputDecoder
from backend.profiles.outputs.anchors import AnchorDecoder
from backend.profiles.outputs.boxes import Background, BoxDecoder, SsdDecoder
from backend.profiles.outputs.coco import COCO_LABELS
from backend.profiles.outputs.fastestdet import FastestDetDecoder
from backend.profiles.outputs.mediapipe import BLAZEFACE_POINTS, PALM_POINTS
from backend.profiles.outputs.parts import Activation, BoxForm, Unit
from backend.profiles.outputs.yunet import STRIDES, YunetDecoder

_RFB_ANCHORS = (4420, 17_640)
"""Those of RFB-320 and RFB-640."""

_FASTESTDET_STRIDE = 16
_ANCHOR_LAYERS = ((8, 16, 16, 16), (8, 16, 32, 32, 32))
_ANCHORED = {
    16: ("faces with 6 points, as BlazeFace gives them", ("face",), BLAZEFACE_POINTS),
    18: ("palms with 7 points, as MediaPipe gives them", ("palm",), PALM_POINTS),
    12: ("people with 4 points, as MediaPipe gives them", ("person",), ()),
}
"""What is found, by how many numbers a box has."""


def _yunet(facts: ModelFacts) -> Meaning | None:
    names = {spec.name for spec in facts.outputs}
    wanted = {f"{part}_{s}" for part in ("cls", "obj", "bbox", "kps") for s in STRIDES}
    if not wanted <= names:
        return None
    reason = "outputs cls, obj, bbox and kps for strides 8, 16 and 32 are those of YuNet: faces"
    summary = "YuNet's twelve outputs, faces with 5 points"
    return Meaning(YunetDecoder(), Family.YUNET, reason, ("face",), summary=summary)


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
    count, points = facts.output("num_detections"), facts.output("points")
    decoder = BoxDecoder(
        boxes=boxes.name,
        scores=scores.name,
        classes=classes.name,
        count=count.name if count else "",
        texts="",
        points=points.name if points else "",
        form=BoxForm.YXYX if tensorflow else BoxForm.XYXY,
        unit=Unit.NORMALISED if tensorflow else Unit.PIXELS,
        first_class=1 if tensorflow else 0,
        threshold=0.5,
    )
    kind = "TensorFlow's object detection" if tensorflow else "boxes, scores and classes apart"
    reason = f"outputs '{boxes.name}', '{scores.name}' and '{classes.name}' are {kind}"
    unit = Unit.PIXELS if tensorflow else Unit.NORMALISED
    others = ((f"boxes in {unit}", replace(decoder, unit=unit)),)
    return Meaning(decoder, Family.BOXES, reason, others=others, summary=kind)


def _tflite_boxes(facts: ModelFacts) -> Meaning | None:
    """The four outputs of the operator that TensorFlow Lite's detectors end with."""
    if len(facts.outputs) != 4 or "Detection_PostProcess" not in facts.outputs[0].name:
        return None
    boxes, classes, scores, count = (spec.name for spec in facts.outputs)
    decoder = BoxDecoder(
        boxes,
        scores,
        classes,
        count,
        "",
        "",
        form=BoxForm.YXYX,
        unit=Unit.NORMALISED,
        threshold=0.5,
    )
    reason = f"outputs '{boxes}' and the three after it are those of TensorFlow Lite's detectors"
    summary = "TensorFlow Lite's boxes, classes, scores and count"
    return Meaning(decoder, Family.BOXES, reason, summary=summary)


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
    faces = boxes[1][0] in _RFB_ANCHORS
    others: tuple[tuple[str, OutputDecoder], ...] = (
        ("boxes in pixels", replace(decoder, unit=Unit.PIXELS)),
        ("no background class", replace(decoder, background=Background.NONE)),
    )
    doubt = "Whether boxes are in parts of the picture and class 0 is the background cannot be seen"
    return Meaning(
        decoder,
        Family.FACES if faces else Family.SSD,
        reason,
        ("background", "face") if faces else (),
        others,
        "RFB-like, faces" if faces else _ssd_in_words(scores[1][1], logits=logits),
        () if faces or logits else (f"{doubt} in the file: both are assumed.",),
    )


def _ssd_in_words(columns: int, *, logits: bool) -> str:
    return f"{'DETR' if logits else 'SSD'}-like, {classes_in_words(columns)}"


def _fastestdet(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if len(facts.outputs) == 1 else None
    if spec is None or spec.datatype not in FLOATS or len(spec.shape) != 4:
        return None
    classes, width, height = spec.shape[1] - 5, *facts.picture_size
    cells = (height // _FASTESTDET_STRIDE, width // _FASTESTDET_STRIDE)
    known = classes in (len(COCO_LABELS), len(facts.labels)) or facts.is_called("fastestdet")
    if classes < 1 or not known or not width or spec.shape[2:] != cells:
        return None
    labels = COCO_LABELS if classes == len(COCO_LABELS) else ()
    kind = "COCO" if labels else ""
    reason = (
        f"output {shown(spec)} is one grid of 16 pixels a cell with how sure it is an object, a "
        f"box and {classes} classes, as FastestDet gives them"
    )
    summary = f"FastestDet-like, {classes_in_words(classes, kind=kind)}"
    decoder = FastestDetDecoder(spec.name)
    return Meaning(decoder, Family.FASTESTDET, reason, labels, summary=summary)


def _anchored(facts: ModelFacts) -> Meaning | None:
    tables = {spec.name: facts.without_batch(spec) for spec in facts.outputs}
    if len(tables) != 2 or any(len(shape) != 2 for shape in tables.values()):
        return None
    boxes = next((name for name, shape in tables.items() if shape[1] in _ANCHORED), "")
    scores = next((name for name, shape in tables.items() if shape[1] == 1), "")
    if not boxes or not scores or tables[boxes][0] != tables[scores][0]:
        return None
    strides = _anchor_strides(facts, tables[boxes][0])
    if not strides:
        return None
    what, labels, points = _ANCHORED[tables[boxes][1]]
    decoder = AnchorDecoder(boxes, scores, strides=strides, point_names=points)
    reason = (
        f"outputs '{boxes}' and '{scores}' are {tables[boxes][0]} boxes counted from anchors of "
        f"strides {', '.join(map(str, strides))}: {what}"
    )
    ready = ("the scores are scores already", replace(decoder, activation=Activation.NONE))
    family = Family.PALMS if labels == ("palm",) else Family.ANCHORS
    return Meaning(decoder, family, reason, labels, (ready,), f"{what}, {tables[boxes][0]} anchors")


def _anchor_strides(facts: ModelFacts, count: int) -> tuple[int, ...]:
    """The layers that give so many anchors for the model's picture, () if none do."""
    width, height = facts.picture_size
    if not width:
        return ()
    fitting = (s for s in _ANCHOR_LAYERS if 2 * grid_cells(width, height, s) == count)
    return next(fitting, ())


DETECTORS: tuple[Callable[[ModelFacts], Meaning | None], ...] = (
    _yunet, _named_boxes, _tflite_boxes, _ssd, _anchored, yolo, _fastestdet,
)  # fmt: skip
