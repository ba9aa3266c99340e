"""Requests that nobody sent: to time a model, or to let it compute once before anybody asks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.choices import Payload
from backend.core.errors import ConsoleError
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.models.sequence_controls import Controls, own_inputs
from backend.models.servable import ModelRequest, SequenceStep, Servable
from backend.profiles.model_profile import ModelProfile
from backend.wire.elements import object_array

MOST_ELEMENTS = 1 << 26
"""Of an input that is made up."""
_SEED = 1
_HEIGHT, _WIDTH = 480, 640
_CELL = 40
"""Side of the squares of a picture, in pixels: edges and areas, as a real one has them."""


def made_tensors(servable: Servable, profile: ModelProfile | None) -> list[Tensor]:
    """What a profile makes of a made picture or sound; else zeros, 1 for what varies.

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
        return AudioWindow(0, 0, _sound(audio.window), audio.rate)
    return Frame(0, 0, _picture())


def _picture() -> Array:
    """Squares of chance colours, the same each time."""
    cells = (_HEIGHT // _CELL, _WIDTH // _CELL, 3)
    shades = np.random.default_rng(_SEED).integers(0, 256, cells, np.uint8)
    return np.ascontiguousarray(shades.repeat(_CELL, axis=0).repeat(_CELL, axis=1))


def _sound(length: int) -> Array:
    """A tone in noise, the same each time."""
    noise = np.random.default_rng(_SEED).normal(0, 0.05, length)
    return np.asarray(0.3 * np.sin(np.arange(length) * 0.08) + noise, np.float32)


def _zeros(spec: TensorSpec) -> Tensor:
    shape = tuple(1 if size < 0 else size for size in spec.shape)
    if np.prod(shape, dtype=np.float64) > MOST_ELEMENTS:
        raise ConsoleError(f"input '{spec.name}' {list(spec.shape)} is too large to be made up")
    if spec.datatype is Datatype.BYTES:
        return Tensor(spec.name, spec.datatype, object_array([b""] * int(np.prod(shape)), shape))
    return Tensor(spec.name, spec.datatype, np.zeros(shape, spec.datatype.numpy))
