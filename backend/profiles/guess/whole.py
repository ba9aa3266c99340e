"""A complete profile for a model that nobody has described, with the reasons in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.bundled import BUNDLED
from backend.profiles.file import PROFILE_FILE
from backend.profiles.guess.facts import ModelFacts, shown, size_in_words
from backend.profiles.guess.feed import InputGuess
from backend.profiles.guess.inputs import feed_of
from backend.profiles.guess.meaning import Meaning
from backend.profiles.guess.outputs import meaning_of
from backend.profiles.in_config import labels_in_config, profile_in_config
from backend.profiles.inputs.constants import MOST_ELEMENTS, ConstantInput, Literal
from backend.profiles.inputs.recipe import OurInputs
from backend.profiles.model_profile import ModelProfile
from backend.profiles.names import AUDIO, IMAGE, IMAGE_ENCODED

_RATE_NAMES = ("sr", "rate", "sample_rate", "sampling_rate", "samplerate")
_STATE_WORDS = ("state", "hidden", "cache", "cell")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another profile that would fit as well, and what is different about it."""

    title: str
    profile: ModelProfile


@dataclass(frozen=True, slots=True)
class Guess:
    """A profile, why it is so, what else it could be, and which inputs nothing is known about.

    `missing` is one sentence for each input that is only filled up, `summary` the whole guess in
    one line, such as "1x3x416x416 float, picture, NCHW, BGR 0..255, YOLOX-like, 80 COCO classes".
    `doubts` are sentences about what is assumed because the metadata does not show it. With `given`
    it is no guess: the server has the model's profile.
    """

    profile: ModelProfile
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...] = ()
    missing: tuple[str, ...] = ()
    summary: str = ""
    doubts: tuple[str, ...] = ()
    given: bool = False


def guess(
    description: ModelDescription,
    config: Mapping[str, Any] | None = None,
    labels: tuple[str, ...] = (),
) -> Guess:
    """The model's own profile, or the likeliest; at worst it sends zeros and shows tensors.

    It never fails. `config` is the model's configuration as a server gives it in JSON, `labels`
    are its classes; without them it is asked for those.
    """
    config = config or {}
    facts = ModelFacts(description, config, labels or labels_in_config(config))
    known = _bundled(facts)
    if known is not None:
        return known
    try:
        given = profile_in_config(facts.config, description)
    except UsageError as error:
        return replace(_likeliest(facts), doubts=(f"The server's own profile is wrong: {error}",))
    if given is not None:
        reason = f"the server has a {PROFILE_FILE} of this model"
        return Guess(given, (reason,), summary=given.description.rstrip("."), given=True)
    return _likeliest(facts)


def _likeliest(facts: ModelFacts) -> Guess:
    """What names, shapes and the configuration suggest."""
    description = facts.description
    meaning = meaning_of(facts)
    feed = _ours(facts) or feed_of(facts, meaning.family)
    constants, notes, missing = _constants(facts, feed)
    profile = ModelProfile(
        model=description.name,
        kind=feed.kind,
        inputs=description.inputs,
        outputs=description.outputs,
        decoder=meaning.decoder,
        labels=meaning.labels,
        audio=feed.audio,
        recipe=feed.recipe,
        constants=constants,
        sequence=facts.remembers,
    )
    memory = ["its configuration says that it takes sequences"] if facts.remembers else []
    reasons = (feed.reason, *notes, meaning.reason, *memory)
    return Guess(
        profile,
        reasons,
        _alternatives(profile, feed, meaning),
        missing,
        _summary(facts, feed, meaning),
        (*feed.doubts, *meaning.doubts),
    )


def _summary(facts: ModelFacts, feed: InputGuess, meaning: Meaning) -> str:
    """What goes in and what comes out, in one line."""
    sizes = [size_in_words(spec) for spec in facts.inputs if spec.name == feed.input]
    return ", ".join(part for part in (*sizes, feed.summary, meaning.summary) if part)


def _bundled(facts: ModelFacts) -> Guess | None:
    """One of our own models, by its name and its tensors."""
    profile = BUNDLED.get(facts.description.name)
    if profile is None:
        return None
    names = [spec.name for spec in facts.inputs], [spec.name for spec in facts.outputs]
    if names != ([s.name for s in profile.inputs], [s.name for s in profile.outputs]):
        return None
    reason = "its name and tensors are those of a model that ships with Inferdeck"
    return Guess(profile, (reason,))


def _ours(facts: ModelFacts) -> InputGuess | None:
    """Inputs after the convention of the models that ship with Inferdeck."""
    names = {spec.name for spec in facts.inputs}
    if names == {IMAGE, IMAGE_ENCODED}:
        reason = "inputs IMAGE and IMAGE_ENCODED take a picture as it is"
        return InputGuess(OurInputs(), MediaKind.IMAGE, IMAGE, reason, summary="any picture")
    if names == {AUDIO} and facts.inputs[0].shape == (-1,):
        reason = "input AUDIO takes sound as it is"
        return InputGuess(OurInputs(), MediaKind.AUDIO, AUDIO, reason, summary="any sound")
    return None


def _alternatives(
    profile: ModelProfile, feed: InputGuess, meaning: Meaning
) -> tuple[Alternative, ...]:
    inputs = [Alternative(title, replace(profile, recipe=recipe)) for title, recipe in feed.others]
    outputs = [
        Alternative(title, replace(profile, decoder=decoder)) for title, decoder in meaning.others
    ]
    return (*inputs, *outputs)


def _constants(
    facts: ModelFacts, feed: InputGuess
) -> tuple[tuple[ConstantInput, ...], list[str], tuple[str, ...]]:
    """The inputs that the sample does not fill, what is known about them, and what is not."""
    constants, notes, missing = [], [], []
    if isinstance(feed.recipe, OurInputs):
        return (), [], ()
    if not facts.inputs:
        missing.append("Say in the profile which inputs the model takes: the server does not.")
    for spec in facts.inputs:
        if spec.name == feed.input or _optional(facts, spec):
            continue
        shape = tuple(1 if size < 0 else size for size in spec.shape)
        if math.prod(shape) > MOST_ELEMENTS:
            missing.append(f"Input {shown(spec)} is too large to be filled with zeros; give it.")
            continue
        value, note = _value(spec, feed)
        constants.append(ConstantInput(spec.name, spec.datatype, shape, (value,)))
        if note:
            notes.append(note)
        else:
            filling = "an empty text" if spec.datatype is Datatype.BYTES else "zeros"
            missing.append(
                f"Input {shown(spec)} is filled with {filling}: no camera or microphone gives it."
            )
    return tuple(constants), notes, tuple(missing)


def _optional(facts: ModelFacts, spec: TensorSpec) -> bool:
    given = facts.config.get("input")
    entries = [i for i in given if isinstance(i, Mapping)] if isinstance(given, list) else []
    return spec.optional or any(i.get("name") == spec.name and i.get("optional") for i in entries)


def _value(spec: TensorSpec, feed: InputGuess) -> tuple[Literal, str]:
    """What fills an input, and why; '' if nothing is known about it."""
    name = spec.name.lower()
    if spec.datatype is Datatype.BYTES:
        return "", ""
    if name in _RATE_NAMES and feed.kind is MediaKind.AUDIO:
        return feed.audio.rate, f"input {shown(spec)} is the sample rate, {feed.audio.rate}"
    if name in ("h", "c", "h0", "c0") or any(word in name for word in _STATE_WORDS):
        return 0, f"input {shown(spec)} is a state, which starts from zeros in every request"
    return 0, ""
