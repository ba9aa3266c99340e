"""Inputs that likely take sound: samples, spectrograms or coefficients."""

from __future__ import annotations

from dataclasses import replace

from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.guess.facts import FLOATS, ModelFacts, coefficients_in, shown
from backend.profiles.guess.feed import InputGuess
from backend.profiles.guess.meaning import Family
from backend.profiles.inputs.log_mel import LogKind, LogMel, MelScale
from backend.profiles.inputs.mfcc import MfccRecipe
from backend.profiles.inputs.sounds import SoundLayout, SoundRecipe
from backend.profiles.model_profile import AudioFormat

_SOUND_WORDS = ("audio", "wav", "speech", "pcm", "sound", "samples", "signal", "input_values")
_MEL_WORDS = ("mel", "fbank", "spectrogram", "features", "audio_signal")
_MEL_BANDS = (40, 64, 80, 96, 128)
_FEWEST_SAMPLES = 4000
_RATES = {"8k": 8000, "16k": 16_000, "22k": 22_050, "24k": 24_000, "44k": 44_100, "48k": 48_000}
_RATE = 16_000
_SILERO = AudioFormat(_RATE, 576 / _RATE, 512 / _RATE)
"""Its chunks of 512 samples, each with the last 64 of the one before."""
_SHORT_FRAMES = 50
"""More frames than this in the second that a word takes are closer together."""


def rate_of(facts: ModelFacts) -> int:
    """Samples per second by the model's name, 16,000 if it says nothing."""
    words = facts.description.name.lower().replace("-", "_").removesuffix("hz").split("_")
    return next((_RATES[word] for word in words if word in _RATES), _RATE)


def spectrogram(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    """Mel bands of sound."""
    if not is_spectrogram(spec):
        return None
    shape, rank = spec.shape, len(spec.shape)
    place = max(i for i, size in enumerate(shape) if size in _MEL_BANDS and i >= rank - 2)
    layout = SoundLayout({2: "", 3: "N", 4: "NC"}[rank] + ("TM" if place == rank - 1 else "MT"))
    mels, time = shape[place], shape[2 * rank - 3 - place]
    mel = LogMel(mels=mels)
    whisper = time == 3000
    if whisper:
        mel = replace(
            mel, mel_scale=MelScale.SLANEY, log=LogKind.LOG10, range=8.0, shift=4.0, divisor=4.0
        )
    rate = rate_of(facts)
    seconds = (time - 1) * mel.hop / rate if time > 1 else 1.0
    recipe = SoundRecipe(spec.name, spec.datatype, layout, log_mel=mel)
    like = ", prepared as for Whisper" if whisper else ""
    reason = f"input {shown(spec)} looks like {mels} mel bands of sound at {rate} Hz{like}"
    audio = AudioFormat(rate, seconds, min(seconds, max(seconds / 2, 0.1)))
    summary = f"{mels} mel bands of sound at {rate} Hz"
    doubt = "How the bands are made cannot be seen in the file: 25 ms every 10 ms assumed."
    return InputGuess(
        recipe,
        MediaKind.AUDIO,
        spec.name,
        reason,
        audio,
        summary=summary,
        doubts=() if whisper else (doubt,),
    )


def is_spectrogram(spec: TensorSpec) -> bool:
    """Whether a tensor likely holds mel bands."""
    shape = spec.shape
    if spec.datatype not in FLOATS or not 2 <= len(shape) <= 4:
        return False
    if any(size not in (1, -1) for size in shape[:-2]):
        return False
    last = shape[-2:]
    bands = [size for size in last if size in _MEL_BANDS]
    if not bands:
        return False
    named = any(word in spec.name.lower() for word in _MEL_WORDS)
    return named or (len(shape) == 3 and max(last) >= 8 * min(last) > 0)


def coefficients(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:  # noqa: ARG001
    """MFCCs of about one second, which is what a word takes."""
    frames, count = coefficients_in(spec)
    if not frames:
        return None
    few = frames <= _SHORT_FRAMES
    recipe = MfccRecipe(spec.name, spec.datatype, coefficients=count)
    if not few:
        recipe = replace(recipe, window=400, hop=160)
    rate = rate_of(facts)
    samples = (frames - 1) * recipe.hop + recipe.window
    # Whole tenths of a second if they give as many frames.
    tenth = rate // 10
    rounded = -(-samples // tenth) * tenth
    if (rounded - recipe.window) // recipe.hop + 1 == frames:
        samples = rounded
    audio = AudioFormat(rate, samples / rate, samples / rate / 4)
    step = f"{recipe.window * 1000 // rate} ms every {recipe.hop * 1000 // rate} ms"
    doubt = (
        f"How the coefficients are made cannot be seen in the file: frames of {step}, "
        f"{recipe.mels} bands to {recipe.high_hz:g} Hz and a peak of 1 assumed."
    )
    return InputGuess(
        recipe,
        MediaKind.AUDIO,
        spec.name,
        f"input {shown(spec)} looks like {count} MFCCs of {frames} frames of sound at {rate} Hz",
        audio,
        summary=f"{count} MFCCs of {frames} frames of sound at {rate} Hz",
        doubts=(doubt,),
    )


def sound(facts: ModelFacts, family: Family, spec: TensorSpec) -> InputGuess | None:
    """Samples of sound."""
    if spec.datatype not in (*FLOATS, Datatype.INT16) or not 1 <= len(spec.shape) <= 3:
        return None
    if any(size not in (1, -1) for size in spec.shape[:-1]):
        return None
    samples = spec.shape[-1]
    silero = family is Family.SPEECH and spec.name == "input"
    named = any(word in spec.name.lower() for word in _SOUND_WORDS)
    if not (silero or named or samples >= _FEWEST_SAMPLES or spec.shape == (-1,)):
        return None
    layout = SoundLayout({1: "T", 2: "NT", 3: "NCT"}[len(spec.shape)])
    rate = rate_of(facts)
    seconds = samples / rate if samples > 1 else 1.0
    audio = _SILERO if silero else AudioFormat(rate, seconds, seconds / 2)
    scale = 32_767.0 if spec.datatype is Datatype.INT16 else 1.0
    recipe = SoundRecipe(spec.name, spec.datatype, layout, scale=scale)
    reason = (
        f"input {shown(spec)} looks like sound; windows of {audio.window} samples at "
        f"{audio.rate} Hz are {'what Silero wants' if silero else 'assumed'}"
    )
    doubt = f"The sample rate cannot be seen in the file: {rate} Hz assumed."
    return InputGuess(
        recipe,
        MediaKind.AUDIO,
        spec.name,
        reason,
        audio,
        summary=f"sound at {rate} Hz, windows of {audio.window} samples",
        doubts=() if silero or f"{rate // 1000}k" in facts.description.name.lower() else (doubt,),
    )
