"""What was learned of one model of a target."""

from __future__ import annotations

from dataclasses import dataclass

from backend.clients.control import ServerControlClient
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError
from backend.profiles.book import ProfileBook, ProfileChoice
from backend.profiles.bundled import BUNDLED
from backend.profiles.model_facts import ModelFacts


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Facts and the profile in use; or, where it cannot be described, why."""

    facts: ModelFacts | None = None
    choice: ProfileChoice | None = None
    trouble: ConsoleError | None = None


def ask_about(
    control: ServerControlClient, book: ProfileBook, target: str, model: str
) -> KnownModel:
    """Ask a server about a model and find its profile; what goes wrong stands in the answer."""
    try:
        description = control.model_metadata(model)
    except ConsoleError as error:
        return KnownModel(trouble=error)
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
