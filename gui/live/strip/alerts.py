"""What the strip colours is an alert too: the two never say different things."""

from __future__ import annotations

from collections.abc import Mapping

from backend.core.status import Alert, RunStatus, Severity
from gui.live.strip.texts import SlotText
from gui.widgets.language import tr

_LEVELS = {"warning": Severity.WARNING, "error": Severity.ERROR}


def strip_alerts(slots: Mapping[str, SlotText], status: RunStatus) -> tuple[Alert, ...]:
    """An alert for every slot that has a level, and for clocks that contradict each other.

    Their words hold no figures, which would make them new alerts twice a second.
    """
    alerts = []
    if severity := _LEVELS.get(slots["in"].level):
        title = tr("The source gives less than it promises")
        body = tr("The status bar shows its frames per second and the rate that it announced.")
        alerts.append(Alert("rate", severity, title, body))
    if severity := _LEVELS.get(slots["dropped"].level):
        title = tr("Much is not answered")
        body = tr("The tooltip of the status bar's drop counter says where it is lost.")
        alerts.append(Alert("drops", severity, title, body))
    if status.clock_trouble:
        title = tr("Clocks contradict each other")
        body = tr(
            "The server claims more time than passed here between sending the request and its "
            "reply. Its durations, and what is left for the wire, cannot both be right."
        )
        alerts.append(Alert("clock", Severity.WARNING, title, body))
    return tuple(alerts)
