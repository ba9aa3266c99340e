"""One explanation of why nothing is answered, for the veil, the alert and the toast alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from backend.core.choices import EMBEDDED, Transport
from backend.core.errors import TargetFault
from backend.core.status import Alert, Notice, RunState, RunStatus, Severity
from gui.state.server_control import ServerControl, ServerState
from gui.state.switches import Switches, target_title
from gui.views.messages import EmptyMessage, MessageKind
from gui.widgets.language import number, spoken, tr

OUTAGE = "target"
"""The session's own id for everything about the connection."""


class WayOut(StrEnum):
    """What the user can do about it."""

    START_SERVER = "start"
    OPEN_ENDPOINT = "endpoint"
    RETRY = "retry"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Outage:
    """What is wrong, what can be done about it, and the words of the connection's own error."""

    title: str
    body: str
    ways: tuple[WayOut, ...]
    fault: TargetFault | None = None
    """What is wrong, where the connection's own error says so."""

    @property
    def alert(self) -> Alert:
        """As a condition in the list of alerts."""
        return Alert(OUTAGE, Severity.ERROR, self.title, self.body, self.fault)

    @property
    def notice(self) -> Notice:
        """As a toast."""
        return Notice(Severity.WARNING, self.title, self.body, OUTAGE)

    def veil(self, status: RunStatus) -> EmptyMessage:
        """As a message over the picture, with the time until the next attempt."""
        wait = status.retry_in_s
        again = (
            tr("Trying again in {seconds} s.", seconds=number(math.ceil(wait)))
            if wait > 0
            else tr("Trying again now.")
        )
        return EmptyMessage(tr("Reconnecting..."), f"{_sentence(self.title)} {again}", _LOADING)


_LOADING = MessageKind.LOADING


def outage_of(status: RunStatus, switches: Switches, server: ServerControl) -> Outage | None:
    """Why a run is without its target now, or None where it is not."""
    if status.state is not RunState.RECONNECTING:
        return None
    own = switches.target.name == EMBEDDED
    return (_own_outage(switches.transport, server) if own else None) or _reported(status, switches)


def _own_outage(transport: Transport, control: ServerControl) -> Outage | None:
    server, endpoint = control.server, "gRPC" if transport.is_grpc else "REST"
    if control.state in (ServerState.STOPPED, ServerState.FAILED) or server is None:
        return Outage(
            tr("The local server does not run"),
            control.problem or tr("Streaming goes on by itself once it runs again."),
            (WayOut.START_SERVER,),
        )
    if control.state is ServerState.RUNNING and not (
        server.grpc_on if transport.is_grpc else server.rest_on
    ):
        return Outage(
            tr("{endpoint} of the local server is switched off", endpoint=endpoint),
            tr("Streaming goes on by itself once it is on again."),
            (WayOut.OPEN_ENDPOINT,),
        )
    return None


def _reported(status: RunStatus, switches: Switches) -> Outage:
    alert = next((alert for alert in status.alerts if alert.id == OUTAGE), None)
    title = target_title(switches.target)
    own = switches.target.name == EMBEDDED
    ways = (WayOut.RETRY,) if own else (WayOut.RETRY, WayOut.LOCAL)
    if alert is None:
        return Outage(tr("{target} does not answer", target=title), spoken(status.message), ways)
    return Outage(spoken(alert.title), spoken(alert.body), ways, alert.fault)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
