"""A run that reads what another one reads: the very same samples, in step."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from backend.core.choices import RunSettings
from backend.core.errors import SourceError, SourceFault
from backend.core.flow import Policy
from backend.core.samples import AudioBlock, AudioWindow, Captured, Frame
from backend.core.status import Result, SourceInfo, SourceState
from backend.core.target import Target
from backend.session.run.companions import Companion, Companions
from backend.session.run.live import Session
from backend.session.sinks import RESULTS, Callback
from backend.sources.source import EndOfSource
from tests.session.list_source import ListSource
from tests.session.running import running
from tests.waiting import WAIT_S, wait_for


def frames(count: int) -> list[Captured]:
    return [Frame(n, 0, np.full((2, 2, 3), n % 256, np.uint8)) for n in range(count)]


def sound(count: int) -> list[Captured]:
    rng = np.random.default_rng(1)
    blocks = rng.uniform(-1, 1, (count, 1536)).astype(np.float32)
    return [AudioBlock(n, 0, block, 48_000) for n, block in enumerate(blocks)]


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def results(session: Session) -> list[Result]:
    found: list[Result] = []
    session.subscribe(Callback(RESULTS, found.append), Policy.EVERY, "test")
    return found


def count_openings(source: ListSource) -> list[threading.Event]:
    """Grows with each time that it is opened."""
    openings: list[threading.Event] = []
    opened = source.open

    def open_it(stop: threading.Event) -> SourceInfo:
        openings.append(stop)
        return opened(stop)

    source.open = open_it  # type: ignore[method-assign]
    return openings


def beside(session: Session, settings: RunSettings) -> Session:
    return Session(settings, session.beside())


@pytest.mark.parametrize(("items", "model"), [(frames(60), "identity"), (sound(60), "pitch")])
def test_two_runs_answer_the_very_same_samples(
    target: Target, items: list[Captured], model: str
) -> None:
    settings = RunSettings(target, model)
    one = Session(settings, ListSource(items))
    other = beside(one, settings)
    a, b = results(one), results(other)
    with running(one), running(other):
        assert one.join(WAIT_S)
        assert other.join(WAIT_S)
    assert [each.seq for each in a] == list(range(len(a)))
    assert len(a) == len(b) > 30
    assert all(x.sample is y.sample for x, y in zip(a, b, strict=True))
    assert isinstance(a[0].sample, Frame if model == "identity" else AudioWindow)


@pytest.mark.parametrize("items", [frames(5), sound(5)])
def test_a_second_run_joins_one_that_is_on_and_leaves_it(
    target: Target, items: list[Captured]
) -> None:
    """The source is opened once; what cannot wait does so only while there are two."""
    model = "identity" if isinstance(items[0], Frame) else "pitch"
    settings = RunSettings(target, model)
    source = ListSource(items, live=True, repeat=True, interval_s=0.002)
    openings = count_openings(source)
    one = Session(settings, source)
    a = results(one)
    with running(one):
        wait_for(lambda: len(a) > 3)
        other = beside(one, settings)
        b = results(other)
        with running(other):
            wait_for(lambda: len(b) > 20)
            assert one._capture is not None
            assert one._capture.lossless
            assert one.status().source.state is SourceState.LIVE
            info = one.status().source.info
            assert info is not None
            assert info.live, "what it is does not change"
        shared = {id(each.sample) for each in a}
        assert sum(id(each.sample) in shared for each in b) > 15
        before = len(a)
        wait_for(lambda: len(a) > before + 5)
    assert len(openings) == 1


class Unplugged(ListSource):
    """A camera that is lost once, after ten pictures, and is back when it is opened anew."""

    lost = False

    def read(self, stop: threading.Event) -> Captured | None:
        if self._next == 10 and not self.lost:
            self.lost = True
            raise SourceError(SourceFault.LOST, "It was unplugged.")
        return super().read(stop)


def test_a_source_that_was_lost_and_is_back_goes_on_for_both(target: Target) -> None:
    settings = RunSettings(target, "identity")
    source = Unplugged(frames(5), live=True, repeat=True, interval_s=0.002)
    one = Session(settings, source)
    other = beside(one, settings)
    a, b = results(one), results(other)
    with running(one), running(other):
        wait_for(lambda: len(b) > 20)
    assert source.lost
    assert one.error is None
    assert len({id(each.sample) for each in a} & {id(each.sample) for each in b}) > 15


def test_one_waits_for_the_other_and_not_for_one_that_has_left(stop: threading.Event) -> None:
    source = ListSource(frames(3))
    companions = Companions()
    companion = companions.add(source)
    samples = [sample for sample in frames(3) if isinstance(sample, Frame)]
    given: list[int] = []

    def give() -> None:
        for sample in samples:
            companions.offer(sample, stop)
            given.append(sample.seq)

    giver = threading.Thread(target=give)
    giver.start()
    taken = read(companion, stop)
    assert taken is samples[0]
    assert given in ([], [0]), "the second waits until its reader comes back"
    companion.close()
    giver.join(WAIT_S)
    assert given == [0, 1, 2]
    assert not companions.present


def test_one_that_joins_later_takes_part_once_it_is_opened(stop: threading.Event) -> None:
    source, companions = ListSource(frames(1)), Companions()
    sample = Frame(0, 0, np.zeros((2, 2, 3), np.uint8))
    companions.offer(sample, stop)
    companion = companions.add(source)
    assert not companions.present
    assert not companion.open(stop).live
    assert companions.present


def test_what_was_given_last_is_taken_before_the_end(stop: threading.Event) -> None:
    companions = Companions()
    companion = companions.add(ListSource(frames(1)))
    giver = threading.Thread(
        target=lambda: companions.offer(Frame(0, 0, np.zeros((2, 2, 3), np.uint8)), stop)
    )
    giver.start()
    taken = read(companion, stop)
    giver.join(WAIT_S)
    companions.end()
    assert taken.seq == 0
    with pytest.raises(EndOfSource):
        companion.read(stop)
    with pytest.raises(EndOfSource):
        companions.add(ListSource(frames(1))).read(stop)


def test_each_side_is_first_in_turn(stop: threading.Event) -> None:
    """While its reader waits, every other sample is on its way there before it is here."""
    companions = Companions()
    companion = companions.add(ListSource(frames(1)))
    taken: list[int] = []

    def follow() -> None:
        while not stop.is_set():
            sample = companion.read(stop)
            if sample is not None:
                taken.append(sample.seq)

    reader = threading.Thread(target=follow)
    reader.start()
    before: list[bool] = []
    for n in range(10):
        wait_for(lambda: companion._free)
        companions.offer(Frame(n, 0, np.zeros((2, 2, 3), np.uint8)), stop)
        before.append(n in taken)
    stop.set()
    reader.join(WAIT_S)
    assert all(before[1::2])


def read(companion: Companion, stop: threading.Event) -> Captured:
    while True:
        item = companion.read(stop)
        if item is not None:
            return item
