"""Texts for moments and places on an axis of time."""

from __future__ import annotations

import time
from datetime import datetime

from gui.widgets.language import number, significant, tr


def ago(at_s: float) -> str:
    """A place on a time axis that ends now."""
    return tr("now") if abs(at_s) < 1e-9 else f"−{significant(-at_s)} s"


def around(at_s: float) -> str:
    """A place on a time axis with a moment of its own at 0."""
    sign = "−" if at_s < -1e-9 else "+" if at_s > 1e-9 else ""
    return f"{sign}{significant(abs(at_s))} s"


def clock_text(at_s: float) -> str:
    """A moment of the clock of the samples as the time of day, to the millisecond."""
    shown = round((at_s + time.time() - time.monotonic()) * 1000)
    moment = datetime.fromtimestamp(shown // 1000).astimezone()
    return moment.strftime("%H:%M:%S") + number(shown % 1000 / 1000, 3)[1:]


def duration_text(seconds: float) -> str:
    """A length of time, to the millisecond below ten seconds."""
    return f"{number(seconds, 3 if seconds < 10 else 2)} s"
