"""The models that ship with Inferdeck; each needs no download."""

from __future__ import annotations

from functools import partial

from backend.models.faces import Faces
from backend.models.identity import Identity
from backend.models.people import People
from backend.models.pitch import PitchFinder
from backend.models.qr_codes import QrCodes
from backend.models.registry import ModelFactory, ModelRegistry
from backend.models.shapes import Shapes
from backend.models.voice_activity import VoiceActivity
from backend.profiles.bundled import profile_for

DEFAULT_MODEL = "shapes"
"""The model that answers when none is named: it goes with the test pattern."""


def bundled_models() -> list[ModelFactory]:
    """One factory per bundled model, in the order in which they are offered."""
    return [
        partial(Shapes, profile_for("shapes")),
        partial(Faces, profile_for("faces")),
        partial(People, profile_for("people")),
        partial(QrCodes, profile_for("qr_codes")),
        partial(PitchFinder, profile_for("pitch")),
        partial(VoiceActivity, profile_for("voice_activity")),
        partial(Identity, profile_for("identity")),
        partial(Identity, profile_for("identity_fp32")),
    ]


def bundled_registry() -> ModelRegistry:
    """A registry with every bundled model, ready to compute."""
    return ModelRegistry((make() for make in bundled_models()), default=DEFAULT_MODEL)
