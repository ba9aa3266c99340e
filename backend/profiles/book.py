"""Which profile is used for which model of which target: saved, bundled or guessed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.files.private import NewerFile, locked, set_aside
from backend.profiles.bundled import BUNDLED
from backend.profiles.file import read_profile, write_profile
from backend.profiles.guess import Alternative, guess
from backend.profiles.model_profile import ModelProfile

_SUFFIX = ".toml"
_LONGEST = 60


class ProfileOrigin(StrEnum):
    """Where a profile comes from."""

    SAVED = "saved"
    BUNDLED = "bundled"
    """It came with the model, or with Inferdeck."""
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """A profile with where it comes from and why it is so.

    `missing` has a sentence for each input that is only filled up, `trouble` says why a saved
    profile was not used, '' if there was none or it was. Of a guess, `summary` is one line that
    says all of it, and `doubts` are sentences about what it assumes.
    """

    profile: ModelProfile
    origin: ProfileOrigin
    reasons: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    missing: tuple[str, ...] = ()
    trouble: str = ""
    summary: str = ""
    doubts: tuple[str, ...] = ()


class ProfileBook:
    """Profiles saved per target and model, one TOML file each; safe from any thread.

    The folder need not exist. Files may be edited by hand while this runs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(
        self,
        target: str,
        description: ModelDescription,
        config: Mapping[str, Any] | None = None,
        labels: tuple[str, ...] = (),
    ) -> ProfileChoice:
        """The saved profile, or the bundled or guessed one; a file that is wrong is passed over."""
        trouble = ""
        try:
            saved = self.saved(target, description.name)
        except UsageError as error:
            saved, trouble = None, str(error)
        if saved is not None:
            return _saved_choice(saved, description)
        guessed = guess(description, config, labels)
        known = guessed.given or guessed.profile is BUNDLED.get(description.name)
        return ProfileChoice(
            guessed.profile,
            ProfileOrigin.BUNDLED if known else ProfileOrigin.GUESSED,
            guessed.reasons,
            guessed.alternatives,
            guessed.missing,
            trouble,
            guessed.summary,
            guessed.doubts,
        )

    def saved(self, target: str, model: str) -> ModelProfile | None:
        """The saved profile, None if there is none; raises UsageError for a file that is wrong."""
        path = self.path(target, model)
        return read_profile(path) if os.path.lexists(path) else None

    def save(self, target: str, profile: ModelProfile) -> Path:
        """Keep the profile for its model of that target; raises UsageError if it cannot be.

        A file in its place that is no profile is set aside, one of a newer program stays.
        """
        path = self.path(target, profile.model)
        with locked(path.parent):
            if os.path.lexists(path):
                try:
                    read_profile(path)
                except NewerFile:
                    raise
                except UsageError:
                    set_aside(path)
            write_profile(path, profile)
        return path

    def forget(self, target: str, model: str) -> bool:
        """Delete a saved profile; False if there was none. Raises UsageError if it cannot be."""
        try:
            self.path(target, model).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise UsageError(f"The profile cannot be deleted: {error.strerror}.") from None
        return True

    def export_file(self, profile: ModelProfile, path: Path) -> None:
        """Write any profile to a file of the user's choice; raises UsageError."""
        write_profile(path, profile)

    def import_file(self, target: str, model: str, path: Path) -> ModelProfile:
        """Save the profile in a file for a model of a target; raises UsageError."""
        profile = replace(read_profile(path), model=model)
        self.save(target, profile)
        return profile

    def path(self, target: str, model: str) -> Path:
        """The file for a model of a target, whether it is there or not."""
        return self.folder / safe_name(target) / (safe_name(model) + _SUFFIX)


def safe_name(name: str) -> str:
    """A file name for any text: readable, and different for different texts on any system."""
    readable = re.sub(r"[^a-z0-9._-]+", "_", name.lower()).strip("._")[:_LONGEST]
    return f"{readable or 'x'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _saved_choice(saved: ModelProfile, description: ModelDescription) -> ProfileChoice:
    """The saved profile for the model as it is now."""
    reasons = ["saved for this model"]
    if saved.inputs and description.inputs and saved.inputs != description.inputs:
        reasons.append("the model had other inputs when it was saved")
    profile = replace(
        saved,
        model=description.name,
        inputs=description.inputs or saved.inputs,
        outputs=description.outputs or saved.outputs,
    )
    return ProfileChoice(profile, ProfileOrigin.SAVED, tuple(reasons))
