"""What the user may set once and for all, with the limits of each."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core.status import Severity

PLOT_WINDOW_S = (10, 120)
ROWS = (1, 20)
DROP_PERCENT = (0.1, 50.0)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Seconds that the timeline shows, rows of top classes, toasts, and when drops are much.

    `drop_warning` and `drop_alarm` are per cent of the last ten seconds. Raises ValueError for
    what is out of its limits.
    """

    plot_window_s: int = 30
    rows: int = 5
    toasts: Severity = Severity.INFO
    drop_warning: float = 1.0
    drop_alarm: float = 5.0
    smooth_boxes: bool = True
    """Whether boxes are shown without their shaking; what was answered stays as it is."""
    open_switches: bool = False
    """Whether a wide bar shows the switches for the wire itself, not only their summary."""

    def __post_init__(self) -> None:
        for name, value, (low, high) in (
            ("plot_window_s", self.plot_window_s, PLOT_WINDOW_S),
            ("rows", self.rows, ROWS),
            ("drop_warning", self.drop_warning, DROP_PERCENT),
            ("drop_alarm", self.drop_alarm, DROP_PERCENT),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must be {low} to {high}, got {value}")
