"""Coefficients have the model's shape, and what makes none is refused."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import Payload
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import AudioWindow, Frame
from backend.core.tensors import Array, Datatype, TensorSpec
from backend.profiles.inputs.mfcc import MfccRecipe
from backend.profiles.inputs.sounds import Loudness

RATE = 16_000
TONE = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)


def window(samples: Array) -> AudioWindow:
    return AudioWindow(0, 0, samples.astype(np.float32), RATE)


@pytest.mark.parametrize(
    ("declared", "shape"),
    [
        ((1, 49, 10, 1), (1, 49, 10, 1)), ((-1, 490), (1, 490)), ((1, 1, 49, 10), (1, 1, 49, 10)),
        ((490,), (490,)), ((-1, -1, -1, -1), (1, 49, 10, 1)), ((1, 99, 10), (1, 49, 10, 1)),
    ],
)  # fmt: skip
def test_coefficients_take_the_models_shape(
    declared: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    inputs = (TensorSpec("x", Datatype.FP32, declared),)
    (tensor,) = MfccRecipe().tensors(window(TONE), Payload(), inputs)
    assert (tensor.name, tensor.shape, tensor.data.dtype) == ("x", shape, np.dtype(np.float32))
    assert (tensor.data.reshape(49, 10) == MfccRecipe().numbers(TONE, RATE)).all()


def test_a_tone_is_in_its_band() -> None:
    """With as many coefficients as bands, turning them back gives the logarithms of the bands."""
    recipe = MfccRecipe(mels=20, coefficients=20, loudness=Loudness.AS_IS)
    rows = recipe.numbers(TONE, RATE)
    band, order = np.arange(20)[:, np.newaxis] + 0.5, np.arange(20)
    waves = np.cos(np.pi * band * order / 20) * np.where(order, 1, 0.5)
    logs = (waves @ rows.T) * np.sqrt(40) / 20
    low, high = 1127 * np.log(1 + np.array([20, 4000]) / 700)
    corners = np.linspace(low, high, 22)
    nearest = np.abs(corners[1:-1] - 1127 * np.log(1 + 1000 / 700)).argmin()
    assert (logs.argmax(axis=0) == nearest).all()


def test_silence_and_loudness() -> None:
    quiet = MfccRecipe().numbers(np.zeros(RATE, np.float32), RATE)
    assert quiet[:, 0] == pytest.approx(2 * 40 * np.log(1e-6) / np.sqrt(80), rel=1e-6)
    assert np.abs(quiet[:, 1:]).max() < 1e-4
    loud, soft = (MfccRecipe().numbers(TONE * gain, RATE) for gain in (1, 0.25))
    assert np.abs(loud - soft).max() < 1e-4
    assert MfccRecipe().numbers(TONE[:479], RATE).shape == (0, 10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 1024}, {"coefficients": 41}, {"low_hz": 4000}, {"offset": 0}, {"hop": 0},
    ],
)  # fmt: skip
def test_options_that_make_no_coefficients_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        MfccRecipe(**wrong)  # type: ignore[arg-type]


def test_pictures_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Expected sound"):
        MfccRecipe().tensors(Frame(0, 0, np.zeros((4, 4, 3), np.uint8)), Payload(), ())
