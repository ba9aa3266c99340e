"""A model's profile in the configuration that our server shows of it, for clients to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.profiles.file import profile_from_toml, profile_to_toml
from backend.profiles.model_profile import ModelProfile

PARAMETER = "inferdeck_profile"
"""Of the configuration: the text of a profile.toml without the model's own tensors."""
MOST_CHARACTERS = 1024 * 1024


def profile_text(profile: ModelProfile) -> str:
    """The profile as the parameter has it; '' for one that is too long or cannot be written."""
    try:
        text = profile_to_toml(replace(profile, inputs=(), outputs=()))
    except UsageError:
        return ""
    return text if len(text) <= MOST_CHARACTERS else ""


def profile_in_config(
    config: Mapping[str, Any], description: ModelDescription
) -> ModelProfile | None:
    """The profile that a server gives for a model, None if it gives none.

    `config` is the configuration as JSON gives it. Raises UsageError for a text that is no profile.
    """
    parameters = config.get("parameters")
    given = parameters.get(PARAMETER) if isinstance(parameters, Mapping) else None
    text = given.get("string_value") if isinstance(given, Mapping) else None
    if not isinstance(text, str) or not text:
        return None
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"{PARAMETER} has more than {MOST_CHARACTERS:,} characters.")
    profile = profile_from_toml(text, PARAMETER)
    return replace(
        profile,
        model=description.name,
        inputs=description.inputs,
        outputs=description.outputs,
    )
