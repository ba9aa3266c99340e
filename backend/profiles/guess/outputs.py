"""What a model's outputs likely mean, from their names and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.guess.detectors import DETECTORS
from backend.profiles.guess.facts import FLOATS, ModelFacts, coefficients_in, shown
from backend.profiles.guess.landmarks import landmarks
from backend.profiles.guess.meaning import Family, Meaning, classes_in_words
from backend.profiles.guess.writing import reader, text_boxes
from backend.profiles.outputs.bundled import PlainTensors, YesNoDecoder
from backend.profiles.outputs.classes import ClassDecoder, ScalarDecoder, TextDecoder
from backend.profiles.outputs.masks import MaskDecoder, MaskForm
from backend.profiles.outputs.parts import Activation
from backend.profiles.outputs.pascal import PASCAL_LABELS

_SMALLEST_PICTURE = 16
_IMAGENET_CLASSES = (1000, 1001)
_PEOPLE = ("selfie", "portrait", "person", "people", "human", "matting")
_NO_WORDS = ("silence", "unknown", "background", "background noise", "noise", "other", "nothing")
_PASCAL = ("deeplab", "pascal", "voc")


def meaning_of(facts: ModelFacts) -> Meaning:
    """The likeliest meaning of the outputs; plain tensors if nothing fits."""
    for rule in _RULES:
        meaning = rule(facts)
        if meaning is not None:
            return replace(meaning, labels=facts.labels or meaning.labels)
    listed = ", ".join(shown(spec) for spec in facts.outputs) or "none are declared"
    reason = f"nothing is known about the outputs, so they are shown as they come: {listed}"
    return Meaning(PlainTensors(), Family.OTHER, reason, facts.labels, summary="unknown outputs")


def _silero(facts: ModelFacts) -> Meaning | None:
    if not {"sr", "input"} <= {spec.name for spec in facts.inputs} or not facts.outputs:
        return None
    name = facts.outputs[0].name
    reason = f"inputs 'input' and 'sr' are those of Silero: '{name}' is the probability of speech"
    decoder, labels = YesNoDecoder(name), ("speech", "silence")
    return Meaning(decoder, Family.SPEECH, reason, labels, summary="Silero-like, speech or silence")


def _mask(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype is Datatype.BYTES or not 3 <= len(spec.shape) <= 4:
        return None
    form = _mask_form(spec)
    if form is None:
        return None
    reason = f"output {shown(spec)} is as large as a picture: {_MASKS[form]}"
    labels, doubts = _mask_labels(facts, spec, form)
    family = Family.FOREGROUND if form is MaskForm.FOREGROUND else Family.MASK
    decoder = MaskDecoder(spec.name, form)
    what = f"segmentation, {_MASKS[form]}"
    return Meaning(decoder, family, reason, labels, summary=what, doubts=doubts)


def _mask_labels(
    facts: ModelFacts, spec: TensorSpec, form: MaskForm
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the classes as far as they can be guessed, and what is uncertain."""
    if facts.labels:
        return (), ()
    if form is MaskForm.FOREGROUND:
        return ("background", "person" if facts.is_called(*_PEOPLE) else "foreground"), ()
    counts = {MaskForm.SCORES_FIRST: spec.shape[-3], MaskForm.SCORES_LAST: spec.shape[-1]}
    if counts.get(form) == len(PASCAL_LABELS) or facts.is_called(*_PASCAL):
        return PASCAL_LABELS, ("The names of the classes are assumed to be those of PASCAL VOC.",)
    return (), ("The names of the classes cannot be seen in the file: none are shown.",)


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
    reason = f"output {shown(spec)} is text"
    return Meaning(TextDecoder(spec.name), Family.OTHER, reason, summary="text")


def _classes(facts: ModelFacts) -> Meaning | None:
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype not in FLOATS:
        return None
    shape = [size for size in facts.without_batch(spec) if size != 1]
    if len(shape) > 1 or not shape or (shape[0] < 2 and not facts.labels):
        return None
    count = shape[0] if shape[0] > 0 else len(facts.labels)
    words = any(coefficients_in(given) != (0, 0) for given in facts.inputs)
    named = any(word in spec.name.lower() for word in ("prob", "softmax", "score", "predictions"))
    activation = Activation.NONE if named or words else Activation.SOFTMAX
    background = _no_words(facts.labels) if words else ""
    decoder = ClassDecoder(spec.name, activation, background=background)
    how = "made scores by softmax"
    if named or words:
        how = "already scores by its name" if named else "taken for scores already"
    reason = f"output {shown(spec)} is a number for each of {count} classes, {how}"
    if background:
        reason += f"; what is heard is a word, but for {background}"
    rest = [choice for choice in Activation if choice is not decoder.activation]
    others = tuple((f"scores by {c}", replace(decoder, activation=c)) for c in rest)
    family = Family.KEYWORDS if words else Family.CLASSES
    return Meaning(
        decoder, family, reason, (), others, _classes_in_words(count), _class_doubts(facts, named)
    )


def _no_words(labels: tuple[str, ...]) -> str:
    """Those that stand for the absence of a known word, with commas."""
    plain = {label: label.strip(" _").replace("_", " ").casefold() for label in labels}
    return ", ".join(label for label, name in plain.items() if name in _NO_WORDS)


def _classes_in_words(count: int) -> str:
    imagenet = count in _IMAGENET_CLASSES
    background = " with background 0" if count == max(_IMAGENET_CLASSES) else ""
    return classes_in_words(count, kind="ImageNet" if imagenet else "") + background


def _class_doubts(facts: ModelFacts, named: bool) -> tuple[str, ...]:
    doubts = []
    if not named:
        doubts.append("Whether the numbers are scores already cannot be seen in the file.")
    if not facts.labels:
        doubts.append("The names of the classes cannot be seen in the file: give its labels.")
    return tuple(doubts)


def _scalars(facts: ModelFacts) -> Meaning | None:
    numeric = all(spec.datatype is not Datatype.BYTES for spec in facts.outputs)
    sizes = {size for spec in facts.outputs for size in facts.without_batch(spec)}
    if not facts.outputs or not numeric or not sizes <= {1}:
        return None
    names = ", ".join(shown(spec) for spec in facts.outputs)
    decoder = ScalarDecoder(facts.outputs[0].name if len(facts.outputs) == 1 else "")
    reason = f"outputs are single numbers: {names}"
    return Meaning(decoder, Family.OTHER, reason, summary="single numbers")


_RULES: tuple[Callable[[ModelFacts], Meaning | None], ...] = (
    _silero,
    reader,
    *DETECTORS,
    landmarks,
    text_boxes,
    _mask,
    _text,
    _classes,
    _scalars,
)
