"""Frequencies as musicians name them."""

from __future__ import annotations

import math

_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_A4_HZ = 440.0
_A4_MIDI = 69


def note_name(frequency_hz: float) -> str:
    """The nearest equal-tempered note and the distance from it, such as ``A4 +3 cents``.

    Scientific pitch notation with A4 = 440 Hz (ISO 16); a cent is 1/1200 of an octave. Raises
    ValueError for a frequency that is not above 0.
    """
    if not frequency_hz > 0:
        raise ValueError(f"A note needs a frequency above 0 Hz, got {frequency_hz}.")
    exact = _A4_MIDI + 12 * math.log2(frequency_hz / _A4_HZ)
    nearest = round(exact)
    cents = round(100 * (exact - nearest))
    return f"{_NAMES[nearest % 12]}{nearest // 12 - 1} {cents:+d} cents"
