"""The models that ship with Inferdeck; each needs no download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.models.bundled import (
    Faces,
    Identity,
    ModelServable,
    PitchFinder,
    QrCodes,
    Shapes,
    SpokenDigits,
    VoiceActivity,
)
from backend.models.code import CodePermission, NoCode
from backend.models.contract import Model
from backend.models.first_call import FirstCalls
from backend.models.repository import ModelFolders, ModelRegistry
from backend.models.runtimes.choice import standard_runtimes
from backend.models.services import ModelServices
from backend.profiles.bundled import profile_for
from backend.profiles.model_profile import ModelProfile

DEFAULT_MODEL = "shapes"
"""The model that answers when none is named: it goes with the test pattern."""


@dataclass(frozen=True, slots=True)
class BundledFactory:
    """Makes one bundled model, ready to compute."""

    name: str
    make: Callable[[ModelProfile], Model]

    def __call__(self) -> Model:
        """A new one, after its profile, which has answered once."""
        model = self.make(profile_for(self.name))
        servable = ModelServable(model)
        FirstCalls(servable, [servable.make_instance(0)], most=1).run()
        return model


def bundled_models() -> list[BundledFactory]:
    """One factory per bundled model, in the order in which they are offered."""
    return [
        BundledFactory("shapes", Shapes),
        BundledFactory("faces", Faces),
        BundledFactory("qr_codes", QrCodes),
        BundledFactory("pitch", PitchFinder),
        BundledFactory("voice_activity", VoiceActivity),
        BundledFactory("spoken_digits", SpokenDigits),
        BundledFactory("identity", Identity),
        BundledFactory("identity_fp32", Identity),
    ]


def bundled_registry(code: CodePermission | None = None) -> ModelRegistry:
    """A registry with every bundled model, ready to compute."""
    return repository_registry((), bundled=True, code=code)


def repository_registry(
    roots: Sequence[Path], *, bundled: bool, code: CodePermission | None = None, ready: bool = True
) -> ModelRegistry:
    """A registry that knows the models of some repositories, none of them loaded yet.

    With `bundled` the models that ship with Inferdeck are in it too, ready to compute unless
    `ready` is false. `code` says which models that are programs may run, without it none. Raises
    UsageError for a repository that is no folder.
    """
    around = ModelServices(code=code or NoCode())
    folders = ModelFolders((), standard_runtimes(around), around.loads)
    registry = ModelRegistry(default=DEFAULT_MODEL, folders=folders, around=around)
    for factory in bundled_models() if bundled else ():
        registry.add_factory(factory.name, factory)
        if ready:
            registry.load(factory.name)
    # After those: a model of a repository goes before a bundled one, but only once it is loaded.
    for root in roots:
        registry.add_repository(root)
    return registry
