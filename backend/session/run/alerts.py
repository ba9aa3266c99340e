"""The conditions that are true now, in words."""

from __future__ import annotations

from backend.core.errors import ConsoleError, InvalidInput, NotFound, NotReady, TargetFault
from backend.core.status import REQUEST_ALERT, Alert, Severity, SourceState, SourceStatus

_SOURCE_TITLES = {
    SourceState.LOST: "The source is not there",
    SourceState.SILENT: "The source gives nothing",
}


def current_alerts(
    source: SourceStatus, target_error: ConsoleError | None, request_error: ConsoleError | None
) -> tuple[Alert, ...]:
    """Alerts for the source, the connection and the newest reply, each under its own id."""
    alerts = []
    if source.state in _SOURCE_TITLES:
        alerts.append(
            Alert("source", Severity.WARNING, _SOURCE_TITLES[source.state], source.message)
        )
    if target_error is not None:
        alerts.append(_alert("target", target_error))
    if request_error is not None:
        alerts.append(_alert(REQUEST_ALERT, request_error))
    return tuple(alerts)


def _alert(topic: str, error: ConsoleError) -> Alert:
    fault = getattr(error, "fault", None)
    known = fault if isinstance(fault, TargetFault) else _fault_of_request(error)
    return Alert(topic, Severity.ERROR, error.message, error.hint, known)


def _fault_of_request(error: ConsoleError) -> TargetFault | None:
    """What is to be put right where a server refused one request."""
    if isinstance(error, InvalidInput):
        return TargetFault.WRONG_INPUT
    return TargetFault.NOT_LOADED if isinstance(error, NotFound | NotReady) else None
