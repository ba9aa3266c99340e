"""How much of the live page its panels take until the user moves a border."""

from __future__ import annotations

from PySide6.QtCore import QSize

_RIGHT_SHARE, _RIGHT_LIMITS = 0.31, (340, 600)
_BOTTOM_SHARE, _BOTTOM_LIMITS = 0.3, (160, 320)


def panel_sizes(page: QSize) -> tuple[int, int]:
    """Width of the numbers and height of the plots."""
    return (
        _within(round(page.width() * _RIGHT_SHARE), _RIGHT_LIMITS),
        _within(round(page.height() * _BOTTOM_SHARE), _BOTTOM_LIMITS),
    )


def _within(value: int, limits: tuple[int, int]) -> int:
    return max(limits[0], min(value, limits[1]))
