"""What waits for a reader is bounded in bytes where that is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.flow import Policy
from backend.core.samples import Frame
from backend.session.sinks import FRAMES, Subscription, size_of

SIZE = 30 * 20 * 3


def frame(seq: int, scale: int = 1) -> Frame:
    return Frame(seq, 0, np.zeros((20 * scale, 30, 3), np.uint8))


def reader(policy: Policy, full: list[bool]) -> Subscription[Frame]:
    return Subscription(
        "test", (FRAMES,), policy, 100, lambda _, now: full.append(now), lambda _: None, 5 * SIZE
    )


def test_the_oldest_give_way_and_are_counted() -> None:
    queue = reader(Policy.DROP, [])
    for seq in range(12):
        queue.put(FRAMES, frame(seq))
    assert queue.lost == 7
    assert [item.seq for item in queue.drain()] == [7, 8, 9, 10, 11]
    queue.put(FRAMES, frame(12))
    assert queue.lost == 7


def test_one_item_has_a_place_however_large_it_is() -> None:
    queue = reader(Policy.DROP, [])
    queue.put(FRAMES, frame(0))
    queue.put(FRAMES, frame(1, scale=50))
    assert queue.lost == 1
    taken = queue.take(0.0)
    assert taken is not None
    assert (taken.seq, size_of(taken)) == (1, 50 * SIZE)


@pytest.mark.parametrize("take", [True, False])
def test_the_stream_waits_while_there_are_too_many_bytes(take: bool) -> None:
    full: list[bool] = []
    queue = reader(Policy.EVERY, full)
    for seq in range(5):
        queue.put(FRAMES, frame(seq))
    assert full == [True]
    if take:
        queue.take(0.0)
    else:
        queue.drain()
    assert full == [True, False]
    assert queue.lost == 0
