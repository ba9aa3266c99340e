"""Sound as bytes: WAV and FLAC files, and plain PCM."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile

from backend.core.errors import InvalidInput
from backend.core.tensors import Array
from backend.wire.elements import Buffer

MAX_SAMPLES = 64 * 1024 * 1024
"""Most samples of all channels that are decoded; a small file may claim a huge length."""

_BLOCK = 1 << 18


def decode_sound(data: Buffer) -> tuple[Array, int]:
    """The sound in a WAV or FLAC file: float32 mono [n], and samples per second.

    Channels are averaged. Raises InvalidInput if the bytes are no such file, are damaged, or hold
    more than `MAX_SAMPLES`.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            return _read_all(file), int(file.samplerate)
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"Expected a WAV or FLAC file, got {len(data)} bytes that cannot be read as one: "
            f"{error}"
        ) from error


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
    if channels > 64:
        raise InvalidInput(f"Sound may have up to 64 channels, got {channels}.")
    step = dtype.itemsize * channels
    if len(data) % step:
        raise InvalidInput(
            f"Expected a multiple of {step} bytes for {channels} channels of {dtype.name}, "
            f"got {len(data)}."
        )
    samples: Array = np.frombuffer(data, dtype)
    return mono(samples.reshape(-1, channels))


def _read_all(file: soundfile.SoundFile) -> Array:
    """Every sample; read in blocks, because the length in the header is only a claim."""
    blocks: list[Array] = []
    left = MAX_SAMPLES // file.channels
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        left -= len(block)
        if left < 0:
            raise InvalidInput(f"The sound is longer than {MAX_SAMPLES:,} samples.")
        blocks.append(mono(block))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
