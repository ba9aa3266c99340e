"""Sound as bytes: WAV, FLAC and OGG files, and plain PCM."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile

from backend.core.errors import InvalidInput
from backend.core.tensors import Array
from backend.wire.elements import Buffer

MAX_SAMPLES = 64 * 1024 * 1024
"""Most samples of all channels that are decoded: 23 minutes at 48 kHz, 256 MiB as floats.

A small file may hold, or claim, a huge length.
"""

MAX_CHANNELS = 64
HIGHEST_RATE = 768_000
"""Samples per second above which a claimed rate is a mistake."""

SOUND_FILES = "WAV, FLAC or OGG"
_FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG")
"""Names that libsndfile gives to the formats that are read; it knows many more."""
_BLOCK_SAMPLES = 1 << 20


def decode_sound(data: Buffer) -> tuple[Array, int]:
    """The sound in a WAV, FLAC or OGG file: float32 mono [n], and samples per second.

    Channels are averaged. Raises InvalidInput if the bytes are no such file, are damaged, or hold
    more than `MAX_SAMPLES`.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            check_sound(file)
            return _read_all(file), int(file.samplerate)
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError) as error:
        reason = getattr(error, "error_string", None) or error
        raise InvalidInput(
            f"Expected a {SOUND_FILES} file, got {len(data)} bytes that cannot be read as one: "
            f"{reason}"
        ) from error


def check_sound(file: soundfile.SoundFile) -> None:
    """Raise InvalidInput for a format, rate or number of channels that is not read."""
    if file.format not in _FORMATS:
        raise InvalidInput(f"Expected a {SOUND_FILES} file, got {file.format}.")
    check_channels(int(file.channels))
    check_rate(int(file.samplerate))


def check_channels(channels: int) -> None:
    """Raise InvalidInput for more channels than any device has."""
    if channels > MAX_CHANNELS:
        raise InvalidInput(f"Sound may have up to {MAX_CHANNELS} channels, got {channels}.")


def check_rate(rate: int) -> None:
    """Raise InvalidInput for samples per second that no sound has."""
    if not 0 < rate <= HIGHEST_RATE:
        raise InvalidInput(f"The rate must be 1 to {HIGHEST_RATE} samples per second, got {rate}.")


def encode_wav(samples: Array, rate: int) -> bytes:
    """Float32 mono [n] as a WAV file of 32-bit floats, so that not a bit is lost."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def pcm_float32(data: Buffer, channels: int) -> Array:
    """Interleaved little-endian floats as float32 mono [n]; raises InvalidInput."""
    return _mono_of(data, np.dtype("<f4"), channels)


def pcm_int16(data: Buffer, channels: int) -> Array:
    """Interleaved little-endian 16-bit samples as float32 mono [n], -1 to 1; raises InvalidInput.

    32768 divides, as in libsndfile, so that a WAV file and its PCM give the same floats.
    """
    samples: Array = _mono_of(data, np.dtype("<i2"), channels) / np.float32(32768.0)
    return samples


def mono(samples: Array) -> Array:
    """The average of the channels of [n, channels], as float32 [n]."""
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0], dtype=np.float32)
    average: Array = samples.mean(axis=1, dtype=np.float32)
    return average


def _mono_of(data: Buffer, dtype: np.dtype[Any], channels: int) -> Array:
    channels = channels or 1
    check_channels(channels)
    step = dtype.itemsize * channels
    if len(data) % step:
        raise InvalidInput(
            f"Expected a multiple of {step} bytes for {channels} channels of {dtype.name}, "
            f"got {len(data)}."
        )
    samples: Array = np.frombuffer(data, dtype)
    return mono(samples.reshape(-1, channels))


def _read_all(file: soundfile.SoundFile) -> Array:
    """Every sample, read in blocks: the length in the header is only a claim.

    The memory for a claim is reserved at once, but the system gives it only as it is written to.
    """
    claimed, channels = int(file.frames), int(file.channels)
    if claimed > MAX_SAMPLES // channels:
        raise InvalidInput(
            f"The sound is longer than {MAX_SAMPLES:,} samples: {claimed:,} of {channels} channels."
        )
    samples = np.empty(claimed, np.float32)
    at = 0
    while len(block := file.read(_BLOCK_SAMPLES // channels, dtype="float32", always_2d=True)):
        samples[at : at + len(block)] = mono(block)
        at += len(block)
    return samples if at == claimed else samples[:at].copy()
