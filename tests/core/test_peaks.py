"""Each event is found once, however many readings show it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from backend.core.peaks import Peak, PeakPicker

HOP_S = 0.1


def picked(rows: Iterable[dict[str, float]], hop_s: float = HOP_S) -> list[Peak]:
    picker = PeakPicker()
    found = [picker.add(place * hop_s, row) for place, row in enumerate(rows)]
    return [peak for peak in (*found, picker.finish()) if peak is not None]


def labels(rows: Iterable[dict[str, float]]) -> list[str]:
    return [peak.label for peak in picked(rows)]


def word(label: str, *scores: float) -> list[dict[str, float]]:
    return [{label: score} for score in scores]


QUIET = word("one", 0, 0, 0, 0)


def test_one_word_in_several_windows_is_one_event() -> None:
    (peak,) = picked([*QUIET, *word("one", 0.4, 0.9, 1.0, 0.9, 0.3), *QUIET])
    assert peak.label == "one"
    assert peak.score == pytest.approx((0.9 + 1.0 + 0.9) / 3)
    assert peak.at_s == pytest.approx(7 * HOP_S)


def test_a_single_sure_reading_is_none() -> None:
    assert labels([*QUIET, *word("one", 1.0), *QUIET]) == []


def test_a_word_that_stays_is_one_event() -> None:
    assert labels([*QUIET, *word("one", *[1.0] * 40), *QUIET]) == ["one"]


def test_a_word_said_twice_is_two_events() -> None:
    said = word("one", 0.5, 1.0, 1.0, 0.5)
    assert labels([*QUIET, *said, *QUIET, *said, *QUIET]) == ["one", "one"]


def test_a_short_doubt_within_a_word_is_no_second_event() -> None:
    assert labels([*QUIET, *word("one", 0.9, 1.0, 0.4, 0.9, 1.0, 0.9), *QUIET]) == ["one"]


def test_the_surest_label_wins_and_its_rival_is_not_heard_as_well() -> None:
    rows = [*QUIET]
    rows += [{"six": six, "seven": 1 - six} for six in (0.7, 0.6, 0.2, 0.1, 0.1, 0.05)]
    assert labels([*rows, *QUIET]) == ["seven"]


def test_words_in_quick_succession_are_all_heard() -> None:
    rows = [*QUIET]
    for label in ("four", "two", "four"):
        rows += word(label, 0.6, 1.0, 1.0, 0.6)
    assert labels([*rows, *QUIET]) == ["four", "two", "four"]


def test_the_last_word_is_let_out_at_the_end() -> None:
    picker = PeakPicker()
    found = [picker.add(place * HOP_S, row) for place, row in enumerate(word("one", 1.0, 1.0))]
    assert found == [None, None]
    peak = picker.finish()
    assert peak is not None
    assert peak.label == "one"
    assert picker.finish() is None


@pytest.mark.parametrize("then_s", [5.0, -3.0])
def test_a_gap_or_a_step_back_begins_anew(then_s: float) -> None:
    picker = PeakPicker()
    for place in range(3):
        assert picker.add(place * HOP_S, {"one": 1.0}) is None
    peak = picker.add(then_s, {"one": 0.0})
    assert peak is not None
    assert peak.label == "one"
    assert picker.add(then_s + HOP_S, {"one": 0.0}) is None


def test_lost_windows_do_not_make_a_word_two() -> None:
    rows = [*QUIET, *word("one", 0.5, 1.0, 1.0, 1.0, 0.5), *QUIET]
    for lost in range(len(rows)):
        picker = PeakPicker()
        found = [picker.add(place * HOP_S, row) for place, row in enumerate(rows) if place != lost]
        assert [peak.label for peak in (*found, picker.finish()) if peak] == ["one"]
