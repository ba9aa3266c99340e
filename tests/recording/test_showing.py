"""A recording that is looked at: samples with their answers, times and failures, and no server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import InvalidInput, SourceError
from backend.core.flow import Policy
from backend.core.predictions import Classification, ClassScore
from backend.core.samples import AudioBlock, AudioWindow, Frame
from backend.core.status import Failure, Result, Word
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Traffic
from backend.recording import Showing
from backend.session.sinks import AUDIO, FAILURES, FRAMES, RESULTS, WORDS
from tests.waiting import wait_for
from tests.wire.recording.recorded import (
    BOX,
    SETTINGS,
    Item,
    answered,
    pixels,
    record,
    result,
    sent,
    status,
)


@contextmanager
def shown(path: Path) -> Iterator[Showing]:
    showing = Showing(path)
    try:
        yield showing
    finally:
        showing.request_stop()
        assert showing.join(30)
    assert showing.error is None


def test_each_picture_comes_with_its_answer_and_what_it_cost(tmp_path: Path) -> None:
    with shown(record(tmp_path / "run.mcap", answered(6))) as showing:
        frames = showing.subscribe(FRAMES, Policy.EVERY, "frames")
        results = showing.subscribe(RESULTS, Policy.EVERY, "results")
        showing.start()
        frame = frames.take()
        first = results.take()
        assert frame is not None
        assert first is not None
        assert np.array_equal(frame.pixels, pixels(0))
        assert first.sample is frame
        assert frame.played_s == 0.0
        assert first.predictions == BOX
        original = result(0)
        assert first.timeline.spans_ms() == pytest.approx(original.timeline.spans_ms())
        assert first.traffic == Traffic(100, 10)
        assert (first.settings.model, first.settings.target.name) == ("shapes", "lab")
        assert showing.status().counts == status().counts
        assert frames.take(0.2) is None, "it begins paused"
        showing.playback.set_speed(None)
        showing.playback.resume()
        assert [frames.take().seq for _ in range(5)] == [1, 2, 3, 4, 5]  # type: ignore[union-attr]
        wait_for(lambda: showing.playback.paused, "the pause at the end")
        assert [each.seq for each in results.drain()] == [1, 2, 3, 4, 5]
        rows = showing.traces.window()
        assert rows.shape[1] == 6
        columns = showing.traces.columns
        assert rows[columns["latency"]] == pytest.approx(8.0)


def test_one_steps_back_from_the_end_and_plays_again_from_the_start(tmp_path: Path) -> None:
    with shown(record(tmp_path / "run.mcap", answered(6))) as showing:
        results = showing.subscribe(RESULTS, Policy.EVERY, "results")
        showing.playback.set_speed(None)
        showing.playback.resume()
        showing.start()
        assert [results.take().seq for _ in range(6)] == list(range(6))  # type: ignore[union-attr]
        wait_for(lambda: showing.playback.paused, "the pause at the end")
        for expected in (4, 3, 2):
            showing.playback.step(-1)
            taken = results.take()
            assert taken is not None
            assert taken.seq == expected
            assert np.array_equal(taken.sample.pixels, pixels(expected))  # type: ignore[union-attr]
        showing.playback.seek(0.0)
        taken = results.take()
        assert taken is not None
        assert taken.seq == 0


def test_answers_find_their_pictures_where_several_are_in_flight(tmp_path: Path) -> None:
    items: list[Item] = [sent(0), sent(1), sent(2), result(1), result(0), result(2)]
    with shown(record(tmp_path / "run.mcap", items)) as showing:
        results = showing.subscribe(RESULTS, Policy.EVERY, "results")
        showing.playback.resume()
        showing.start()
        taken = [results.take() for _ in range(3)]
        assert [each.seq for each in taken if each] == [0, 1, 2]
        for each in taken:
            assert each is not None
            assert isinstance(each.sample, Frame)
            assert np.array_equal(each.sample.pixels, pixels(each.seq))


def test_failures_and_pictures_without_an_answer_are_shown_too(tmp_path: Path) -> None:
    items: list[Item] = [
        sent(0),
        Failure(0, InvalidInput("no such input")),
        sent(1),
        sent(2),
        result(2),
    ]
    with shown(record(tmp_path / "run.mcap", items)) as showing:
        frames = showing.subscribe(FRAMES, Policy.EVERY, "frames")
        failures = showing.subscribe(FAILURES, Policy.EVERY, "failures")
        showing.playback.resume()
        showing.start()
        assert [frames.take().seq for _ in range(3)] == [0, 1, 2]  # type: ignore[union-attr]
        failed = failures.take()
        assert failed is not None
        assert failed.seq == 0
        assert "no such input" in str(failed.error)


def test_sound_is_shown_with_the_answers_to_its_windows(tmp_path: Path) -> None:
    def heard(number: int) -> AudioBlock:
        samples = np.full(480, number / 100, np.float32)
        return AudioBlock(number, number * 10_000_000, samples, 48_000, number / 100)

    said = (Classification((ClassScore("speech", 0.75, 1),)),)
    items: list[AudioBlock | Result | Word] = []
    for number in range(10):
        items.append(heard(number))
        window = AudioWindow(number, number * 10_000_000, np.zeros(160, np.float32), 16_000)
        marks = {Stage.CAPTURED: window.captured_ns, Stage.DECODED: window.captured_ns + 5}
        items.append(Result(number, window, said, Timeline(marks), Traffic(), SETTINGS, 1))
    items.append(Word("seven", 0.5, 9, 0.07))
    with shown(record(tmp_path / "sound.mcap", items)) as showing:
        audio = showing.subscribe(AUDIO, Policy.EVERY, "audio")
        results = showing.subscribe(RESULTS, Policy.EVERY, "results")
        words = showing.subscribe(WORDS, Policy.EVERY, "words")
        showing.playback.resume()
        showing.start()
        blocks = [audio.take() for _ in range(10)]
        taken = [results.take() for _ in range(10)]
    assert [round(float(each.samples[0]) * 100) for each in blocks if each] == list(range(10))
    assert [each.seq for each in taken if each] == list(range(10))
    newest = taken[-1]
    assert newest is not None
    assert newest.predictions == said
    assert words.drain() == [Word("seven", 0.5, 9, 0.07)]
    assert newest.sample.samples[-1] == pytest.approx(0.09, abs=1e-3)  # type: ignore[union-attr]


def test_what_holds_no_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pictures and no sound"):
        Showing(record(tmp_path / "empty.mcap", [status()]))
