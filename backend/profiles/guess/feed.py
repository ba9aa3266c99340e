"""What a guess says about the input that takes the sample."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.samples import MediaKind
from backend.profiles.inputs.recipe import InputRecipe
from backend.profiles.model_profile import DEFAULT_AUDIO, AudioFormat


@dataclass(frozen=True, slots=True)
class InputGuess:
    """A recipe for one input with why it was chosen, and others that would fit as well.

    `summary` is the same in a few words, `doubts` are sentences about what the metadata does not
    show.
    """

    recipe: InputRecipe
    kind: MediaKind
    input: str
    reason: str
    audio: AudioFormat = DEFAULT_AUDIO
    others: tuple[tuple[str, InputRecipe], ...] = ()
    summary: str = ""
    doubts: tuple[str, ...] = ()
