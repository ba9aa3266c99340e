"""One queue by itself: what each policy keeps, what it counts, and who waits."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.core.errors import ModelFailed
from backend.core.flow import Policy
from backend.core.samples import Frame
from backend.core.status import Failure, Notice, Severity
from backend.session.sinks import FAILURES, FRAMES, NOTICES, Item, Subscriptions


def frame(seq: int) -> Frame:
    return Frame(seq, 0, np.zeros((1, 1, 3), np.uint8))


def failure(seq: int) -> Failure:
    return Failure(seq, ModelFailed("no"))


class Both:
    """A sink that is never started: its subscription is read by the test."""

    topics = (FRAMES, FAILURES)

    def write(self, item: Item) -> None:
        raise AssertionError

    def close(self) -> None:
        raise AssertionError


def test_newest_wins_and_the_replaced_are_counted() -> None:
    hub = Subscriptions()
    preview = hub.add(FRAMES, Policy.NEWEST, "preview", 8)
    for seq in range(3):
        hub.publish(FRAMES, frame(seq))
    assert [item.seq for item in preview.drain()] == [2]
    assert preview.lost == 2
    assert preview.take(0) is None


def test_of_several_topics_the_newest_of_each_is_kept() -> None:
    hub = Subscriptions()
    both = hub.add(Both(), Policy.NEWEST, "both", 1)
    for seq in range(3):
        hub.publish(FRAMES, frame(seq))
        hub.publish(FAILURES, failure(seq))
    kept = both.drain()
    assert [type(item) for item in kept] == [Frame, Failure]
    assert both.lost == 4


def test_a_full_queue_that_may_drop_loses_its_oldest() -> None:
    hub = Subscriptions()
    plots = hub.add(FRAMES, Policy.DROP, "plots", 2)
    for seq in range(5):
        hub.publish(FRAMES, frame(seq))
    assert [item.seq for item in plots.drain()] == [3, 4]
    assert plots.lost == 3
    assert hub.wait_for_room(0)


def test_a_full_queue_that_must_have_every_item_stops_the_stream_until_there_is_room() -> None:
    hub = Subscriptions()
    first, second = (hub.add(FAILURES, Policy.EVERY, name, 2) for name in ("a", "b"))
    for seq in range(2):
        assert hub.wait_for_room(0)
        hub.publish(FAILURES, failure(seq))
    assert not hub.wait_for_room(0)
    hub.publish(FAILURES, failure(2))  # was in flight
    first.drain()
    assert not hub.wait_for_room(0)
    assert second.take(0) is not None
    assert not hub.wait_for_room(0)
    assert second.take(0) is not None
    assert hub.wait_for_room(0)
    assert (first.lost, second.lost) == (0, 0)


def test_what_is_in_no_relation_to_requests_is_bounded_by_the_capacity() -> None:
    hub = Subscriptions()
    every = hub.add(FRAMES, Policy.EVERY, "recorder", 2)
    for seq in range(5):
        hub.publish(FRAMES, frame(seq))
    assert [item.seq for item in every.drain()] == [0, 1]
    assert every.lost == 3


def test_a_reader_that_waits_is_woken_by_an_item_and_by_the_end() -> None:
    hub = Subscriptions()
    notices = hub.add(NOTICES, Policy.DROP, "notices", 2)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.extend(notice.title for notice in notices))
    reader.start()
    hub.publish(NOTICES, Notice(Severity.INFO, "one"))
    hub.finish(threading.Event())
    reader.join(30)
    assert not reader.is_alive()
    assert read == ["one"]
    hub.publish(NOTICES, Notice(Severity.INFO, "two"))
    assert notices.lost == 1


def test_a_queue_holds_at_least_one_item() -> None:
    with pytest.raises(ValueError, match="at least 1 item, got a capacity of 0"):
        Subscriptions().add(FRAMES, Policy.DROP, "none", 0)
