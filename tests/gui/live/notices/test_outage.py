"""When the target is gone: one explanation, which goes as soon as it is over; the log tells all."""

from __future__ import annotations

from dataclasses import replace

from backend.core.choices import EMBEDDED, Target, Transport
from backend.core.errors import NotFound
from backend.core.ledger import Counts
from backend.core.status import (
    Alert,
    Notice,
    RunState,
    RunStatus,
    Severity,
    SourceState,
    SourceStatus,
)
from backend.session.sinks import NOTICES
from gui.live.notices.log import RunLog
from gui.live.notices.outage import WayOut, outage_of
from gui.live.page import LivePage
from gui.state.server_control import ServerControl
from gui.state.switches import Switches
from gui.widgets.theme import DARK
from gui.workspace.notices import ToastAction
from gui.workspace.toasts import Toasts
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import FakeServer
from tests.gui.shell_stage import Stage, begin

# The offscreen platform says so about every window with a smallest size.

LOST = RunStatus(
    state=RunState.RECONNECTING,
    message="Gone.",
    attempt=2,
    retry_in_s=3.0,
    alerts=(Alert("target", Severity.ERROR, "The connection was lost.", "Is it up?"),),
)


def running_server() -> ServerControl:
    server = FakeServer()
    control = ServerControl(InlineTasks(), lambda _rest, _grpc: server)
    control.start()
    return control


def test_a_closed_door_of_our_own_is_the_one_explanation() -> None:
    control = running_server()
    control.set_grpc(on=False)
    outage = outage_of(LOST, Switches(transport=Transport.GRPC), control)
    assert outage is not None
    assert outage.title == "gRPC of the local server is switched off"
    assert outage.ways == (WayOut.OPEN_ENDPOINT,)
    assert outage.alert.title == outage.notice.title == outage.title
    assert "Trying again in 3 s" in outage.veil(LOST).body


def test_a_stopped_server_of_our_own_can_be_started_from_the_toast() -> None:
    control = running_server()
    control.stop()
    outage = outage_of(LOST, Switches(), control)
    assert outage is not None
    assert outage.ways == (WayOut.START_SERVER,)


def test_another_server_is_explained_by_its_connection() -> None:
    switches = Switches(target=Target("lab", rest="http://127.0.0.1:1"), transport=Transport.REST)
    outage = outage_of(LOST, switches, running_server())
    assert outage is not None
    assert (outage.title, outage.ways) == (
        "The connection was lost.",
        (WayOut.RETRY, WayOut.LOCAL),
    )
    assert outage_of(RunStatus(state=RunState.STREAMING), switches, running_server()) is None


def test_a_condition_is_one_toast_until_it_is_called_off(stage: Stage) -> None:
    toasts = Toasts(stage.window, DARK, 0)
    first, second = Notice(Severity.WARNING, "Gone"), Notice(Severity.WARNING, "Still gone")
    for notice in (first, first, second):
        toasts.show_condition("target", notice, (ToastAction("Retry", lambda: None),))
    assert toasts.shown == (second,)
    toasts.show_condition("target", None)
    assert not [*toasts.shown]


def test_the_picture_is_veiled_until_an_answer_comes(stage: Stage) -> None:
    session = begin(stage)
    window = stage.window
    stage.live.page.show_result(session.answer(0))
    session.now = replace(session.now, state=RunState.RECONNECTING, alerts=LOST.alerts)
    session.subscriptions.publish(NOTICES, Notice(Severity.WARNING, "Lost", topic="target"))
    stage.live.readout.refresh()
    preview = stage.live.page.pane.preview
    assert preview.summary.startswith("Reconnecting...")
    assert [notice.title for notice in window.toasts.shown] == ["The connection was lost."]
    assert [alert.title for alert in stage.live.page.alerts.alerts] == ["The connection was lost."]
    session.now = replace(session.now, state=RunState.STREAMING, alerts=())
    stage.live.page.show_result(session.answer(1))
    assert "Reconnecting" not in preview.summary
    stage.live.readout.refresh()
    assert not window.toasts.shown
    assert stage.live.page.log.toPlainText().count("Target lost") == 1


def _is_stale(page: LivePage) -> bool:
    return page._stale


def test_what_was_predicted_is_of_the_past_while_nothing_is_answered(stage: Stage) -> None:
    session = begin(stage)
    page = stage.live.page
    page.show_result(session.answer(0))
    stage.live.readout.refresh()
    assert not _is_stale(page)
    session.last_failure = NotFound("There is no model 'shapes'.", "Load it.")
    session.now = replace(session.now, counts=Counts(captured=50, failed=50))
    stage.live.readout.refresh()
    assert _is_stale(page)
    preview = page.pane.preview
    assert preview.summary == "Nothing is answered. There is no model 'shapes'. Load it"
    page.show_result(session.answer(1))
    assert "Nothing is answered" not in preview.summary


def test_another_target_takes_the_explanation_of_the_old_one_away(stage: Stage) -> None:
    session = begin(stage)
    session.now = replace(session.now, state=RunState.RECONNECTING, alerts=LOST.alerts)
    stage.live.readout.refresh()
    session.now = replace(session.now, state=RunState.STARTING, alerts=())
    other = Target("lab", rest="http://127.0.0.1:1", grpc="127.0.0.1:2")
    stage.live.switches.choose(stage.live.switches.current.aimed_at(other))
    assert not stage.window.toasts.shown


def test_another_source_is_not_the_lost_one_come_back() -> None:
    lines: list[str] = []
    journal = RunLog(lines.append, lambda spec: spec)
    journal.switched(Switches(source="rtsp://cam/a"))
    lost = SourceStatus(SourceState.LOST, None, "Unplugged.")
    journal.note(RunStatus(state=RunState.STREAMING, source=lost))
    journal.switched(Switches(source="pattern"))
    journal.note(RunStatus(state=RunState.STREAMING, source=SourceStatus(SourceState.LIVE)))
    assert lines == ["Source not there: Unplugged.", "Source: pattern"]


def test_the_log_tells_what_was_changed_and_what_became_of_the_source() -> None:
    lines: list[str] = []
    journal = RunLog(lines.append, lambda spec: spec.upper())
    switches = Switches()
    journal.switched(switches)
    journal.switched(replace(switches, source="tone", model="pitch"))
    journal.switched(
        replace(
            switches,
            source="tone",
            model="pitch",
            transport=Transport.REST,
            target=Target("lab", rest="http://127.0.0.1:1"),
        )
    )
    lost = SourceStatus(SourceState.LOST, None, "Unplugged.")
    for source in (lost, lost, SourceStatus(SourceState.LIVE)):
        journal.note(RunStatus(state=RunState.STREAMING, source=source))
    assert lines == [
        "Source: TONE",
        "Model: pitch",
        "Target: lab",
        "Transport: REST",
        "Serialisation: binary",
        "Source not there: Unplugged.",
        "Source back",
    ]
    assert switches.target.name == EMBEDDED
