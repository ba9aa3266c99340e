"""What our server shows of a model in its configuration for clients: a profile, class names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.profiles.file import profile_from_toml, profile_to_toml
from backend.profiles.model_profile import ModelProfile

PARAMETER = "inferdeck_profile"
"""Of the configuration: the text of a profile.toml without the model's own tensors."""
LABELS = "inferdeck_labels"
"""Of the configuration of a model without a profile: its class names by index, one on each line."""
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
    text = _parameter(config, PARAMETER)
    if not text:
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


def labels_text(labels: Sequence[str]) -> str:
    """Class names as the parameter has them; '' for what is too long or has lines in a name."""
    text = "\n".join(labels)
    fits = len(text) <= MOST_CHARACTERS and text.split("\n") == list(labels)
    return text if fits else ""


def labels_in_config(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The class names that a server gives for a model, () if it gives none."""
    text = _parameter(config, LABELS)
    return tuple(text.split("\n")) if 0 < len(text) <= MOST_CHARACTERS else ()


def _parameter(config: Mapping[str, Any], name: str) -> str:
    parameters = config.get("parameters")
    given = parameters.get(name) if isinstance(parameters, Mapping) else None
    text = given.get("string_value") if isinstance(given, Mapping) else None
    return text if isinstance(text, str) else ""
