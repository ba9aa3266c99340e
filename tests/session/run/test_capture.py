"""The capture thread: what was lost is taken up again, a file that breaks ends the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from backend.core.errors import SourceError, SourceFault
from backend.core.ledger import Ledger
from backend.core.rings import RateMeter
from backend.core.samples import AudioBlock, Captured, Frame, MediaKind
from backend.core.status import SourceInfo, SourceState
from backend.profiles.model_profile import DEFAULT_AUDIO, AudioFormat
from backend.session.lanes.feed import Feed
from backend.session.run.capture import Capture
from backend.session.run.companions import Companions
from backend.session.run.promise import Promise
from backend.session.sinks import Subscriptions
from backend.sources.source import EndOfSource
from tests.waiting import wait_for


class ScriptedSource:
    """Plays a script: an exception is raised, a number of frames is given."""

    def __init__(self, *, live: bool, script: list[list[int | Exception]]) -> None:
        self.info = SourceInfo(MediaKind.IMAGE, "scripted", live, 2, 2, 30.0)
        self._openings = iter(script)
        self._now: Iterator[int | Exception] = iter(())
        self.closed = 0

    def open(self, stop: threading.Event) -> SourceInfo:
        self._now = iter(next(self._openings))
        self._raise_if_told(peek := list(self._now))
        self._now = iter(peek)
        return self.info

    def read(self, stop: threading.Event) -> Captured | None:
        step = next(self._now, None)
        if step is None:
            stop.wait(0.01)
            return None
        if isinstance(step, Exception):
            raise step
        return Frame(step, time.monotonic_ns(), np.zeros((2, 2, 3), np.uint8))

    def close(self) -> None:
        self.closed += 1

    @staticmethod
    def _raise_if_told(steps: list[int | Exception]) -> None:
        if steps and isinstance(steps[0], SourceError) and steps[0].fault is SourceFault.BUSY:
            raise steps[0]


class BurstsOfSound(ScriptedSource):
    """A microphone that gives several blocks at once."""

    def read(self, stop: threading.Event) -> Captured | None:
        frame = super().read(stop)
        return frame and AudioBlock(frame.seq, frame.captured_ns, np.zeros(512, np.float32), 16_000)


@contextmanager
def capturing(
    source: ScriptedSource, *, retry: bool = True, sound: AudioFormat = DEFAULT_AUDIO
) -> Iterator[tuple[Capture, Feed]]:
    feed = Feed(Ledger())
    capture = Capture(
        source,
        feed,
        Subscriptions(),
        audio_format=sound,
        rate=RateMeter(),
        promise=Promise(),
        companions=Companions(),
        retry=retry,
        on_change=lambda: None,
    )
    capture.start()
    yield capture, feed
    capture.request_stop()
    feed.close()
    assert capture.join(30)


def test_windows_that_a_microphone_gives_at_once_are_all_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Capture, "_patience_s", lambda _capture: 3600.0)
    sound = AudioFormat(rate=16_000, window_s=0.032, hop_s=0.032)
    with capturing(BurstsOfSound(live=True, script=[[*range(9)]]), sound=sound) as (_, feed):
        reader = feed.new_reader()
        for expected in range(9):
            item = feed.take(reader, 60)
            assert item is not None
            assert item.seq == expected


@pytest.mark.parametrize(("hop_s", "patience_s"), [(0.032, 0.016), (0.5, 0.05)])
def test_a_slow_model_holds_up_a_microphone_for_less_than_it_hears(
    hop_s: float, patience_s: float
) -> None:
    sound = AudioFormat(rate=16_000, window_s=1.0, hop_s=hop_s)
    with capturing(BurstsOfSound(live=True, script=[[]]), sound=sound) as (capture, _):
        assert capture._patience_s() == pytest.approx(patience_s)


def test_a_lost_camera_is_said_and_taken_up_again() -> None:
    lost = SourceError(SourceFault.LOST, "The camera was unplugged.")
    source = ScriptedSource(live=True, script=[[0, lost], [1]])
    with capturing(source) as (capture, feed):
        wait_for(lambda: capture.status().state is SourceState.LOST)
        status = capture.status()
        assert "unplugged" in status.message
        assert status.attempt == 1
        assert 0 < status.retry_in_s <= 1.0
        capture.retry_now()
        wait_for(lambda: capture.status().state is SourceState.LIVE)
        reader = feed.new_reader()
        item = feed.take(reader, 30)
        assert item is not None
        assert item.sample.seq == 1


def test_a_busy_camera_is_tried_again_with_growing_pauses() -> None:
    busy = SourceError(SourceFault.BUSY, "In use by another program.")
    source = ScriptedSource(live=True, script=[[busy], [busy], [7]])
    with capturing(source) as (capture, _):
        for attempt in (1, 2):
            wait_for(lambda n=attempt: capture.status().attempt == n)  # type: ignore[misc]
            assert capture.status().retry_in_s <= 2.0 ** (attempt - 1)
            capture.retry_now()
        wait_for(lambda: capture.status().state is SourceState.LIVE)


def test_without_retry_the_first_failure_ends_it() -> None:
    busy = SourceError(SourceFault.BUSY, "In use by another program.")
    with capturing(ScriptedSource(live=True, script=[[busy]]), retry=False) as (capture, _):
        wait_for(lambda: capture.ended)
        assert capture.error is busy


def test_a_file_that_breaks_ends_the_capture_with_its_error() -> None:
    broken = SourceError(SourceFault.UNREADABLE, "Frame 2 cannot be decoded.")
    source = ScriptedSource(live=False, script=[[0, broken]])
    with capturing(source) as (capture, feed):
        reader = feed.new_reader()
        assert feed.take(reader, 5) is not None
        wait_for(lambda: capture.ended)
        assert capture.error is broken
    assert source.closed == 1


def test_a_file_that_ends_is_ended_and_not_failed() -> None:
    source = ScriptedSource(live=False, script=[[0, EndOfSource()]])
    with capturing(source) as (capture, feed):
        assert feed.take(feed.new_reader(), 5) is not None
        wait_for(lambda: capture.ended)
        assert capture.error is None
        assert capture.status().state is SourceState.ENDED


def test_a_camera_that_gives_nothing_is_called_silent() -> None:
    with capturing(ScriptedSource(live=True, script=[[0]])) as (capture, _):
        wait_for(lambda: capture.status().state is SourceState.SILENT)
