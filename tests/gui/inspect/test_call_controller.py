"""The order of what is sent by hand, however long each message takes to make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pytestqt.qtbot import QtBot

from backend.core.target import Target
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import Exchange, MethodKind
from backend.inspector.calls.stream_log import Direction, StreamEvent
from backend.inspector.forms.drafts import Draft
from backend.inspector.forms.input_fills import NOTHING_LIVE
from backend.inspector.history.file import HistoryUnavailable
from backend.inspector.history.store import History
from backend.inspector.methods.listing import Method
from backend.inspector.methods.schema import Origin
from gui.inspect.call_controller import CallController, Outcome
from gui.inspect.engine import Engine
from gui.inspect.history.controller import HistoryController
from gui.inspect.page import InspectPage
from gui.state.tasks import Done, Failed
from gui.widgets.theme import DARK
from tests.gui.inline_tasks import InlineTasks
from tests.gui.inspect.inspect_stage import NOWHERE, ListeningHost
from tests.inspector.lab_server import lab

__all__ = ["lab"]

T = TypeVar("T")
CHAT = Method(
    MethodKind.BIDI_STREAM, "lab", "Chat", "/lab.v1.Lab/Chat", Origin.PROTO, service="lab.v1.Lab"
)


class HeldTasks:
    """Runs what was started last first, and only when asked to."""

    def __init__(self) -> None:
        self._held: list[Callable[[], None]] = []

    def start(self, name: str, work: Callable[[], T], done: Done[T], failed: Failed) -> None:
        self._held.append(lambda: InlineTasks().start(name, work, done, failed))

    def run(self) -> None:
        while self._held:
            self._held.pop()()


def _draft(message: bytes) -> Draft:
    return Draft(CHAT, "lab", recorded=(message,))


def test_messages_go_out_in_the_order_of_the_clicks_and_before_the_end(
    lab: Target, qtbot: QtBot
) -> None:
    tasks = HeldTasks()
    controller = CallController(tasks)
    ended: list[Exchange] = []

    def keep(outcome: Outcome) -> None:
        ended.append(outcome.exchange)

    def over() -> bool:
        tasks.run()
        return bool(ended)

    controller.ended.connect(keep)
    messages = tuple(bytes((0x10, number)) for number in (1, 2, 3))
    with Caller(lab) as caller:
        controller.use(caller)
        controller.start(_draft(b""), NOTHING_LIVE)
        tasks.run()
        for message in messages:
            controller.send_message(_draft(message), NOTHING_LIVE)
        controller.finish()
        qtbot.waitUntil(over)
        controller.close()
    (exchange,) = ended
    assert exchange.ok
    assert exchange.request.messages == messages
    assert tuple(reply.body for reply in exchange.replies) == messages


def test_the_message_picked_last_is_shown_whichever_is_read_first(qtbot: QtBot) -> None:
    host, tasks = ListeningHost(NOWHERE), HeldTasks()
    host.tasks.close()
    host.tasks = tasks  # type: ignore[assignment]
    page = InspectPage(host, Engine())
    qtbot.addWidget(page.widget)
    page.activated()
    tasks.run()
    for number in (1, 2):
        page.replies._picked(StreamEvent(number, Direction.SENT, 0, 2, bytes((0x0A, 0))[:number]))
    tasks.run()
    assert page.reply._reading is not None
    assert page.reply._reading.body == b"\x0a\x00"
    page.close()


def test_the_history_is_opened_once_even_if_the_first_thing_fails(
    qtbot: QtBot, tmp_path: Path
) -> None:
    host = ListeningHost(Target("x"))
    host.tasks.close()
    host.tasks = InlineTasks()  # type: ignore[assignment]
    opened: list[History] = []

    def open_history() -> History:
        opened.append(History(tmp_path / "h.sqlite"))
        return opened[-1]

    controller = HistoryController(host, open_history, DARK, host)
    qtbot.addWidget(controller.list)
    controller.list.opened.emit(7)
    controller.list.opened.emit(8)
    controller.close()
    assert len(host.notifier.errors) == 2
    assert len(opened) == 1
    with pytest.raises(HistoryUnavailable):
        opened[0].rows()
