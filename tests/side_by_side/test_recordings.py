"""Two recordings: what is the same sample in both, whatever else is in them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import ConsoleError, RequestError, SourceError, UsageError
from backend.core.predictions import Mask, Predictions, Text
from backend.core.samples import AudioBlock, AudioWindow, Frame
from backend.core.status import Failure, Result, Sent
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Traffic
from backend.side_by_side import Comparison, Matches, Pair, Pairing, RecordedSide, result_of
from backend.side_by_side.pairing import Letter
from backend.side_by_side.recordings import RecordedPairs, _Entry
from backend.wire.recording.items import RecordedPicture
from backend.wire.recording.reader import RecordingReader
from tests.waiting import WAIT_S
from tests.wire.recording.recorded import SETTINGS, Item, frame, pixels, record, result, sent

BEHIND_NS = 5_000_000
A, B = (Text("a"),), (Text("b"),)


def compared(a: Path, b: Path, pairs: list[Pair] | None = None) -> Comparison:
    into = pairs.append if pairs is not None else lambda _pair: None
    found = Comparison(RecordedSide(a), RecordedSide(b), None, on_pair=into)
    found.start()
    assert found.join(WAIT_S)
    return found


def error_of(a: Path, b: Path) -> ConsoleError:
    error = compared(a, b).error
    assert error is not None
    return error


def answered(numbers: Iterable[int], said: Callable[[int], Predictions]) -> Iterator[Item]:
    for number in numbers:
        yield sent(number)
        yield result(number, said(number))


def from_camera(
    numbers: Iterable[int], at_ns: int, said: Predictions = A, size: int = 64
) -> Iterator[Item]:
    """Pictures without names and places, captured at other moments in each run."""
    for seq, number in enumerate(numbers):
        shown = Frame(seq, at_ns + seq * 10_000_000, pixels(number, size))
        yield Sent(seq, shown, shown.captured_ns + 1000, SETTINGS, 1)
        yield Result(seq, shown, said, Timeline({}), Traffic(), SETTINGS, 1)


def from_microphone(blocks: int, first: int, at_ns: int, said: Predictions) -> Iterator[Item]:
    """A window ends in the middle of each block, of which the first ones are not recorded."""
    for number in range(first, blocks):
        rng = np.random.default_rng(number)
        samples = rng.uniform(-1, 1, 480).astype(np.float32)
        moment = at_ns + number * 10_000_000 + int(rng.integers(0, 1_000_000)) * first
        yield AudioBlock(number, moment, samples, 48_000)
        window = AudioWindow(number, moment - BEHIND_NS, samples, 48_000, behind_ns=BEHIND_NS)
        yield Sent(number, window, moment + 1000, SETTINGS, 1)
        yield Result(number, window, said, Timeline({}), Traffic(), SETTINGS, 1)


def test_the_same_places_of_a_file_are_paired_whatever_else_was_left_out(tmp_path: Path) -> None:
    a = record(tmp_path / "a.mcap", answered(range(40), lambda _n: A))
    b = record(
        tmp_path / "b.mcap", answered(range(5, 60, 3), lambda n: B if n == 20 else A), epoch_ns=5
    )
    pairs: list[Pair] = []
    found = result_of(compared(a, b, pairs))
    both = range(5, 40, 3)
    names = [pair.sample.name for pair in pairs if pair.sample is not None]
    assert names == [f"{n}.png" for n in both]
    assert (found.pairs, found.differing) == (len(both), 1)
    assert found.unpaired == 40 - len(both) + len(range(5, 60, 3)) - len(both)
    assert found.worst[0]["name"] == "20.png"
    assert found.a.run is found.b.run is None


def test_times_of_two_recordings_are_compared_as_well(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mcap", answered(range(9), lambda _n: A))
    found = result_of(compared(path, path))
    assert found.latency_difference_ms.value == 0
    assert found.a.latency_ms
    assert found.sentence.startswith("All 9 answers are identical.")


def test_who_is_slower_is_said_with_an_interval_of_the_same_sign(tmp_path: Path) -> None:
    def slowly() -> Iterator[Item]:
        for number in range(9):
            yield sent(number)
            answer = result(number, A)
            marks = dict(answer.timeline.marks)
            marks[Stage.DECODED] += 30_000_000
            yield replace(answer, timeline=replace(answer.timeline, marks=marks))

    fast = record(tmp_path / "fast.mcap", answered(range(9), lambda _n: A))
    slow = record(tmp_path / "slow.mcap", slowly())
    longer = "takes 30.00 ms longer (+30.00 to +30.00 ms)."
    assert result_of(compared(fast, slow)).sentence.endswith(f"B {longer}")
    assert result_of(compared(slow, fast)).sentence.endswith(f"A {longer}")


def test_what_failed_in_one_differs_and_what_has_no_outcome_has_no_partner(tmp_path: Path) -> None:
    def broken() -> Iterator[Item]:
        yield from answered(range(3), lambda _n: A)
        yield sent(3)
        yield Failure(3, RequestError("It broke."))
        yield sent(4)

    a = record(tmp_path / "a.mcap", answered(range(5), lambda _n: A))
    found = result_of(compared(a, record(tmp_path / "b.mcap", broken())))
    assert (found.pairs, found.differing, found.unpaired) == (3, 1, 1)
    assert found.b.failed == 1
    assert "It broke." in found.worst[0]["b"]["error"]


def test_pictures_of_a_device_are_known_by_their_bytes(tmp_path: Path) -> None:
    a = record(tmp_path / "a.mcap", from_camera([1, 2, 2, 2, 3, 4, 5], 10_000))
    b = record(tmp_path / "b.mcap", from_camera([2, 2, 3, 5], 77_000_000, B))
    found = result_of(compared(a, b))
    assert (found.pairs, found.differing, found.unpaired) == (4, 4, 3)


def test_sound_of_a_device_is_known_by_its_blocks(tmp_path: Path) -> None:
    a = record(tmp_path / "a.mcap", from_microphone(50, 0, 10_000_000, A))
    b = record(tmp_path / "b.mcap", from_microphone(50, 8, 99_000_000, A))
    found = result_of(compared(a, b))
    assert (found.pairs, found.identical, found.unpaired) == (42, 42, 8)


def test_recordings_of_other_samples_are_refused(tmp_path: Path) -> None:
    camera = record(tmp_path / "camera.mcap", from_camera(range(5), 0))
    other = record(tmp_path / "other.mcap", from_camera(range(10, 15), 0))
    file = record(tmp_path / "file.mcap", answered(range(20, 25), lambda _n: A))
    sound = record(tmp_path / "sound.mcap", from_microphone(5, 0, 10_000_000, A))
    assert "no sample in common" in str(error_of(camera, other))
    assert "no sample in common" in str(error_of(camera, file))
    assert "pictures and the other sound" in str(error_of(file, sound))

    def larger() -> Iterator[Item]:
        shown = replace(frame(20), pixels=pixels(0, 128))
        yield Sent(0, shown, shown.captured_ns + 1000, SETTINGS, 1)
        yield Result(0, shown, A, Timeline({}), Traffic(), SETTINGS, 1)

    error = error_of(file, record(tmp_path / "larger.mcap", larger()))
    assert isinstance(error, UsageError)
    assert "64 x 48 in A and 128 x 48 in B" in str(error)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mcap", answered(range(3), lambda _n: A))
    garbage = tmp_path / "b.mcap"
    garbage.write_bytes(b"nothing of that kind" * 99)
    for a, b in ((path, garbage), (garbage, path), (path, tmp_path / "none.mcap")):
        assert isinstance(error_of(a, b), SourceError)


def test_memory_is_bounded_where_nothing_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.side_by_side.recordings._MOST_WAITING", 10)
    a = record(tmp_path / "a.mcap", answered(range(50), lambda _n: A))
    b = record(tmp_path / "b.mcap", answered(range(60, 110), lambda _n: A))
    found = compared(a, b)
    assert found.pairing.unpaired == 100
    assert "no sample in common" in str(found.error)


def test_what_waits_keeps_no_pictures_and_few_arrays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = (Mask(np.zeros((48, 64), np.uint8), ("", "x")),)
    monkeypatch.setattr("backend.side_by_side.recordings._MOST_BYTES", 5 * 48 * 64)
    a = record(tmp_path / "a.mcap", answered(range(20), lambda _n: mask))
    b = record(tmp_path / "b.mcap", answered(range(50, 51), lambda _n: mask))
    pairs = RecordedPairs(a, b, Pairing())
    most = [0]

    def note(letter: Letter, entry: _Entry) -> None:
        wait(letter, entry)
        waiting = pairs._waiting["a"].values()
        most.append(len(waiting))
        assert all(isinstance(e.sample, RecordedPicture) and not e.sample.data for e in waiting)

    wait = pairs._wait
    monkeypatch.setattr(pairs, "_wait", note)
    pairs.run(threading.Event())
    assert max(most) == 5
    assert pairs._held == {"a": 0, "b": 0}


def test_each_sample_of_one_is_found_in_the_other(tmp_path: Path) -> None:
    a = record(tmp_path / "a.mcap", from_camera([1, 2, 3, 4], 10_000))
    b = record(tmp_path / "b.mcap", from_camera([2, 3, 5], 77_000_000, B))
    pairing = Pairing()
    matches = Matches(a, b, pairing, threading.Event())
    ours = [item.captured_ns for item in RecordingReader(a) if isinstance(item, RecordedPicture)]
    theirs = [item.captured_ns for item in RecordingReader(b) if isinstance(item, RecordedPicture)]
    assert [matches.in_b(each) for each in ours] == [None, theirs[0], theirs[1], None]
    assert matches.in_b(ours[1] + 1_000) == theirs[0], "moments are rounded"
    assert (pairing.pairs, pairing.unpaired) == (2, 3)
    assert [pair.sample.captured_ns for pair in pairing.worst if pair.sample] == ours[1:3]


def test_recordings_of_other_samples_have_no_matches(tmp_path: Path) -> None:
    a = record(tmp_path / "a.mcap", from_camera([1, 2], 10_000))
    b = record(tmp_path / "b.mcap", from_camera([3, 4], 10_000))
    with pytest.raises(UsageError, match="no sample in common"):
        Matches(a, b, Pairing(), threading.Event())
