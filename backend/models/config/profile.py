"""The profile that stands beside a model's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.tensors import TensorSpec
from backend.models.config.paths import inside
from backend.models.servable import ModelLoadError
from backend.profiles.file import PROFILE_FILE, read_profile
from backend.profiles.model_profile import ModelProfile


def profile_in(
    folder: Path,
    model: str,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
    labels: Mapping[str, tuple[str, ...]],
) -> ModelProfile | None:
    """The profile in a model's folder, for the model as it is; None where there is no file.

    Without labels of its own it takes those of the model's outputs, if they are one list. Raises
    ModelLoadError for a file that is wrong.
    """
    path = inside(folder, PROFILE_FILE)
    if not path.exists():
        return None
    try:
        profile = read_profile(path)
    except UsageError as error:
        raise ModelLoadError(str(error)) from None
    lists = tuple(labels.values())
    own = profile.labels or (lists[0] if len(lists) == 1 else ())
    return replace(profile, model=model, inputs=inputs, outputs=outputs, labels=own)
