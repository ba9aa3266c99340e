"""A recording as a source: its pace, its speed, its loop, and what cannot be played."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import SourceError
from backend.core.samples import AudioBlock, AudioWindow, Frame, MediaKind
from backend.core.status import Sent
from backend.sources.files.replay import RecordingSource
from backend.sources.registry import KINDS, Pace, SourceRegistry
from tests.sources.reading import read_all, read_until_item
from tests.wire.recording.recorded import (
    SETTINGS,
    STEP_NS,
    Item,
    answered,
    frame,
    record,
    sent,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "run.mcap", answered(6))


def test_samples_come_with_their_names_and_places(path: Path) -> None:
    source = SourceRegistry(KINDS).make(str(path), loop=False, pace=Pace.FREE)
    info = source.info
    assert (info.kind, info.name, info.live) == (MediaKind.IMAGE, "run.mcap", False)
    assert (info.width, info.height) == (64, 48)
    frames = read_all(source)
    assert [item.seq for item in frames] == list(range(6))
    for item in frames:
        original = frame(item.seq)
        assert isinstance(item, Frame)
        assert np.array_equal(item.pixels, original.pixels)
        assert (item.name, item.media_time_s) == (original.name, original.media_time_s)
        assert item.played_s == pytest.approx(item.seq * 0.033333333)


def test_the_pace_is_that_of_the_captures(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments: list[float] = []
    source = RecordingSource(path, loop=False)

    def note(due_s: float, _stop: object) -> bool:
        moments.append(due_s)
        return True

    monkeypatch.setattr(source.playback, "wait", note)
    assert len(read_all(source)) == 6
    assert moments == pytest.approx([n * 0.033333333 for n in range(6)])


def test_a_loop_starts_over_and_numbers_go_on(path: Path) -> None:
    frames = read_all(RecordingSource(path, loop=True, pace=Pace.FREE), limit=15)
    assert [item.seq for item in frames] == list(range(15))
    assert [item.name for item in frames[5:8]] == ["5.png", "0.png", "1.png"]


def test_a_stopped_read_gives_nothing_and_loses_nothing(path: Path) -> None:
    source = RecordingSource(path, loop=False, pace=Pace.FREE)
    stop = threading.Event()
    source.open(stop)
    assert isinstance(source.read(stop), Frame)
    stop.set()
    assert source.read(stop) is None
    source.close()
    assert len(read_all(source)) == 6


def test_an_unfinished_recording_plays_and_says_so(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"\x0f\x04\x00\x00\x00")])
    source = RecordingSource(path, loop=False, pace=Pace.FREE)
    assert len(read_all(source)) == 6
    (notice,) = source.notices.drain()
    assert notice.title == "The recording breaks off"


def test_what_comes_first_is_played_and_the_rest_named(tmp_path: Path) -> None:
    block = AudioBlock(0, 0, np.zeros(480, np.float32), 48_000)
    path = record(tmp_path / "both.mcap", [block, sent(0), block])
    source = RecordingSource(path, loop=False, pace=Pace.FREE)
    assert source.info.kind is MediaKind.AUDIO
    assert source.info.rate == 48_000
    assert len(read_all(source)) == 2
    (notice,) = source.notices.drain()
    assert "pictures and sound" in notice.body


def test_one_without_samples_or_of_another_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pictures and no sound"):
        RecordingSource(record(tmp_path / "empty.mcap", []), loop=False)
    other = tmp_path / "other.mcap"
    other.write_bytes(b"\x89MCAP0\r\n")
    with pytest.raises(SourceError, match="cannot be read as a recording"):
        SourceRegistry(KINDS).make(str(other), loop=False)


def test_a_damaged_picture_ends_the_run_with_its_name(tmp_path: Path) -> None:
    item = sent(0, jpeg=True)
    assert isinstance(item.sample, Frame)
    assert item.sample.file is not None
    object.__setattr__(item.sample.file, "data", item.sample.file.data[:40])
    path = record(tmp_path / "bad.mcap", [item])
    with pytest.raises(SourceError, match=r"picture of the recording bad\.mcap"):
        read_all(RecordingSource(path, loop=False, pace=Pace.FREE))


def hear(blocks: int, *, rate: int = 16_000) -> Iterator[Item]:
    """Blocks of a tenth of a second; a window of 0.15 s ends 20 ms before the end of each."""
    for number in range(blocks):
        moment = 10_000_000_000 + number * 100_000_000
        samples = np.full(1600, number / 100, np.float32)
        yield AudioBlock(number, moment, samples, 16_000)
        window = AudioWindow(
            number, moment - 20_000_000, np.zeros(2400, np.float32), rate, behind_ns=20_000_000
        )
        yield Sent(number, window, moment + 1000, SETTINGS, 1)


def test_the_first_sound_at_a_place_says_where_it_was_cut(tmp_path: Path) -> None:
    """The first window that ends in what is given: 0.08 s after its beginning, 0.15 s long."""
    source = RecordingSource(record(tmp_path / "s.mcap", hear(30)), loop=True, pace=Pace.FREE)
    stop = threading.Event()
    source.open(stop)
    blocks = [read_until_item(source, stop) for _ in range(3)]
    source.playback.seek(1.5)
    blocks += [read_until_item(source, stop) for _ in range(16)]
    found = {number: each for number, each in enumerate(blocks) if isinstance(each, AudioBlock)}
    begun = [number for number, block in found.items() if not block.follows]
    assert begun == [0, 3, 18], "at the start, after the jump, and in the next round"
    for number, block in found.items():
        if number in begun:
            assert block.grid is not None
            assert (block.grid.samples, block.grid.rate) == (2400, 16_000)
            assert block.grid.start_s == pytest.approx(0.08 - 0.15)
        else:
            assert block.grid is None


def test_windows_that_claim_nonsense_are_no_grid(tmp_path: Path) -> None:
    source = RecordingSource(record(tmp_path / "s.mcap", hear(3, rate=0)), loop=False)
    stop = threading.Event()
    source.open(stop)
    block = read_until_item(source, stop)
    assert isinstance(block, AudioBlock)
    assert block.grid is None


def test_what_it_gave_is_known_by_its_moment(path: Path) -> None:
    source = RecordingSource(path, loop=False, pace=Pace.FREE)
    first, second, *_ = read_all(source)
    a, b = (source.recorded_ns(item.captured_ns) for item in (first, second))
    assert a is not None
    assert b is not None
    assert b - a == STEP_NS
    assert source.recorded_ns(first.captured_ns - 1) is None
