"""The feed: who may write, who may read, and what becomes of the rest."""

from __future__ import annotations

import threading

import numpy as np

from backend.core.ledger import DropPlace, Ledger
from backend.core.samples import Frame
from backend.session.lanes.feed import Feed
from tests.balance import is_balanced


def frame(seq: int) -> Frame:
    return Frame(seq, seq, np.zeros((2, 2, 3), np.uint8))


def test_live_samples_replace_each_other_and_are_counted() -> None:
    ledger = Ledger()
    feed = Feed(ledger)
    writer, reader = feed.new_writer(), feed.new_reader()
    for seq in range(3):
        assert feed.put(writer, frame(seq), lossless=False)
    item = feed.take(reader, 0)
    assert item is not None
    assert item.sample.seq == 2
    counts = ledger.counts()
    assert is_balanced(counts)
    assert counts.dropped == {DropPlace.WAITING: 2}
    assert counts.in_flight == 1


def test_a_reader_that_leaves_takes_nothing_that_it_waits_for() -> None:
    """Or the first picture of another source would go where the sound before it went."""
    feed = Feed(Ledger())
    reader = feed.new_reader()
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(feed.take(reader, 3600)))
    thread.start()
    feed.leave(reader)
    thread.join()
    assert feed.put(feed.new_writer(), frame(0), lossless=False)
    assert taken == [None]
    assert feed.take(reader, 0) is None
    assert feed.take(feed.new_reader(), 0) is not None


def test_a_reader_that_was_replaced_does_not_send_the_new_one_away() -> None:
    feed = Feed(Ledger())
    old, new = feed.new_reader(), feed.new_reader()
    feed.leave(old)
    feed.put(feed.new_writer(), frame(0), lossless=False)
    assert feed.take(new, 0) is not None


def test_a_patient_writer_waits_until_its_sample_is_taken() -> None:
    feed = Feed(Ledger())
    writer, reader = feed.new_writer(), feed.new_reader()
    order: list[int] = []

    def write() -> None:
        for seq in range(5):
            feed.put(writer, frame(seq), lossless=True)

    thread = threading.Thread(target=write)
    thread.start()
    while len(order) < 5:
        item = feed.take(reader, 1.0)
        assert item is not None
        order.append(item.sample.seq)
    thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_live_writer_may_have_patience() -> None:
    ledger = Ledger()
    feed = Feed(ledger)
    writer, reader = feed.new_writer(), feed.new_reader()
    feed.put(writer, frame(0), lossless=False)
    thread = threading.Thread(
        target=lambda: feed.put(writer, frame(1), lossless=False, patience_s=3600)
    )
    thread.start()
    for expected in range(2):
        item = feed.take(reader, 60)
        assert item is not None
        assert item.sample.seq == expected
    thread.join()
    feed.put(writer, frame(2), lossless=False)
    feed.put(writer, frame(3), lossless=False, patience_s=0.01)  # nobody takes the one before
    assert ledger.counts().dropped == {DropPlace.WAITING: 1}
    assert is_balanced(ledger.counts())


def test_patience_ends_with_the_writers_turn() -> None:
    ledger = Ledger()
    feed = Feed(ledger)
    writer = feed.new_writer()
    feed.put(writer, frame(0), lossless=False)
    outcome: list[bool] = []
    thread = threading.Thread(
        target=lambda: outcome.append(feed.put(writer, frame(1), lossless=False, patience_s=3600))
    )
    thread.start()
    feed.new_writer()
    thread.join()
    assert outcome == [False]
    assert is_balanced(ledger.counts())


def test_a_new_source_silences_the_old_one_even_while_it_waits() -> None:
    ledger = Ledger()
    feed = Feed(ledger)
    old, reader = feed.new_writer(), feed.new_reader()
    feed.put(old, frame(0), lossless=True)
    outcome: list[bool] = []
    thread = threading.Thread(target=lambda: outcome.append(feed.put(old, frame(1), lossless=True)))
    thread.start()
    while ledger.counts().captured < 2:
        pass
    feed.new_writer()
    thread.join(30)
    assert outcome == [False]
    assert feed.take(reader, 0) is None
    assert ledger.counts().dropped == {DropPlace.SWITCHED: 2}
    assert is_balanced(ledger.counts())


def test_an_old_connection_gets_nothing_once_a_new_one_reads() -> None:
    feed = Feed(Ledger())
    writer, old = feed.new_writer(), feed.new_reader()
    new = feed.new_reader()
    feed.put(writer, frame(0), lossless=False)
    assert feed.take(old, 1.0) is None
    item = feed.take(new, 1.0)
    assert item is not None
    assert item.seq == 0


def test_closing_wakes_both_ends_and_counts_what_lay_unread() -> None:
    ledger = Ledger()
    feed = Feed(ledger)
    writer, reader = feed.new_writer(), feed.new_reader()
    feed.put(writer, frame(0), lossless=False)
    feed.close()
    assert not feed.put(writer, frame(1), lossless=False)
    assert feed.take(reader, 0) is None
    assert ledger.counts().dropped == {DropPlace.STOPPED: 1}
    assert is_balanced(ledger.counts())
