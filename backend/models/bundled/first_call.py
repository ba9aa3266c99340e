"""The first call of a model, made at load: what libraries set up only then costs no frame.

OpenCV parses, allocates and starts its threads at the first call of a function, NumPy plans its
first Fourier transform: up to 30 ms each, which the first frame of a run would wait for.
"""

from __future__ import annotations

import numpy as np

from backend.core.samples import MediaKind
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.contract import Model
from backend.profiles.names import AUDIO, IMAGE

_SEED = 1
_PICTURE = (480, 640)
_CELL = 40
"""Side of the squares of the picture, in pixels: edges and areas, as a real one has them."""


def call_once(model: Model) -> None:
    """Let the model answer a made picture or sound; one that takes neither is left alone."""
    kind = model.profile.kind
    if kind is MediaKind.IMAGE:
        sample = Tensor(IMAGE, Datatype.UINT8, _picture())
    elif kind is MediaKind.AUDIO:
        sample = Tensor(AUDIO, Datatype.FP32, _sound(model.profile.audio.window))
    else:
        return
    model.finish(model.infer(model.prepare({sample.name: sample})))


def _picture() -> Array:
    height, width = _PICTURE
    shades = np.random.default_rng(_SEED).integers(
        0, 256, (height // _CELL, width // _CELL, 3), np.uint8
    )
    return np.ascontiguousarray(shades.repeat(_CELL, axis=0).repeat(_CELL, axis=1))


def _sound(length: int) -> Array:
    random = np.random.default_rng(_SEED)
    tone = 0.3 * np.sin(np.arange(length) * 0.08)
    return np.asarray((tone + random.normal(0, 0.05, length)).astype(np.float32))
