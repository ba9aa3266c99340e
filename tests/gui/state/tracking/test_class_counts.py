"""How many objects there are, and how many there were."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.predictions import Detection
from gui.state.tracking.class_counts import ClassCount, ClassCounts
from gui.state.tracking.tracks import Tracker


def thing(x: float, index: int = 0, score: float = 0.9) -> Detection:
    return Detection((x, 0, x + 20, 20), ("dot", "star")[index], score, index)


class Run:
    """Results in a row, 33 ms apart."""

    def __init__(self) -> None:
        self.counts = ClassCounts()
        self._tracker = Tracker()
        self._at_ns = 10**12

    def show(
        self, items: Sequence[Detection], threshold: float = 0.0, played_s: float | None = None
    ) -> None:
        self._at_ns += 33_000_000
        tracks = self._tracker.update(items, self._at_ns, played_s)
        self.counts.update(items, tracks, threshold, played_s)

    def play(self, first: int, last: int) -> None:
        """Pictures of a file from one to another: a thing that moves, and from 30 on one more."""
        for step in range(first, last):
            items = [thing(2 * step)] + ([thing(500)] if step >= 30 else [])
            self.show(items, played_s=step / 30)


def test_an_object_counts_once_however_long_it_is_there() -> None:
    run = Run()
    for step in range(20):
        run.show([thing(step), thing(200 - step)])
    assert run.counts.rows == (ClassCount("dot", 0, 2, 2),)
    for _ in range(5):
        run.show([])
    assert run.counts.rows == (ClassCount("dot", 0, 0, 2),)
    for step in range(5):
        run.show([thing(100 + step)])
    assert run.counts.rows == (ClassCount("dot", 0, 1, 3),)


def test_what_flickers_is_no_object() -> None:
    run = Run()
    for step in range(10):
        run.show([thing(0), thing(100 + 40 * step)])
        run.show([thing(0)])
    assert run.counts.rows == (ClassCount("dot", 0, 1, 1),)


def test_classes_are_counted_apart_and_told_apart() -> None:
    run = Run()
    for _ in range(4):
        run.show([thing(0)])
    told_apart = [run.counts.several]
    for _ in range(4):
        run.show([thing(0), thing(100, 1)])
    told_apart.append(run.counts.several)
    assert told_apart == [False, True]
    assert run.counts.rows == (ClassCount("dot", 0, 1, 1), ClassCount("star", 1, 1, 1))


def test_objects_of_one_class_have_colours_of_their_own_once_they_are_followed() -> None:
    run = Run()
    seen = []
    for _ in range(4):
        run.show([thing(0)])
        seen.append(run.counts.by_track)
    assert seen == [False, False, True, True]
    run.show([thing(0), thing(100, 1)])
    assert not run.counts.by_track


def test_what_is_not_shown_is_not_counted() -> None:
    run = Run()
    for _ in range(4):
        run.show([thing(0, score=0.3), thing(100, score=0.8)], threshold=0.5)
    assert run.counts.rows == (ClassCount("dot", 0, 1, 1),)


def test_what_a_file_shows_again_counts_no_more() -> None:
    run = Run()
    for _ in range(3):
        run.play(0, 60)
    assert run.counts.rows == (ClassCount("dot", 0, 2, 2),)


def test_what_comes_after_a_part_that_was_seen_is_counted() -> None:
    run = Run()
    run.play(0, 20)
    run.play(5, 60)
    assert run.counts.rows == (ClassCount("dot", 0, 2, 2),)


def test_what_was_jumped_over_is_counted_once_it_is_shown() -> None:
    run = Run()
    run.play(45, 50)
    run.counts.clear()
    run.play(0, 5)
    run.play(150, 160)
    run.play(20, 50)
    seen = run.counts.rows[0].seen
    run.play(0, 50)
    assert (seen, run.counts.rows[0].seen) == (5, 5)


def test_after_another_model_was_chosen_a_file_is_counted_anew() -> None:
    run = Run()
    run.play(0, 60)
    run.counts.clear()
    run.play(0, 60)
    assert run.counts.rows == (ClassCount("dot", 0, 2, 2),)


def test_nothing_is_left_after_another_model_was_chosen() -> None:
    run = Run()
    for _ in range(4):
        run.show([thing(0), thing(100, 1)])
    run.counts.clear()
    assert run.counts.rows == ()
    assert not run.counts.several


def test_ever_new_classes_and_tracks_do_not_grow_without_end() -> None:
    run = Run()
    for step in range(3000):
        item = Detection((0, 0, 20, 20), f"name {step}", 0.9, step)
        run.counts.update([item], [None], 0.0)
    assert len(run.counts._labels) == 1024
    for step in range(2000):
        for _ in range(4):
            run.show([thing(1000.0 * step)])
    assert len(run.counts._counted) <= 1024
