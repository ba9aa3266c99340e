"""One source for two readers: every item reaches both, and neither runs ahead."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.core.errors import SourceError, SourceFault
from backend.core.samples import Captured, Frame, MediaKind
from backend.core.status import SourceInfo
from backend.sources.shared import SharedSource, Tap
from backend.sources.source import EndOfSource
from tests.session.list_source import ListSource
from tests.sources.reading import read_until_item


def frames(count: int) -> list[Frame]:
    return [Frame(n, 0, np.full((2, 2, 3), n, np.uint8)) for n in range(count)]


def read_to_end(tap: Tap, stop: threading.Event, into: list[Captured]) -> None:
    tap.open(stop)
    try:
        while not stop.is_set():
            item = tap.read(stop)
            if item is not None:
                into.append(item)
    except EndOfSource:
        return


def test_both_get_the_very_same_items_in_order(stop: threading.Event) -> None:
    shared = SharedSource(ListSource(frames(200)), 2)
    got: list[list[Captured]] = [[], []]
    readers = [
        threading.Thread(target=read_to_end, args=(tap, stop, into))
        for tap, into in zip(shared.taps, got, strict=True)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [item.seq for item in got[0]] == list(range(200))
    assert all(a is b for a, b in zip(*got, strict=True))


def test_one_waits_for_the_other_and_not_for_one_that_has_left(stop: threading.Event) -> None:
    shared = SharedSource(ListSource(frames(3)), 2)
    first, second = shared.taps
    first.open(stop)
    second.open(stop)
    assert read_until_item(first, stop).seq == 0
    assert first.read(stop) is None, "the other has not taken the first one yet"
    assert read_until_item(second, stop).seq == 0
    assert read_until_item(first, stop).seq == 1
    second.close()
    assert read_until_item(first, stop).seq == 2
    with pytest.raises(EndOfSource):
        first.read(stop)


def test_what_the_source_gave_last_is_taken_before_its_end(stop: threading.Event) -> None:
    shared = SharedSource(ListSource(frames(1)), 2)
    first, second = shared.taps
    first.open(stop)
    assert read_until_item(first, stop).seq == 0
    assert read_until_item(second, stop).seq == 0
    for tap in shared.taps:
        with pytest.raises(EndOfSource):
            tap.read(stop)


def test_a_source_that_cannot_be_opened_or_is_lost_fails_for_both(stop: threading.Event) -> None:
    class Broken:
        info = SourceInfo(MediaKind.IMAGE, "broken", live=True)
        opened = closed = 0

        def open(self, stop: threading.Event) -> SourceInfo:
            self.opened += 1
            raise SourceError(SourceFault.BUSY, "It is in use.")

        def read(self, stop: threading.Event) -> Captured | None:
            raise AssertionError

        def close(self) -> None:
            self.closed += 1

    source = Broken()
    shared = SharedSource(source, 2)
    assert not shared.info.live, "nothing is dropped between the two"
    for tap in shared.taps:
        with pytest.raises(SourceError, match="in use"):
            tap.open(stop)
        tap.close()
    assert (source.opened, source.closed) == (1, 1)
