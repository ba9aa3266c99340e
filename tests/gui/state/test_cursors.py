"""Cursors by values: which one is placed, moved, chosen and gone."""

from __future__ import annotations

import pytest

from gui.state.cursors import Cursors


def placed(cursors: Cursors) -> list[tuple[str, float]]:
    """Names and moments."""
    return list(cursors.placed)


def test_cursors_are_placed_one_after_the_other_then_the_nearer_one_moves() -> None:
    cursors = Cursors()
    assert placed(cursors) == []
    cursors.place_next(10.0)
    assert (placed(cursors), cursors.chosen) == ([("A", 10.0)], "A")
    cursors.place_next(4.0)
    assert placed(cursors) == [("A", 10.0), ("B", 4.0)]
    cursors.place_next(9.0)
    assert (cursors.at_s("A"), cursors.chosen) == (9.0, "A")


def test_the_chosen_cursor_moves_within_what_is_shown() -> None:
    cursors = Cursors()
    cursors.move(1.0, 0.0, 10.0)
    assert placed(cursors) == []
    cursors.place("A", 5.0)
    cursors.place("B", 6.0)
    cursors.move(-2.0, 0.0, 10.0)
    assert placed(cursors) == [("A", 5.0), ("B", 4.0)]
    cursors.move(99.0, 0.0, 10.0)
    assert cursors.at_s("B") == 10.0


def test_a_cursor_goes_with_its_moment() -> None:
    cursors = Cursors()
    cursors.place("A", 5.0)
    cursors.place("B", 8.0)
    cursors.place("A", 5.0)
    assert not cursors.forget_before(5.0)
    assert cursors.forget_before(5.1)
    assert (placed(cursors), cursors.chosen) == ([("B", 8.0)], "B")
    cursors.clear()
    assert (bool(cursors), cursors.chosen) == (False, "")


def test_there_are_two_cursors_only() -> None:
    with pytest.raises(ValueError, match="A or B, not 'C'"):
        Cursors().place("C", 1.0)
