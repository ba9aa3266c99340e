"""Frequencies are named as notes with cents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.profiles.outputs.notes import note_name


@pytest.mark.parametrize(
    ("frequency_hz", "name"),
    [
        (440.0, "A4 +0 cents"),
        (440.8, "A4 +3 cents"),
        (261.6256, "C4 +0 cents"),
        (246.9417, "B3 +0 cents"),
        (27.5, "A0 +0 cents"),
        (430.0, "A4 -40 cents"),
        (1479.978, "F♯6 +0 cents"),
    ],
)
def test_known_notes(frequency_hz: float, name: str) -> None:
    assert note_name(frequency_hz) == name


@given(st.floats(20, 20_000))
def test_the_distance_is_at_most_half_a_semitone(frequency_hz: float) -> None:
    _, cents, unit = note_name(frequency_hz).split(" ")
    assert unit == "cents"
    assert -50 <= int(cents) <= 50


@pytest.mark.parametrize("frequency_hz", [0.0, -1.0, float("nan")])
def test_no_frequency_has_no_name(frequency_hz: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        note_name(frequency_hz)
