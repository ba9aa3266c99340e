"""Requests that nobody sent: to time a model, or to let it compute once before anybody asks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.choices import Payload
from backend.core.errors import ConsoleError
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.models.sequence_controls import Controls, own_inputs
from backend.models.servable import ModelRequest, SequenceStep, Servable
from backend.profiles.model_profile import ModelProfile
from backend.wire.elements import object_array

MOST_ELEMENTS = 1 << 26
"""Of an input that is made up."""
_WIDTH, _HEIGHT = 640, 480


def made_tensors(servable: Servable, profile: ModelProfile | None) -> list[Tensor]:
    """What a profile makes of a grey picture or of silence; else zeros, 1 for what varies.

    Raises ConsoleError for inputs that are too large to be made up.
    """
    if profile is not None and profile.kind is not MediaKind.BYTES:
        return profile.encode(_sample(profile), Payload())
    return [_zeros(spec) for spec in asked_inputs(servable) if not spec.optional]


def asked_inputs(servable: Servable) -> tuple[TensorSpec, ...]:
    """The inputs that a caller gives, without those that the server itself fills."""
    ours = own_inputs(servable.config)
    return tuple(spec for spec in servable.inputs if spec.name not in ours)


def made_request(
    servable: Servable, tensors: Sequence[Tensor], sequence: int, *, start: bool, end: bool
) -> ModelRequest:
    """A request of these tensors, for a model with state one of that sequence."""
    inputs = {tensor.name: tensor for tensor in tensors}
    if not servable.config.HasField("sequence_batching"):
        return ModelRequest(inputs)
    step = SequenceStep(sequence, start=start, end=end)
    return ModelRequest({**inputs, **Controls(servable.config).tensors(step)}, sequence=step)


def _sample(profile: ModelProfile) -> Sample:
    if profile.kind is MediaKind.AUDIO:
        audio = profile.audio
        return AudioWindow(0, 0, np.zeros(audio.window, np.float32), audio.rate)
    return Frame(0, 0, np.full((_HEIGHT, _WIDTH, 3), 128, np.uint8))


def _zeros(spec: TensorSpec) -> Tensor:
    shape = tuple(1 if size < 0 else size for size in spec.shape)
    if np.prod(shape, dtype=np.float64) > MOST_ELEMENTS:
        raise ConsoleError(f"input '{spec.name}' {list(spec.shape)} is too large to be made up")
    if spec.datatype is Datatype.BYTES:
        return Tensor(spec.name, spec.datatype, object_array([b""] * int(np.prod(shape)), shape))
    return Tensor(spec.name, spec.datatype, np.zeros(shape, spec.datatype.numpy))
