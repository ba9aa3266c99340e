"""Texts for places on an axis of time."""

from __future__ import annotations

from gui.widgets.language import significant, tr


def ago(at_s: float) -> str:
    """A place on a time axis that ends now."""
    return tr("now") if abs(at_s) < 1e-9 else f"−{significant(-at_s)} s"


def around(at_s: float) -> str:
    """A place on a time axis with a moment of its own at 0."""
    sign = "−" if at_s < -1e-9 else "+" if at_s > 1e-9 else ""
    return f"{sign}{significant(abs(at_s))} s"
