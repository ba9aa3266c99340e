"""Sound becomes samples or a log-mel spectrogram as a recipe says."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import Payload
from backend.core.errors import InvalidInput, UsageError
from backend.core.samples import AudioWindow, Frame
from backend.core.tensors import Array, Datatype
from backend.profiles.inputs.log_mel import LogKind, LogMel, MelScale, hertz_of, mel_of
from backend.profiles.inputs.sounds import Loudness, SoundLayout, SoundRecipe

RATE = 16_000
TONE = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)


def window(samples: Array) -> AudioWindow:
    return AudioWindow(0, 0, samples.astype(np.float32), RATE)


@pytest.mark.parametrize(
    ("layout", "shape"),
    [("T", (RATE,)), ("NT", (1, RATE)), ("NCT", (1, 1, RATE)), ("NTC", (1, RATE, 1))],
)
def test_samples_in_every_layout(layout: str, shape: tuple[int, ...]) -> None:
    recipe = SoundRecipe("x", layout=SoundLayout(layout))
    (tensor,) = recipe.tensors(window(TONE), Payload(), ())
    assert tensor.shape == shape
    assert (tensor.data.reshape(-1) == TONE).all()


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("MT", (40, 101)), ("TM", (101, 40)), ("NMT", (1, 40, 101)), ("NTM", (1, 101, 40)),
        ("NCMT", (1, 1, 40, 101)), ("NCTM", (1, 1, 101, 40)),
    ],
)  # fmt: skip
def test_spectrograms_in_every_layout(layout: str, shape: tuple[int, ...]) -> None:
    mel = LogMel(mels=40)
    recipe = SoundRecipe("x", layout=SoundLayout(layout), log_mel=mel)
    (tensor,) = recipe.tensors(window(TONE), Payload(), ())
    assert tensor.shape == shape
    assert tensor.data.dtype == np.float32
    reference = mel.of(TONE, RATE)
    flipped = layout.endswith("TM")
    assert (tensor.data.reshape(shape[-2:]) == (reference.T if flipped else reference)).all()


def test_integers_carry_the_full_range() -> None:
    recipe = SoundRecipe("x", Datatype.INT16, scale=32_767)
    (tensor,) = recipe.tensors(window(np.array([-1.0, 0.0, 1.0, 2.0])), Payload(), ())
    assert tensor.data.tolist() == [[-32_767, 0, 32_767, 32_767]]


def test_loudness() -> None:
    (peak,) = SoundRecipe(loudness=Loudness.PEAK).tensors(window(TONE), Payload(), ())
    assert np.abs(peak.data).max() == pytest.approx(1)
    (standard,) = SoundRecipe(loudness=Loudness.STANDARD).tensors(window(TONE + 0.2), Payload(), ())
    assert float(standard.data.mean()) == pytest.approx(0, abs=1e-5)
    assert float(standard.data.std()) == pytest.approx(1, abs=1e-5)
    for loudness in Loudness:  # silence stays silence
        (silent,) = SoundRecipe(loudness=loudness).tensors(window(np.zeros(10)), Payload(), ())
        assert not silent.data.any()


@pytest.mark.parametrize(
    ("scale", "hertz", "mel"),
    [
        (MelScale.HTK, 1000.0, 999.9856),
        (MelScale.HTK, 0.0, 0.0),
        (MelScale.SLANEY, 500.0, 7.5),
        (MelScale.SLANEY, 1000.0, 15.0),
        (MelScale.SLANEY, 6400.0, 42.0),
    ],
)
def test_published_points_of_the_mel_scales(scale: MelScale, hertz: float, mel: float) -> None:
    assert float(mel_of(np.array(hertz), scale)) == pytest.approx(mel, abs=1e-3)
    assert float(hertz_of(np.array(mel), scale)) == pytest.approx(hertz, abs=1e-2)


@pytest.mark.parametrize("scale", list(MelScale))
@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0])
def test_a_tone_stands_in_its_band(scale: MelScale, hertz: float) -> None:
    samples = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype(np.float32)
    bands = LogMel(n_fft=1024, mels=80, mel_scale=scale).of(samples, RATE)
    ends = mel_of(np.array([0, RATE / 2]), scale)
    centres = hertz_of(np.linspace(ends[0], ends[1], 82), scale)[1:-1]
    nearest = int(np.abs(centres - hertz).argmin())
    assert abs(int(bands[:, 50].argmax()) - nearest) <= 1


def test_the_power_of_a_tone_is_the_windows() -> None:
    """A sine of amplitude a gives (a * n_fft / 4)^2 in its bin under a Hann window."""
    mel = LogMel(n_fft=400, mels=40, log=LogKind.DB, floor=1e-6, centred=False)
    loudest = mel.of(TONE, RATE).max()
    assert loudest == pytest.approx(20 * np.log10(0.5 * 400 / 4), abs=1.5)


def test_range_shift_and_divisor() -> None:
    mel = LogMel(log=LogKind.LOG10, range=8, shift=4, divisor=4)
    plain = LogMel(log=LogKind.LOG10)
    expected = plain.of(TONE, RATE)
    expected = (np.maximum(expected, expected.max() - 8) + 4) / 4
    assert mel.of(TONE, RATE) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 100, 399, 400, 561])
@pytest.mark.parametrize("centred", [True, False])
def test_as_many_frames_as_promised(samples: int, centred: bool) -> None:
    if centred and samples == 0:
        return
    mel = LogMel(centred=centred)
    assert mel.of(TONE[:samples], RATE).shape == (80, mel.frames(samples))


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="without M"):
        SoundRecipe(layout=SoundLayout.NMT)
    with pytest.raises(UsageError, match="one with M"):
        SoundRecipe(log_mel=LogMel())
    with pytest.raises(UsageError, match="high_hz"):
        LogMel(low_hz=500, high_hz=400)
    with pytest.raises(InvalidInput, match="got a picture"):
        SoundRecipe().tensors(Frame(0, 0, np.zeros((2, 2, 3), np.uint8)), Payload(), ())
