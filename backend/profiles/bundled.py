"""Profiles of the models that ship with Inferdeck."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.inputs.recipe import Elements
from backend.profiles.model_profile import AudioFormat, ModelProfile
from backend.profiles.names import (
    AUDIO,
    BOXES,
    CLASSES,
    CONFIDENCE,
    FREQUENCY,
    IMAGE,
    IMAGE_ENCODED,
    INPUT0,
    POINTS,
    PROBABILITIES,
    PROBABILITY,
    SCORES,
    TEXT,
)
from backend.profiles.outputs.boxes import BoxDecoder
from backend.profiles.outputs.bundled import PitchDecoder, PlainTensors, YesNoDecoder
from backend.profiles.outputs.classes import ClassDecoder
from backend.profiles.outputs.parts import Activation

SHAPE_LABELS = ("circle", "square", "triangle", "star", "hexagon")
"""Classes of the test pattern's shapes, by index."""

SPEECH_LABELS = ("speech", "silence")

NO_DIGIT = "nothing"
DIGIT_LABELS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    NO_DIGIT,
)

PITCH_LOW_HZ, PITCH_HIGH_HZ = 60.0, 1500.0
"""The range in which `pitch` looks for a fundamental."""

_PICTURE_INPUTS = (
    TensorSpec(IMAGE, Datatype.UINT8, (-1, -1, 3), optional=True),
    TensorSpec(IMAGE_ENCODED, Datatype.BYTES, (1,), optional=True),
)
_SOUND_INPUTS = (TensorSpec(AUDIO, Datatype.FP32, (-1,)),)
_BOX_OUTPUTS = (
    TensorSpec(BOXES, Datatype.FP32, (-1, 4)),
    TensorSpec(SCORES, Datatype.FP32, (-1,)),
    TensorSpec(CLASSES, Datatype.INT64, (-1,)),
)


def _identity(model: str, datatype: Datatype, description: str) -> ModelProfile:
    return ModelProfile(
        model=model,
        kind=MediaKind.BYTES,
        inputs=(TensorSpec(INPUT0, datatype, (-1,)),),
        outputs=(TensorSpec("OUTPUT0", datatype, (-1,)),),
        decoder=PlainTensors(),
        description=description,
        recipe=Elements(INPUT0, datatype),
    )


def _finder(
    model: str,
    labels: tuple[str, ...],
    description: str,
    extra_outputs: tuple[TensorSpec, ...] = (),
) -> ModelProfile:
    return ModelProfile(
        model=model,
        kind=MediaKind.IMAGE,
        inputs=_PICTURE_INPUTS,
        outputs=_BOX_OUTPUTS + extra_outputs,
        decoder=BoxDecoder(),
        labels=labels,
        description=description,
    )


_PROFILES = (
    _finder("shapes", SHAPE_LABELS, "Finds the moving shapes of the test pattern."),
    _finder("faces", ("face",), "Finds faces that look at the camera (OpenCV Haar cascades)."),
    _finder(
        "qr_codes",
        ("qr code",),
        "Finds and reads QR codes (OpenCV).",
        (
            TensorSpec(TEXT, Datatype.BYTES, (-1,)),
            TensorSpec(POINTS, Datatype.FP32, (-1, 4, 2)),
        ),
    ),
    ModelProfile(
        model="pitch",
        kind=MediaKind.AUDIO,
        inputs=_SOUND_INPUTS,
        outputs=(
            TensorSpec(FREQUENCY, Datatype.FP32, (1,)),
            TensorSpec(CONFIDENCE, Datatype.FP32, (1,)),
        ),
        decoder=PitchDecoder(PITCH_LOW_HZ, PITCH_HIGH_HZ),
        audio=AudioFormat(rate=16_000, window_s=0.1, hop_s=0.05),
        description="Names the note that is sung or played (YIN, 60 to 1500 Hz).",
    ),
    ModelProfile(
        model="voice_activity",
        kind=MediaKind.AUDIO,
        inputs=_SOUND_INPUTS,
        outputs=(TensorSpec(PROBABILITY, Datatype.FP32, (1,)),),
        decoder=YesNoDecoder(),
        labels=SPEECH_LABELS,
        audio=AudioFormat(rate=16_000, window_s=0.5, hop_s=0.1),
        description="Tells speech from silence, noise, tones and music.",
    ),
    ModelProfile(
        model="spoken_digits",
        kind=MediaKind.AUDIO,
        inputs=_SOUND_INPUTS,
        outputs=(TensorSpec(PROBABILITIES, Datatype.FP32, (len(DIGIT_LABELS),)),),
        decoder=ClassDecoder(
            PROBABILITIES, Activation.NONE, top_k=len(DIGIT_LABELS), background=NO_DIGIT
        ),
        labels=DIGIT_LABELS,
        audio=AudioFormat(rate=8_000, window_s=1.0, hop_s=0.1, margin_s=0.5),
        description="Understands the English words from zero to nine.",
    ),
    _identity("identity", Datatype.UINT8, "Gives back the bytes it gets: what the wire costs."),
    _identity("identity_fp32", Datatype.FP32, "Gives back the numbers it gets, as 32-bit floats."),
)

BUNDLED: Mapping[str, ModelProfile] = MappingProxyType({p.model: p for p in _PROFILES})
"""Every bundled model's profile by name, in the order in which they are offered."""


TAKEN_OUT: Mapping[str, str] = MappingProxyType(
    {"people": "It saw people in drawn circles and missed those who stood there."}
)
"""Models that shipped with Inferdeck once, and why they do no more."""


def profile_for(model: str) -> ModelProfile:
    """The profile of a bundled model; raises UsageError for any other name."""
    try:
        return BUNDLED[model]
    except KeyError:
        gone = TAKEN_OUT.get(model)
        raise UsageError(
            f"There is no profile for model '{model}'."
            if gone is None
            else f"Model '{model}' is no longer part of Inferdeck. {gone}",
            hint=f"Profiles exist for {', '.join(BUNDLED)}.",
        ) from None
