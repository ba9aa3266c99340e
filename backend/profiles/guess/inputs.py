"""What a model's inputs likely take, from their names, datatypes and shapes."""

from __future__ import annotations

from collections.abc import Callable

from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.guess.facts import ModelFacts, shown
from backend.profiles.guess.feed import InputGuess
from backend.profiles.guess.meaning import Family
from backend.profiles.guess.pictures import encoded, picture
from backend.profiles.guess.sounds import coefficients, sound, spectrogram
from backend.profiles.inputs.recipe import Elements, NoInput


def feed_of(facts: ModelFacts, family: Family) -> InputGuess:
    """The input that takes the sample, and how; a recipe of nothing if none can."""
    for rule in _RULES:
        for spec in facts.inputs:
            feed = rule(facts, family, spec)
            if feed is not None:
                return feed
    reason = "no input looks like a picture, sound or bytes"
    if not facts.inputs:
        reason = "the server does not tell what the model's inputs are"
    return InputGuess(NoInput(), MediaKind.BYTES, "", reason, summary="nothing of a sample")


def _elements(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    """Bytes in, the same number of bytes out."""
    if len(facts.inputs) != 1 or spec.datatype not in (Datatype.UINT8, Datatype.FP32):
        return None
    if -1 not in spec.shape or any(size not in (1, -1) for size in spec.shape):
        return None
    same = [(o.datatype, o.shape) for o in facts.outputs] == [(spec.datatype, spec.shape)]
    if not same and spec.datatype is not Datatype.UINT8:
        return None
    reason = f"input {shown(spec)} takes any number of elements" + (
        " and gives as many back" if same else ""
    )
    recipe = Elements(spec.name, spec.datatype)
    return InputGuess(recipe, MediaKind.BYTES, spec.name, reason, summary="any bytes")


_RULES: tuple[Callable[[ModelFacts, Family, TensorSpec], InputGuess | None], ...] = (
    picture, encoded, coefficients, spectrogram, _elements, sound,
)  # fmt: skip
