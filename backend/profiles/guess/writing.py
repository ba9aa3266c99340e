"""Outputs that likely say where text is, or what it says."""

from __future__ import annotations

from backend.profiles.guess.facts import FLOATS, ModelFacts, shown
from backend.profiles.guess.meaning import Family, Meaning
from backend.profiles.outputs.writing import CtcDecoder, TextBoxDecoder

_LINE_HEIGHTS = (32, 48)
_FEWEST_CHARACTERS = 11
_TEXT_WORDS = ("ocr", "text", "dbnet")


def reader(facts: ModelFacts) -> Meaning | None:
    """Characters step by step, of a line of any width."""
    spec = facts.outputs[0] if len(facts.outputs) == 1 else None
    if spec is None or spec.datatype not in FLOATS or len(spec.shape) != 3:
        return None
    lines = [s.shape for s in facts.inputs if len(s.shape) == 4 and s.shape[1] in (1, 3)]
    if not any(shape[2] in _LINE_HEIGHTS and shape[3] == -1 for shape in lines):
        return None
    count = spec.shape[2]
    if count < _FEWEST_CHARACTERS:
        return None
    doubt = "The characters cannot be seen in the file: give them as labels, the blank first."
    return Meaning(
        CtcDecoder(spec.name),
        Family.LINE,
        f"output {shown(spec)} is a score for each of {count} characters, step by step, as CTC "
        "readers give them",
        summary=f"CTC reader of text, {count:,} characters",
        doubts=() if facts.labels else (doubt,),
    )


def text_boxes(facts: ModelFacts) -> Meaning | None:
    """A map as large as the picture, of a model whose name says that it is about text."""
    spec = facts.outputs[0] if facts.outputs else None
    if spec is None or spec.datatype not in FLOATS or not facts.is_called(*_TEXT_WORDS):
        return None
    if len(spec.shape) != 4 or spec.shape[1] != 1 or any(0 < side < 32 for side in spec.shape[2:]):
        return None
    return Meaning(
        TextBoxDecoder(spec.name),
        Family.TEXT,
        f"output {shown(spec)} is a map of text, by the model's name",
        ("text",),
        summary="DB-like, lines of text",
        doubts=("Whether the map shows text cannot be seen in the file: its name says so.",),
    )
