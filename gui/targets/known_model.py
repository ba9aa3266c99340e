"""What was learned of one model of a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from backend.clients.control import ServerControlClient
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError, UsageError
from backend.profiles.book import ProfileBook, ProfileChoice, ProfileOrigin
from backend.profiles.bundled import BUNDLED
from backend.profiles.file import PROFILE_FILE, read_profile
from backend.profiles.guess import ModelFacts
from gui.widgets.language import tr


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Facts and the profile in use; or, where it cannot be described, why."""

    facts: ModelFacts | None = None
    choice: ProfileChoice | None = None
    error: ConsoleError | None = None


def ask_about(
    control: ServerControlClient, book: ProfileBook, target: str, model: str
) -> KnownModel:
    """Ask a server about a model and find its profile; what goes wrong stands in the answer."""
    try:
        description = control.model_metadata(model)
    except ConsoleError as error:
        return KnownModel(error=error)
    try:
        config = control.model_config(model) or {}
    except ConsoleError:
        config = {}  # a guess can do without it
    return known_by(book, target, ModelFacts(description, config))


def known_by(book: ProfileBook, target: str, facts: ModelFacts) -> KnownModel:
    """The model with the profile that is saved, bundled or guessed for it."""
    return KnownModel(facts, book.find(target, facts.description, facts.config, facts.labels))


def bundled_model(book: ProfileBook, target: str, model: str) -> KnownModel | None:
    """One of our own models on our own server, which needs no asking; None for any other."""
    profile = BUNDLED.get(model)
    if profile is None:
        return None
    description = ModelDescription(model, profile.inputs, profile.outputs)
    return known_by(book, target, ModelFacts(description))


def with_profile_of(folder: Path, known: KnownModel) -> KnownModel:
    """The model with the profile.toml in its folder in place of a guess; one that is wrong is
    passed over and named."""
    path = folder / PROFILE_FILE
    choice, facts = known.choice, known.facts
    if choice is None or facts is None or choice.origin is not ProfileOrigin.GUESSED:
        return known
    try:
        if not path.is_file():
            return known
        profile = read_profile(path)
    except UsageError as error:
        return replace(known, choice=replace(choice, trouble=str(error)))
    described = facts.description
    profile = replace(
        profile,
        model=described.name,
        inputs=described.inputs or profile.inputs,
        outputs=described.outputs or profile.outputs,
    )
    reasons = (tr("{file} beside the model", file=PROFILE_FILE),)
    return replace(known, choice=ProfileChoice(profile, ProfileOrigin.BUNDLED, reasons))
