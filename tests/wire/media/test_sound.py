"""Sound files and PCM."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from backend.core.errors import InvalidInput
from backend.wire.media.images import BodyKind, body_kind
from backend.wire.media.sound import decode_sound, encode_wav, pcm_float32, pcm_int16

WAVE = np.sin(np.linspace(0, 50, 4000)).astype(np.float32)


def written(samples: np.ndarray, container: str, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format=container, subtype=subtype)
    return file.getvalue()


def test_a_wav_of_ours_loses_nothing() -> None:
    data = encode_wav(WAVE, 16_000)
    samples, rate = decode_sound(data)

    assert body_kind(data) is BodyKind.WAV
    assert rate == 16_000
    assert samples.dtype == np.float32
    assert np.array_equal(samples, WAVE)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_integer_files_are_read_to_their_precision(container: str, subtype: str) -> None:
    samples, rate = decode_sound(written(WAVE, container, subtype))

    assert rate == 8000
    assert np.abs(samples - WAVE).max() < 1e-4


def test_channels_are_averaged() -> None:
    stereo = np.stack([np.full(300_000, 0.5), np.full(300_000, -0.25)], axis=1)

    samples, _ = decode_sound(written(stereo, "WAV", "FLOAT"))

    assert samples.shape == (300_000,)
    assert np.allclose(samples, 0.125)


def test_a_file_without_samples_is_empty() -> None:
    samples, _ = decode_sound(encode_wav(WAVE[:0], 8000))

    assert samples.shape == (0,)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"\xff\xd8\xff" + b"x" * 99])
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    with pytest.raises(
        InvalidInput, match=f"Expected a WAV, FLAC or OGG file, got {len(data)} bytes"
    ):
        decode_sound(data)


def test_a_false_claim_of_length_costs_nothing() -> None:
    data = bytearray(encode_wav(WAVE, 8000))
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFF0)
    data[4:8] = struct.pack("<I", 0xFFFFFFF0)

    samples, _ = decode_sound(bytes(data))

    assert len(samples) <= len(WAVE)


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.wire.media.sound.MAX_SAMPLES", 1000)

    with pytest.raises(InvalidInput, match="longer than 1,000 samples"):
        decode_sound(encode_wav(WAVE, 8000))


def test_pcm_and_wav_agree() -> None:
    integers = np.array([0, 1, -1, 32767, -32768], "<i2")

    samples, _ = decode_sound(written(integers, "WAV", "PCM_16"))

    assert np.array_equal(pcm_int16(integers.tobytes(), 1), samples)


def test_pcm_channels_are_interleaved() -> None:
    data = np.array([0.5, -0.5, 1.0, 0.0], "<f4").tobytes()

    assert pcm_float32(data, 2).tolist() == [0.0, 0.5]
    assert pcm_float32(data, 0).tolist() == [0.5, -0.5, 1.0, 0.0]


@pytest.mark.parametrize(("size", "channels"), [(3, 1), (4, 2), (400, 100)])
def test_pcm_that_does_not_divide_is_refused(size: int, channels: int) -> None:
    with pytest.raises(InvalidInput, match="channels"):
        pcm_float32(bytes(size), channels)
