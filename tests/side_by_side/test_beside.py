"""A run beside one that goes on: pairs by moment, bounded, and recorded answers by place."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import RunSettings
from backend.core.errors import RequestError
from backend.core.ledger import DropPlace
from backend.core.predictions import Text
from backend.core.samples import Frame, MediaKind
from backend.core.status import Failure, Loss, Result, Sent
from backend.core.target import Target
from backend.core.timing import Timeline
from backend.core.traffic import Traffic
from backend.side_by_side import (
    Collector,
    Outcome,
    Pair,
    Pairing,
    Place,
    RecordedAnswers,
    RecordedBeside,
)
from backend.sources.files.replay import RecordingSource
from backend.sources.kind import Pace
from tests.wire.recording.recorded import answered, record

SETTINGS = RunSettings(Target("lab"), "reader")


def frame(moment: int) -> Frame:
    return Frame(0, moment, np.zeros((2, 2, 3), np.uint8))


def sent(seq: int, moment: int) -> Sent:
    return Sent(seq, frame(moment), 0, SETTINGS)


def result(seq: int, moment: int, text: str) -> Result:
    return Result(seq, frame(moment), (Text(text),), Timeline({}), Traffic(), SETTINGS)


def test_answers_are_paired_by_moment_whatever_their_numbers() -> None:
    pairs: list[Pair] = []
    pairing = Pairing(4, pairs.append)
    a, b = Collector("a", pairing), Collector("b", pairing)
    for item in (sent(70, 1000), result(70, 1000, "x"), sent(71, 1001)):
        a.write(item)
    for item in (sent(0, 1000), sent(1, 1001), result(1, 1001, "y"), result(0, 1000, "x")):
        b.write(item)
    a.write(Failure(71, RequestError("It broke.")))
    assert [(pair.number, pair.differs) for pair in pairs] == [(1000, False), (1001, True)]
    assert pairs[1].a.error == "It broke."
    assert pairs[0].a.result is not None


def test_losses_are_those_of_samples_that_were_sent() -> None:
    pairing = Pairing()
    a = Collector("a", pairing)
    a.write(sent(3, 1000))
    a.write(Loss(2, 3, DropPlace.SWITCHED))
    assert pairing.failed["a"] == 1


def test_memory_is_bounded() -> None:
    pairing = Pairing(3, most_kept=10, most_waiting=5)
    for number in range(50):
        pairing.add("a", number, Outcome((Text("x"),), 1.0), frame(number))
        pairing.add("b", number, Outcome((Text("y"),), 2.0), frame(number))
    for number in range(100, 150):
        pairing.add("a", number, Outcome((Text("x"),)), frame(number))
    figures = pairing.figures()
    assert figures.pairs == 50
    assert len(figures.agreements) == len(figures.differences_ms) == 10
    assert len(pairing.worst) == 3
    assert pairing.waiting == 5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "run.mcap", answered(40))


def test_recorded_answers_are_found_forwards_and_back(path: Path) -> None:
    stop = threading.Event()
    source = RecordingSource(path, loop=False, pace=Pace.FREE)
    answers = RecordedAnswers(path, MediaKind.IMAGE)
    source.open(stop)
    moments: list[int] = []
    for _ in range(20):
        item = source.read(stop)
        assert item is not None
        recorded_ns = source.recorded_ns(item.captured_ns)
        assert recorded_ns is not None
        moments.append(recorded_ns)
    source.close()
    found = [answers.find(Place(moment), stop) for moment in moments]
    assert all(each is not None and each.predictions is not None for each in found)
    again = answers.find(Place(moments[2]), stop)
    assert again is not None
    assert again.predictions == found[2].predictions  # type: ignore[union-attr]
    assert answers.find(Place(moments[2] + 5_000), stop) is None, "nothing was captured then"
    assert answers.find(Place(moments[3]), stop) is not None, "it is not read past"
    assert answers.find(Place(moments[-1]), stop) is not None
    assert answers.find(Place(moments[-1] + 10**15), stop) is None


def test_what_failed_now_is_paired_with_what_was_recorded(path: Path) -> None:
    stop, pairs = threading.Event(), list[Pair]()
    source = RecordingSource(path, loop=False, pace=Pace.FREE)
    pairing = Pairing(4, pairs.append)
    answers = RecordedAnswers(path, MediaKind.IMAGE)
    beside = RecordedBeside("a", source, answers, pairing)
    collector = Collector("b", pairing, beside, by_moment=False)
    source.open(stop)
    item = source.read(stop)
    assert isinstance(item, Frame)
    collector.write(Sent(0, item, 0, SETTINGS))
    collector.write(Failure(0, RequestError("It broke.")))
    assert [(pair.number, pair.b.error, pair.differs) for pair in pairs] == [(0, "It broke.", True)]
    assert pairs[0].a.predictions is not None
