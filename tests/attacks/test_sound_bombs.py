"""Sound that claims more than it is, or unpacks to more than anybody has memory for."""

from __future__ import annotations

import io
import random
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.profiles.bundled import profile_for
from backend.server.plane.items import feed
from backend.sources.files.audio import AudioFileSource
from backend.wire.media.sound import MAX_SAMPLES, decode_sound
from backend.wire.serving.items import Sound
from tests.attacks.growth import assert_linear, cost_of

_MIB = 1 << 20
_BLOCK = 1 << 18


def packed(blocks: int, container: str, subtype: str, channels: int = 1) -> bytes:
    """Silence: `blocks` times 2^18 samples of every channel."""
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", 8000, channels, format=container, subtype=subtype
    ) as written:
        for _ in range(blocks):
            written.write(np.zeros((_BLOCK, channels), np.float32))
    return file.getvalue()


def wav(channels: int, rate: int, data: bytes, *, claimed: int | None = None) -> bytes:
    """Eight bits a sample; the length of the data may be another than it is."""
    fields = (16, 1, channels, rate, rate * channels & 0xFFFF_FFFF, channels, 8)
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", *fields)
    body += b"data" + struct.pack("<I", len(data) if claimed is None else claimed) + data
    return b"RIFF" + struct.pack("<I", len(body) if claimed is None else claimed) + body


BOMBS: dict[str, tuple[bytes, str]] = {
    "channels": (wav(1024, 8000, bytes(1 << 20)), "up to 64 channels, got 1024"),
    "rate": (wav(1, 2**31 - 1, bytes(1000)), "1 to 768000 samples per second, got 2147483647"),
    "other_format": (packed(1, "AIFF", "PCM_16"), "WAV, FLAC or OGG file, got AIFF"),
    "chunk": (b"RIFF\xff\xff\xff\x7fWAVELIST\xf0\xff\xff\x7fINFO" + bytes(50), "cannot be read"),
    "flac_picture": (b"fLaC\x06\xff\xff\xff" + bytes(100), "cannot be read"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_nothing_and_is_named(name: str) -> None:
    data, words = BOMBS[name]

    def refused() -> None:
        with pytest.raises(InvalidInput, match=words):
            decode_sound(data)

    assert cost_of(refused).peak_bytes < 8 * _MIB


@pytest.mark.parametrize("name", ["channels", "rate", "other_format"])
def test_a_bomb_in_a_file_is_a_source_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    data, words = BOMBS[name]
    path = tmp_path / "bomb.wav"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=words) as caught:
        AudioFileSource(path, loop=False).open(threading.Event())
    assert caught.value.fault is SourceFault.UNREADABLE


def test_a_length_that_is_only_claimed_is_not_believed() -> None:
    data = wav(1, 8000, bytes(1000), claimed=0xFFFF_FFF0)

    assert cost_of(lambda: decode_sound(data)).peak_bytes < 8 * _MIB
    assert len(decode_sound(data)[0]) == 1000


def test_a_file_of_a_few_kilobytes_does_not_unpack_to_more_than_the_limit() -> None:
    data = packed(MAX_SAMPLES // 8 // _BLOCK + 1, "FLAC", "PCM_16", channels=8)
    assert len(data) < 100_000

    def refused() -> None:
        with pytest.raises(InvalidInput, match="longer than 67,108,864 samples"):
            decode_sound(data)

    assert cost_of(refused).peak_bytes < 8 * _MIB


@pytest.mark.parametrize(("container", "subtype"), [("FLAC", "PCM_16"), ("WAV", "PCM_U8")])
def test_what_unpacks_takes_its_samples_and_little_more(container: str, subtype: str) -> None:
    def decoding(size: int) -> Callable[[], object]:
        data = packed(size // _BLOCK, container, subtype)
        return lambda: decode_sound(data)

    assert_linear(decoding, 8 * _BLOCK, seconds=20, peak_bytes_per_byte=5)


def test_a_rate_that_would_make_a_short_sound_endless_is_refused() -> None:
    profile = profile_for("pitch")
    sound = Sound(np.zeros(100_000, np.float32), 1)

    def refused() -> None:
        with pytest.raises(InvalidInput, match="100,000 samples at 1 Hz become 1,600,000,000"):
            feed(sound, profile)

    assert cost_of(refused).peak_bytes < 8 * _MIB


@pytest.mark.parametrize(
    "data",
    [packed(1, "FLAC", "PCM_16"), wav(2, 8000, bytes(4000)), packed(1, "OGG", "VORBIS")],
    ids=["flac", "wav", "ogg"],
)
def test_damaged_files_are_refused_or_small(data: bytes) -> None:
    numbers = random.Random(data)

    def decode_all() -> None:
        for _ in range(150):
            damaged = bytearray(data)
            for _ in range(numbers.randint(1, 4)):
                at = numbers.randrange(min(200, len(damaged)))
                damaged[at : at + 4] = numbers.choice((b"\xff" * 4, b"\0", numbers.randbytes(4)))
            with suppress(InvalidInput):
                decode_sound(bytes(damaged))

    assert cost_of(decode_all).peak_bytes < 64 * _MIB
