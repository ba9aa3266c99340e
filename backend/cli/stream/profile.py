"""Which profile `stream` uses: a file's, a saved or bundled one, or a guess."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from backend.clients.control import ServerControlClient
from backend.core.choices import EMBEDDED
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError, RequestError, TargetError
from backend.core.target import Target
from backend.profiles.book import ProfileBook
from backend.profiles.bundled import BUNDLED, profile_for
from backend.profiles.file import read_profile
from backend.profiles.guess import ModelFacts, guess
from backend.profiles.model_profile import ModelProfile
from backend.targets import config_folder


def choose_profile(
    target: Target, model: str, file: str = "", own: tuple[str, ...] | None = None
) -> ModelProfile:
    """The profile for a model of a target whose addresses are known.

    `own` are the class names of a model file that our own server serves, None for other models.
    What a guess rests on goes to stderr. Raises UsageError for a file that is wrong, TargetError
    for a server that cannot be asked, NotFound for a model that it does not know.
    """
    if file:
        return _from_file(target, model, file)
    if own is not None:
        return _guessed(replace(_facts(target, model), labels=own))
    if target.name == EMBEDDED:
        return profile_for(model)
    saved = ProfileBook(config_folder() / "profiles").saved(target.name, model)
    if saved is not None:
        return saved
    known = BUNDLED.get(model)
    try:
        facts = _facts(target, model)
    except ConsoleError:
        if known is None:
            raise
        return known
    return _guessed(facts, known)


def _guessed(facts: ModelFacts, known: ModelProfile | None = None) -> ModelProfile:
    """The likeliest profile; what it rests on goes to stderr, unless it is the known one."""
    found = guess(facts.description, facts.config, facts.labels)
    if found.profile is not known:
        for line in (found.summary, *found.reasons, *found.missing, *found.doubts):
            print(f"profile: {line}", file=sys.stderr)
    return found.profile


def _from_file(target: Target, model: str, file: str) -> ModelProfile:
    """The file's profile; shapes that it leaves out are the server's."""
    profile = replace(read_profile(Path(file)), model=model)
    if profile.inputs:
        return profile
    try:
        description = _facts(target, model).description
    except (TargetError, RequestError):
        description = ModelDescription(model)  # the run itself will say what is wrong
    return replace(profile, inputs=description.inputs, outputs=description.outputs)


def _facts(target: Target, model: str) -> ModelFacts:
    client = ServerControlClient(target)
    try:
        return ModelFacts(client.model_metadata(model), client.model_config(model) or {})
    finally:
        client.close()
