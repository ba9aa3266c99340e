"""The inspect page against the embedded server, as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from backend.core.samples import Frame
from backend.core.target import Dialect, Target
from backend.inspector.calls.exchange import MethodKind
from backend.inspector.forms.input_fills import Fill, FillKind
from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import Outcome
from gui.inspect.page import InspectPage
from gui.inspect.reply.feed import FeedModel
from gui.inspect.request.code_dialog import CodeDialog
from tests.embedded import server, target
from tests.gui.inspect.inspect_stage import NOWHERE, ListeningHost, inspect_page, leave

__all__ = ["server", "target"]

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

INFER = "inference.GRPCInferenceService/ModelInfer"
STREAM = "inference.GRPCInferenceService/ModelStreamInfer"
LIVE = "inference.GRPCInferenceService/ServerLive"
WATCH = "grpc.health.v1.Health/Watch"


@pytest.fixture
def stage(
    target: Target, tmp_path: Path, qtbot: QtBot
) -> Iterator[tuple[InspectPage, ListeningHost]]:
    page, host = inspect_page(target, tmp_path)
    with qtbot.waitSignal(page.catalogue.methods_known):
        pass
    yield page, host
    leave(page, host)


def call(page: InspectPage, qtbot: QtBot) -> Outcome:
    """Send what the page holds and wait for the end."""
    with qtbot.waitSignal(page.calls.ended):
        page.request.acts.act()
    assert page.replies.shown is not None
    return page.replies.shown


def kept(page: InspectPage, qtbot: QtBot, many: int) -> None:
    """Wait until the history holds so many exchanges."""
    qtbot.waitUntil(lambda: page.past.list.view.model().rowCount() == many)


def name_model(page: InspectPage, name: str) -> None:
    """Choose it as the user does."""
    names = page.request.terms._model
    names.setCurrentText(name)
    names.activated.emit(names.currentIndex())


def form_of(page: InspectPage, qtbot: QtBot, model: str) -> None:
    name_model(page, model)
    qtbot.waitUntil(
        lambda: (
            (draft := page.request.draft()) is not None
            and draft.form is not None
            and draft.form.model == model
        ),
    )


def fill(page: InspectPage, name: str, filling: Fill, shape: tuple[int, ...]) -> None:
    draft = page.request.draft()
    assert draft is not None
    assert draft.form is not None
    page.request.show_form(draft.form.with_row(name, fill=filling, shape=shape, sent=True))


def _has_rows(rows: FeedModel, many: int) -> bool:
    return rows.rowCount() >= many


def test_a_method_is_called_and_its_reply_shown_and_kept(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    assert page.methods.choose(LIVE)
    outcome = call(page, qtbot)
    assert outcome.exchange.ok
    assert page.reply.status.text.startswith("0 OK")
    assert outcome.reading.text.text == "live: true\n"
    assert "total" in page.reply.waterfall.summary
    kept(page, qtbot, 1)


def test_the_first_method_is_inference_with_the_inputs_of_the_chosen_model(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    assert page.request.method is not None
    assert page.request.method.title == INFER
    form_of(page, qtbot, "identity")
    fill(page, "INPUT0", Fill(FillKind.RANDOM, seed=3), (5,))
    outcome = call(page, qtbot)
    summary = outcome.reading.summary
    assert summary is not None
    expected = np.random.default_rng(3).integers(0, 256, 5)
    assert summary.rows[0].first == tuple(map(str, expected.tolist()))
    table = page.reply.summary.findChild(QTableView)
    assert table is not None
    assert table.model().index(0, 0).data() == "OUTPUT0"


def test_triton_is_sent_nan_in_json_and_others_are_not(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, host = stage
    form_of(page, qtbot, "identity")
    for dialect, taken in ((Dialect.TRITON, True), (Dialect.AUTO, False)):
        page.request.set_target(replace(host.target, dialect=dialect))
        draft = page.request.draft()
        assert draft is not None
        assert draft.bare_nan is taken


def test_a_frame_goes_through_the_profile_and_its_boxes_are_drawn(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, host = stage
    host.sample = Frame(7, 0, np.zeros((48, 64, 3), np.uint8))
    form_of(page, qtbot, "shapes")
    draft = page.request.draft()
    assert draft is not None
    assert draft.form is not None
    sent = [row.spec.name for row in draft.form.rows if row.sent]
    assert sent == ["IMAGE"]
    assert draft.form.row("IMAGE").fill.kind is FillKind.FRAME
    outcome = call(page, qtbot)
    assert outcome.exchange.ok
    assert page.reply.summary.picture.isVisibleTo(page.reply.summary)


def test_a_fault_in_the_json_is_named_and_marked(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    page.methods.choose(INFER)
    page.request.body._mode.choose("text")
    page.request.body._message.setPlainText('{"inputs": [{"shape": [1, "x"]}]}')
    qtbot.waitUntil(lambda: "inputs[0].shape[1]" in page.request._wrong.text())
    assert "int64" in page.request._wrong.text()
    (mark,) = page.request.body._message.extraSelections()
    assert mark.cursor.selectedText() == '"x"'
    page.request.body._message.setPlainText('{"model_name": "identity"}')
    qtbot.waitUntil(lambda: not page.request._wrong.text())
    assert not page.request.body._message.extraSelections()


def test_a_stream_is_started_sent_to_finished_and_read_back(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    page.methods.choose(STREAM)
    form_of(page, qtbot, "identity")
    page.request.acts.act()
    qtbot.waitUntil(lambda: page.calls.phase is CallPhase.OPEN)
    rows = page.reply.feed.rows
    for sent in (1, 2, 3):
        page.request.acts.act()
        qtbot.waitUntil(partial(_has_rows, rows, 2 * sent))
    with qtbot.waitSignal(page.calls.ended):
        page.calls.finish()
    assert page.replies.shown is not None
    assert len(page.replies.shown.exchange.replies) == 3
    texts = [rows.index(row, 3).data() for row in range(rows.rowCount())]
    assert texts[0] == "identity: INPUT0 UINT8 1"
    assert "identity: OUTPUT0 UINT8 1" in texts
    assert texts[-1] == "Ended: OK"


def test_a_stream_goes_on_by_the_clock_until_it_is_cancelled(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    page.methods.choose(STREAM)
    form_of(page, qtbot, "identity")
    page.request.acts._every.setValue(5)
    page.requests.start()
    qtbot.waitUntil(lambda: page.calls.phase is CallPhase.OPEN)
    page.request.acts._repeat.setChecked(True)
    qtbot.waitUntil(lambda: page.reply.feed.rows.rowCount() > 6)
    with qtbot.waitSignal(page.calls.ended):
        page.calls.cancel()
    assert not page.requests._clock.isActive()
    assert page.calls.phase is CallPhase.IDLE


def test_a_service_that_only_reflection_knows_is_watched_and_cancelled(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    assert page.methods.choose(WATCH)
    assert page.request.method is not None
    assert page.request.method.kind is MethodKind.SERVER_STREAM
    page.request.body._message.setPlainText("{}")
    page.request.acts.act()
    qtbot.waitUntil(lambda: page.reply.feed.rows.rowCount() >= 2)
    with qtbot.waitSignal(page.calls.ended):
        page.calls.cancel()
    assert page.replies.shown is not None
    assert page.replies.shown.exchange.cancelled


def test_a_route_takes_its_parts_from_the_fields(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    assert page.methods.choose("GET /v2/models/{model}/config")
    name_model(page, "faces")
    outcome = call(page, qtbot)
    assert outcome.exchange.request.path == "/v2/models/faces/config"
    assert json.loads(outcome.reading.body)["name"] == "faces"


def test_what_was_sent_is_opened_sent_again_to_the_byte_and_compared(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    form_of(page, qtbot, "identity_fp32")
    fill(page, "INPUT0", Fill(FillKind.RANDOM, seed=1), (4,))
    first = call(page, qtbot).exchange
    kept(page, qtbot, 1)
    number = page.past.list._row(page.past.list.view.model().index(0, 0)).id
    with qtbot.waitSignal(page.calls.ended):
        page.past.list.resend_wanted.emit(number)
    assert page.replies.shown is not None
    assert page.replies.shown.exchange.request.messages == first.request.messages
    kept(page, qtbot, 2)
    view = page.past.list.view
    for row in (0, 1):
        view.selectionModel().select(
            view.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select
        )
    page.past.list._diff.click()
    qtbot.waitUntil(lambda: page.reply.diff._title.text() == "The replies are the same")


def test_nobody_at_the_address_is_said_and_the_page_goes_on(tmp_path: Path, qtbot: QtBot) -> None:
    page, host = inspect_page(NOWHERE, tmp_path)
    try:
        qtbot.waitUntil(lambda: "cannot be described" in page.request.body._rows._message.text())
        page.methods.choose(LIVE)
        outcome = call(page, qtbot)
        assert not outcome.exchange.ok
        assert "127.0.0.1:9" in page.reply.status.text
        assert page.calls.phase is CallPhase.IDLE
    finally:
        leave(page, host)


def test_a_request_is_shown_as_code(stage: tuple[InspectPage, ListeningHost], qtbot: QtBot) -> None:
    page, _ = stage
    form_of(page, qtbot, "identity")
    page.requests.copy_as_code()
    qtbot.waitUntil(lambda: page.widget.findChild(CodeDialog) is not None)
    dialog = page.widget.findChild(CodeDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: "grpcurl" in dialog.code)
    dialog._choice.choose("tritonclient")
    qtbot.waitUntil(lambda: "tritonclient.grpc" in dialog.code)
    dialog.accept()


def test_clearing_the_history_can_be_undone(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, host = stage
    page.methods.choose(LIVE)
    call(page, qtbot)
    kept(page, qtbot, 1)
    page.past.list.clear_wanted.emit()
    kept(page, qtbot, 0)
    (undo,) = host.notifier.actions[-1]
    undo.run()
    kept(page, qtbot, 1)


def test_a_draft_that_cannot_be_made_leaves_the_reply_in_place(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    page.methods.choose(LIVE)
    call(page, qtbot)
    page.methods.choose(INFER)
    page.request.say_inputs("'nosuch' cannot be described")
    page.requests.send()
    assert page.request._wrong.text() == "'nosuch' cannot be described"
    page.request.body._mode.choose("text")
    page.request.body._message.setPlainText("{")
    with qtbot.waitSignal(page.calls.failed):
        page.requests.send()
    assert page.reply.status.text.startswith("0 OK")
