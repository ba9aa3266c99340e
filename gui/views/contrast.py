"""Text colours that can be read on a coloured ground."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QColor

_BLACK, _WHITE = QColor("#0b0d10"), QColor("#ffffff")


def luminance(color: QColor) -> float:
    """Relative luminance, 0 black to 1 white, by the formula of WCAG 2."""
    return (
        0.2126 * _linear(color.redF())
        + 0.7152 * _linear(color.greenF())
        + 0.0722 * _linear(color.blueF())
    )


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 to 21, by the formula of WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable_on(ground: QColor) -> QColor:
    """Near-black or white, whichever stands out more from the ground."""
    return _ink(ground.rgb())


@lru_cache(maxsize=256)
def _ink(ground: int) -> QColor:
    return max((_BLACK, _WHITE), key=lambda ink: contrast(ink, QColor(ground)))


def _linear(channel: float) -> float:
    """An sRGB channel, 0 to 1, as linear light."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
