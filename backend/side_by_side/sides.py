"""What is compared: something that answers now, or what was answered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.core.choices import RunSettings
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile


@dataclass(frozen=True, slots=True)
class LiveSide:
    """A target, a model, how it is fed and how its requests travel."""

    settings: RunSettings
    profile: ModelProfile
    resolve: Callable[[Target], Target] = lambda target: target

    def profile_for(self, _settings: RunSettings) -> ModelProfile:
        """Always the one."""
        return self.profile

    @property
    def title(self) -> str:
        """In a few words."""
        settings = self.settings
        return f"{settings.model} on {settings.target.name}, {settings.api} {settings.transport}"


@dataclass(frozen=True, slots=True)
class RecordedSide:
    """A recording: its answers are compared with what is answered to its samples now."""

    path: Path

    @property
    def title(self) -> str:
        """In a few words."""
        return f"recording {self.path.name}"


Side = LiveSide | RecordedSide
