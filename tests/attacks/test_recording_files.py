"""Recordings that are cut, flipped or made to hurt: clear errors, and bounded memory."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import zstandard
from mcap.data_stream import RecordBuilder
from mcap.records import Chunk, Header
from mcap.writer import MCAP0_MAGIC

from backend.core.errors import ConsoleError, SourceError
from backend.sources.files.replay import RecordingSource
from backend.sources.kind import Pace
from backend.sources.source import EndOfSource
from backend.wire.recording.file import RecordingFile
from backend.wire.recording.index import index_of
from backend.wire.recording.output import create
from backend.wire.recording.reader import RecordingReader
from tests.attacks.growth import assert_linear, cost_of
from tests.wire.recording.recorded import STEP_NS, answered, record

FLIPS = 400


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """A small recording of both kinds of pictures."""
    items = [*answered(4), *answered(4, jpeg=True)]
    return record(tmp_path / "whole.mcap", items).read_bytes()


def read(path: Path) -> int:
    """How many items it gives before its end, or before an error of ours."""
    count = 0
    with suppress(ConsoleError):
        for item in RecordingReader(path):
            count += 1
            if hasattr(item, "pixels"):
                item.pixels()
    return count


def test_flipped_bytes_are_found_or_do_no_harm(tmp_path: Path, whole: bytes) -> None:
    chance = np.random.default_rng(8)
    path = tmp_path / "flipped.mcap"
    for _ in range(FLIPS):
        data = bytearray(whole)
        for at in chance.integers(0, len(data), chance.integers(1, 4)):
            data[at] ^= 1 << int(chance.integers(8))
        path.write_bytes(data)
        read(path)


def test_flipped_bytes_in_lengths_are_found_or_do_no_harm(tmp_path: Path, whole: bytes) -> None:
    """The first bytes hold the header and what the file says of itself, uncompressed."""
    path = tmp_path / "flipped.mcap"
    for at in range(min(200, len(whole))):
        for bit in (0, 7):
            data = bytearray(whole)
            data[at] ^= 1 << bit
            path.write_bytes(data)
            read(path)


def test_seeking_in_damaged_files_finds_a_sample_or_says_why(tmp_path: Path, whole: bytes) -> None:
    """Bytes are flipped after it was opened, so that it is the seeking that meets them."""
    chance = np.random.default_rng(9)
    path, stop = tmp_path / "flipped.mcap", threading.Event()
    for round_ in range(FLIPS // 4):
        path.write_bytes(whole)
        source = RecordingSource(path, loop=False, pace=Pace.FREE)
        data = bytearray(whole[: len(whole) - round_ * 7])
        for at in chance.integers(0, len(data), chance.integers(1, 4)):
            data[at] ^= 1 << int(chance.integers(8))
        path.write_bytes(data)
        with suppress(ConsoleError, EndOfSource):
            source.open(stop)
            for step in (2, -1):
                source.playback.seek(float(chance.random()) / 4)
                source.read(stop)
                source.playback.step(step)
                source.read(stop)
        source.close()


def test_looking_for_chunks_costs_as_much_as_there_are(tmp_path: Path) -> None:
    def cost(count: int) -> Callable[[], object]:
        chunk = RecordBuilder()
        Chunk(
            compression="",
            data=b"",
            message_end_time=5,
            message_start_time=5,
            uncompressed_crc=0,
            uncompressed_size=0,
        ).write(chunk)
        packed = chunk.end()  # type: ignore[no-untyped-call]
        path = tmp_path / f"{count}.mcap"
        start = RecordBuilder()
        Header("inferdeck", "").write(start)
        head = start.end()  # type: ignore[no-untyped-call]
        path.write_bytes(MCAP0_MAGIC + head + packed * count)
        return lambda: index_of_path(path)

    assert_linear(cost, 5_000, seconds=60, peak_bytes_per_byte=500)


def index_of_path(path: Path) -> int:
    with path.open("rb") as file:
        return len(index_of(file).chunks)


def test_a_file_cut_anywhere_gives_what_came_before(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "cut.mcap"
    counts = []
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        counts.append(read(path))
    assert counts == sorted(counts)
    assert counts[-1] == read_all(tmp_path, whole)


def read_all(folder: Path, data: bytes) -> int:
    """Items of the whole file."""
    path = folder / "all.mcap"
    path.write_bytes(data)
    return read(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x89MCAP0\r\n", b"RIFF" * 100, b"\x89MCAP0\r\n" + b"\xff" * 99]
)
def test_what_is_no_recording_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.mcap"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"odd\.mcap cannot be read as a recording"):
        list(RecordingReader(path))


def with_chunk(path: Path, data: bytes, *, claimed: int, compression: str = "zstd") -> Path:
    """A file of one chunk."""
    builder = RecordBuilder()
    Header("inferdeck", "x").write(builder)
    Chunk(compression, data, 0, 0, 0, claimed).write(builder)
    path.write_bytes(MCAP0_MAGIC + builder.end())  # type: ignore[no-untyped-call]
    return path


def test_a_chunk_that_unpacks_to_a_gigabyte_is_refused(tmp_path: Path) -> None:
    squeezed = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    bomb = b"".join(squeezed.compress(bytes(1 << 20)) for _ in range(1024)) + squeezed.flush()
    for claimed in (1000, 1 << 30):
        path = with_chunk(tmp_path / f"{claimed}.mcap", bomb, claimed=claimed)
        spent = cost_of(partial(read, path), 1)
        assert spent.peak_bytes < 64 << 20
        with pytest.raises(SourceError):
            list(RecordingReader(path))
    known = zstandard.ZstdCompressor().compress(bytes(1 << 28))
    with pytest.raises(SourceError, match="differs"):
        list(RecordingReader(with_chunk(tmp_path / "known.mcap", known, claimed=1000)))


def test_a_record_that_claims_more_than_there_is_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "long.mcap"
    path.write_bytes(MCAP0_MAGIC + struct.pack("<BQ", 6, 1 << 60))
    with pytest.raises(SourceError, match="claims a record"):
        list(RecordingReader(path))


def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    def call_with(count: int) -> Callable[[], object]:
        path = record(tmp_path / f"{count}.mcap", answered(count))
        return lambda: read(path)

    assert_linear(call_with, 300, seconds=60, peak_bytes_per_byte=0, spare_bytes=64 << 20)


def test_writing_costs_as_much_as_what_is_written(tmp_path: Path) -> None:
    numbers = iter(range(1000))

    def call_with(count: int) -> Callable[[], object]:
        items = list(answered(count))

        def write() -> None:
            file = RecordingFile(create(tmp_path / f"{next(numbers)}.mcap"))
            for number, item in enumerate(items):
                file.write(item, 10**15 + number * STEP_NS)
            file.close()

        return write

    assert_linear(call_with, 300, seconds=60, peak_bytes_per_byte=0, spare_bytes=64 << 20)


def test_chunks_of_tiny_messages_grow_in_line(tmp_path: Path) -> None:
    """The most records that a byte can make: messages without data, of a channel nobody knows."""

    def call_with(count: int) -> Callable[[], object]:
        data = struct.pack("<BQHIQQ", 5, 22, 9, 0, 0, 0) * count
        packed = zstandard.ZstdCompressor().compress(data)
        path = with_chunk(tmp_path / f"{count}.mcap", packed, claimed=len(data))
        return lambda: read(path)

    assert_linear(call_with, 50_000, seconds=60, peak_bytes_per_byte=200)
