"""The conditions that are true now, in words."""

from __future__ import annotations

from backend.core.errors import ConsoleError
from backend.core.status import Alert, Severity, SourceState, SourceStatus

_SOURCE_TITLES = {
    SourceState.LOST: "The source is gone",
    SourceState.SILENT: "The source gives nothing",
}


def current_alerts(
    source: SourceStatus, trouble: ConsoleError | None, request: ConsoleError | None
) -> tuple[Alert, ...]:
    """Alerts for the source, the connection and the newest reply, each under its own id."""
    alerts = []
    if source.state in _SOURCE_TITLES:
        alerts.append(
            Alert("source", Severity.WARNING, _SOURCE_TITLES[source.state], source.message)
        )
    if trouble is not None:
        alerts.append(Alert("target", Severity.ERROR, trouble.message, trouble.hint))
    if request is not None:
        alerts.append(Alert("request", Severity.ERROR, request.message, request.hint))
    return tuple(alerts)
