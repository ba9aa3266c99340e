"""The conditions that are true now, in words."""

from __future__ import annotations

from backend.core.errors import ConsoleError, InvalidInput, NotFound, NotReady, TargetFault
from backend.core.status import Alert, Severity, SourceState, SourceStatus

REQUEST_ALERT = "request"
"""Id of the alert for the newest reply."""

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
        alerts.append(_alert("target", trouble))
    if request is not None:
        alerts.append(_alert(REQUEST_ALERT, request))
    return tuple(alerts)


def _alert(topic: str, error: ConsoleError) -> Alert:
    fault = getattr(error, "fault", None)
    known = fault if isinstance(fault, TargetFault) else _fault_of_request(error)
    return Alert(topic, Severity.ERROR, error.message, error.hint, known)


def _fault_of_request(error: ConsoleError) -> TargetFault | None:
    """What is to be mended where a server refused one request."""
    if isinstance(error, InvalidInput):
        return TargetFault.WRONG_INPUT
    return TargetFault.NOT_LOADED if isinstance(error, NotFound | NotReady) else None
