"""A recorder beside a run: everything is in the file, and a slow or full disk is its own affair."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from backend.core.choices import ImageEncoding, Payload, RunSettings
from backend.core.flow import Policy
from backend.core.samples import AudioBlock, Frame
from backend.core.status import Loss, Result
from backend.core.target import Target
from backend.recording import Recent, Recorder, contents_of, create
from backend.session.run import Session
from backend.session.sinks import LOSSES, NOTICES, Item, Topic
from backend.sources.registry import KINDS, Pace, SourceRegistry
from backend.wire.recording.items import RecordedAnswer, RecordedPicture, RecordedSound
from backend.wire.recording.messages import LedgerNote, LossNote, SettingsNote
from backend.wire.recording.reader import RecordingReader
from tests.session.list_source import ListSource
from tests.session.running import on_result, running
from tests.waiting import wait_for
from tests.wire.recording.recorded import answered, pixels

JPEG = Payload(image=ImageEncoding.JPEG)


def frames(count: int) -> list[Frame]:
    return [Frame(n, 0, pixels(n, 160, 120), n / 30, f"{n}.png") for n in range(count)]


def recorded_run(
    target: Target, path: Path, payload: Payload, model: str, source: object
) -> list[Result]:
    """Stream the source to its end, recorded in full; the answers."""
    results: list[Result] = []
    session = Session(RunSettings(target, model, payload=payload), source, retry=False)  # type: ignore[arg-type]
    on_result(session, results.append)
    recorder = Recorder(create(path))
    session.subscribe(recorder, Policy.EVERY, "recording", 4096)
    with running(session):
        assert session.join(60)
    assert recorder.closed
    assert recorder.size_bytes == path.stat().st_size
    return results


@pytest.mark.parametrize("payload", [Payload(), JPEG])
def test_a_run_is_in_its_recording(target: Target, tmp_path: Path, payload: Payload) -> None:
    path = tmp_path / "run.mcap"
    results = recorded_run(target, path, payload, "shapes", ListSource(frames(20)))
    items = list(RecordingReader(path))
    pictures = [item for item in items if isinstance(item, RecordedPicture)]
    assert [item.seq for item in pictures] == list(range(20))
    assert {item.encoding for item in pictures} == {payload.image}
    if payload is not JPEG:
        assert [item.data for item in pictures] == [f.pixels.tobytes() for f in frames(20)]
    answers = [item for item in items if isinstance(item, RecordedAnswer)]
    assert [item.predictions for item in answers] == [result.predictions for result in results]
    last = [item for item in items if isinstance(item, LedgerNote)][-1]
    assert (last.captured, last.answered, last.in_flight) == (20, 20, 0)
    (settings,) = (item for item in items if isinstance(item, SettingsNote))
    assert (settings.model, settings.image) == ("shapes", payload.image)


@pytest.mark.parametrize("model", ["shapes", "faces", "qr_codes"])
@pytest.mark.parametrize("payload", [Payload(), JPEG])
def test_a_replay_gives_the_same_predictions(
    target: Target, tmp_path: Path, payload: Payload, model: str
) -> None:
    scene = SourceRegistry(KINDS).make("pattern", loop=False)
    stop = threading.Event()
    scene.open(stop)
    shown = [item for item in (scene.read(stop) for _ in range(6)) if isinstance(item, Frame)]
    scene.close()
    first, second = tmp_path / "first.mcap", tmp_path / "second.mcap"
    recorded_run(target, first, payload, model, ListSource(shown))
    again = SourceRegistry(KINDS).make(str(first), loop=False, pace=Pace.FREE)
    recorded_run(target, second, payload, model, again)
    assert answers_of(second) == answers_of(first)
    assert [p.data for p in pictures_of(second)] == [p.data for p in pictures_of(first)]


def answers_of(path: Path) -> list[tuple[int, str, float | None, str]]:
    """Number, name, place and predictions, in words."""
    return [
        (item.seq, item.name, item.media_time_s, repr(item.predictions))
        for item in RecordingReader(path)
        if isinstance(item, RecordedAnswer)
    ]


def pictures_of(path: Path) -> list[RecordedPicture]:
    return [item for item in RecordingReader(path) if isinstance(item, RecordedPicture)]


def test_replaced_pictures_are_recorded_with_their_numbers_and_moments(
    target: Target, tmp_path: Path
) -> None:
    """A live source that is faster than any model: what was replaced is known, and no pixels."""
    path = tmp_path / "run.mcap"
    source = ListSource(frames(400), live=True)
    session = Session(RunSettings(target, "faces"), source, retry=False)
    session.subscribe(Recorder(create(path)), Policy.EVERY, "recording", 4096)
    session.subscribe(losses := Lost(), Policy.EVERY, "losses", 4096)
    with running(session):
        assert session.join(60)
    lost = [item for item in RecordingReader(path) if isinstance(item, LossNote)]
    assert sum(each.last - each.first + 1 for each in lost) == losses.count > 0
    answered_ones = {item.seq for item in RecordingReader(path) if isinstance(item, RecordedAnswer)}
    dropped = {seq for each in lost for seq in range(each.first, each.last + 1)}
    assert dropped.isdisjoint(answered_ones)
    assert dropped | answered_ones == set(range(400))
    assert {each.place for each in lost} <= {"waiting", "stopped"}
    for each in lost:
        assert each.timestamp.ns <= each.until.ns
        assert (each.until.ns > each.timestamp.ns) is (each.last > each.first)


class Lost:
    """Counts the samples that were dropped."""

    topics = cast("tuple[Topic[Item], ...]", (LOSSES,))

    def __init__(self) -> None:
        self.count = 0

    def write(self, item: Item) -> None:
        assert isinstance(item, Loss)
        self.count += item.last - item.first + 1

    def close(self) -> None:
        pass


def test_sound_is_recorded_as_captured_and_replayed_to_the_same_predictions(
    target: Target, tmp_path: Path
) -> None:
    time_s = np.arange(48_000) / 48_000
    tone = (0.3 * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)
    blocks = [
        AudioBlock(n, 0, tone[n * 1600 : (n + 1) * 1600], 48_000, n / 30, "tone") for n in range(30)
    ]
    first, second = tmp_path / "first.mcap", tmp_path / "second.mcap"
    recorded_run(target, first, Payload(), "pitch", ListSource(blocks))
    sounds = [item for item in RecordingReader(first) if isinstance(item, RecordedSound)]
    assert np.array_equal(np.concatenate([item.samples for item in sounds]), tone)
    again = SourceRegistry(KINDS).make(str(first), loop=False, pace=Pace.FREE)
    recorded_run(target, second, Payload(), "pitch", again)
    assert answers_of(first)
    assert answers_of(second) == answers_of(first)


def test_a_disk_that_hangs_costs_the_recording_and_never_the_stream(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, release = threading.Event(), threading.Event()
    write = os.write

    def hanging(descriptor: int, data: bytes) -> int:
        if threading.current_thread().name == "sink-recording":
            written.set()
            release.wait()
        return write(descriptor, data)

    monkeypatch.setattr("backend.wire.recording.output.os.write", hanging)
    session = Session(RunSettings(target, "identity"), ListSource(frames(3), repeat=True))
    recorder = Recorder(create(tmp_path / "slow.mcap"))
    session.subscribe(recorder, Policy.DROP, "recording", 4096, 20 * 160 * 120 * 3)
    with running(session):
        wait_for(written.is_set, "the first write")
        wait_for(lambda: _missed(session) > 100, "items being dropped")
        seen = session.status().counts.answered
        wait_for(lambda: session.status().counts.answered > seen + 50, "the stream going on")
        release.set()
    assert session.summary().missed["recording"] > 100
    wait_for(lambda: recorder.closed, "the file being closed")
    found = contents_of(tmp_path / "slow.mcap")
    assert found.pictures > 0
    assert not found.unfinished


def _missed(session: Session) -> int:
    return sum(sink.lost for sink in session.status().sinks if sink.name == "recording")


def test_a_full_disk_ends_the_recording_with_a_notice_and_not_the_run(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "full.mcap"
    write = os.write

    def bounded(descriptor: int, data: bytes) -> int:
        left = 12_000_000 - os.fstat(descriptor).st_size
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, memoryview(data)[:left])

    monkeypatch.setattr("backend.wire.recording.output.os.write", bounded)
    session = Session(RunSettings(target, "identity"), ListSource(frames(40), repeat=True))
    notices = session.subscribe(NOTICES, Policy.DROP, "notices")
    recorder = Recorder(create(path))
    session.subscribe(recorder, Policy.DROP, "recording", 4096)
    with running(session):
        wait_for(lambda: recorder.closed, "the recording to end")
        seen = session.status().counts.answered
        wait_for(lambda: session.status().counts.answered > seen + 20, "the stream going on")
    titles = [notice.title for notice in notices.drain()]
    assert any("No space left" in title and "full.mcap" in title for title in titles), titles
    assert contents_of(path).pictures > 0
    assert not contents_of(path).unfinished


def test_the_last_seconds_are_bounded_in_time_and_bytes(tmp_path: Path) -> None:
    one = 64 * 48 * 3
    recent = Recent(seconds=3600, most_bytes=20 * (one + 3 * 2048))
    for item in answered(200):
        recent.write(item)
        assert recent.held_bytes <= 20 * (one + 3 * 2048)
    recent.save(create(tmp_path / "recent.mcap"))
    seqs = [item.seq for item in pictures_of(tmp_path / "recent.mcap")]
    assert seqs == list(range(200 - len(seqs), 200))
    assert len(seqs) >= 18
    answers = [seq for seq, *_ in answers_of(tmp_path / "recent.mcap")]
    assert answers == seqs, "no answer is without its picture"
    short = Recent(seconds=0.0)
    for item in answered(5, jpeg=True):
        short.write(item)
    assert short.held_bytes < 20_000


def test_the_last_seconds_hold_files_without_their_pixels(tmp_path: Path) -> None:
    recent = Recent()
    for item in answered(10, jpeg=True):
        recent.write(item)
    recent.save(create(tmp_path / "recent.mcap"))
    again = pictures_of(tmp_path / "recent.mcap")
    assert len(again) == 10
    assert again[3].pixels().shape == (48, 64, 3)
    assert (again[3].width, again[3].height) == (64, 48)
