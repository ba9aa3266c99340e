"""The inspect page against the embedded server, as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView
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


def as_message(page: InspectPage, qtbot: QtBot) -> None:
    """Write the request as a message."""
    page.request.body._mode.choose("text")
    qtbot.waitUntil(lambda: page.request.body._mode.value == "text")


def type_message(page: InspectPage, text: str) -> None:
    """Replace the message as a hand at the keyboard would."""
    page.request.body._message.selectAll()
    page.request.body._message.insertPlainText(text)


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
    form_of(page, qtbot, "identity")
    as_message(page, qtbot)
    type_message(page, '{"inputs": [{"shape": [1, "x"]}]}')
    qtbot.waitUntil(lambda: "inputs[0].shape[1]" in page.request._wrong.text())
    assert "int64" in page.request._wrong.text()
    (mark,) = page.request.body._message.extraSelections()
    assert mark.cursor.selectedText() == '"x"'
    type_message(page, '{"model_name": "identity"}')
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


def test_without_a_choice_the_newest_is_compared_with_the_one_before_it(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    past, compared = page.past.list, list[tuple[int, int]]()
    past.diff_wanted.connect(lambda *pair: compared.append(pair))
    form_of(page, qtbot, "identity_fp32")
    call(page, qtbot)
    kept(page, qtbot, 1)
    assert not past._diff.isEnabled()
    page.methods.choose(LIVE)
    call(page, qtbot)
    page.methods.choose(INFER)
    call(page, qtbot)
    kept(page, qtbot, 3)
    third, second, first = (row.id for row in past._rows.shown)
    past._diff.click()
    past.view.setCurrentIndex(past.view.model().index(1, 0))
    past._diff.click()
    past.view.setCurrentIndex(past.view.model().index(2, 0))
    past._diff.click()
    assert compared == [(first, third), (first, second), (first, second)]


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
    type_message(page, "{")
    with qtbot.waitSignal(page.calls.failed):
        page.requests.send()
    assert page.reply.status.text.startswith("0 OK")


def test_a_message_begins_with_what_the_form_says_and_goes_back_into_it(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    body = page.request.body
    for method in (INFER, "POST /v2/models/{model}/infer"):
        assert page.methods.choose(method)
        form_of(page, qtbot, "identity_fp32")
        body._enter("form")
        fill(page, "INPUT0", Fill(FillKind.RANDOM, seed=3), (3,))
        before = body.form
        as_message(page, qtbot)
        message = json.loads(body.text)
        assert message["inputs"][0]["shape"] == [3]
        assert call(page, qtbot).exchange.ok
        body._mode.choose("form")
        qtbot.waitUntil(lambda: body._mode.value == "form")
        assert body.form is before
        as_message(page, qtbot)
        tensor = message["inputs"][0]
        if "data" in tensor:
            tensor["data"] = [4, 5]
        else:
            tensor["contents"]["fp32_contents"] = [4, 5]
        tensor["shape"], message["id"] = [2], "mine"
        type_message(page, json.dumps(message))
        body._mode.choose("form")
        qtbot.waitUntil(lambda: body._mode.value == "form")
        assert body.form is not None
        assert body.form.id == "mine"
        assert body.form.rows[0].fill == Fill(FillKind.JSON, "[4.0, 5.0]")
        assert body.form.rows[0].shape == (2,)
        outcome = call(page, qtbot)
        assert outcome.reading.summary is not None
        assert outcome.reading.summary.rows[0].first == ("4", "5")


def test_the_switch_stays_where_it_is_when_it_is_pressed(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _host = stage
    form_of(page, qtbot, "identity")
    switch, terms = page.request.body._mode, page.request.terms
    place = switch.mapTo(page.request, switch.rect().topLeft())
    as_message(page, qtbot)
    QApplication.processEvents()
    assert switch.mapTo(page.request, switch.rect().topLeft()) == place
    assert "as it is written" in terms._serialization.blocked("raw")
    assert (terms._serialization.value, terms.serialization) == ("typed", "raw")
    switch.choose("form")
    qtbot.waitUntil(lambda: switch.value == "form")
    assert not terms._serialization.blocked("raw")
    assert terms._serialization.value == "raw"
    assert not terms._serialization.offers("json")


def test_a_message_is_of_the_form_for_the_next_method_too(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    form_of(page, qtbot, "identity_fp32")
    fill(page, "INPUT0", Fill(FillKind.RANDOM, seed=3), (3,))
    as_message(page, qtbot)
    assert page.methods.choose("POST /v2/models/{model}/infer")
    body = page.request.body
    qtbot.waitUntil(lambda: '"shape": [3]' in body.text)
    assert json.loads(body.text)["inputs"][0]["name"] == "INPUT0"
    assert call(page, qtbot).exchange.ok


def test_a_message_that_no_form_can_show_stays_one(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    form_of(page, qtbot, "identity_fp32")
    as_message(page, qtbot)
    type_message(
        page,
        '{"model_name": "identity_fp32", "inputs": '
        '[{"name": "OTHER", "datatype": "FP32", "shape": [0]}]}',
    )
    page.request.body._mode.choose("form")
    qtbot.waitUntil(lambda: "OTHER" in page.request._wrong.text())
    assert page.request.body._mode.value == "text"
    assert "OTHER" in page.request.body.text


def test_the_message_for_a_model_that_is_not_there_names_it(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    form_of(page, qtbot, "identity")
    name_model(page, "nosuch")
    qtbot.waitUntil(lambda: "nosuch" in page.request.body.sentence)
    as_message(page, qtbot)
    assert json.loads(page.request.body.text)["model_name"] == "nosuch"


def test_the_message_of_a_picture_fits_the_model_and_is_sent_from_the_form(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, host = stage
    host.sample = Frame(0, 0, np.zeros((480, 640, 3), np.uint8))
    as_message(page, qtbot)
    name_model(page, "shapes")
    qtbot.waitUntil(lambda: "too many to be edited" in page.request.body._kept.text())
    assert page.request.body.in_form
    outcome = call(page, qtbot)
    assert outcome.exchange.ok, outcome.exchange.fault
    host.sample = None
    name_model(page, "identity_fp32")
    qtbot.waitUntil(lambda: '"INPUT0"' in page.request.body.text)
    qtbot.waitUntil(lambda: not page.request.body.in_form)


def test_a_stream_has_no_deadline_but_one_that_is_typed(
    stage: tuple[InspectPage, ListeningHost],
) -> None:
    page, host = stage
    shown: list[float | None] = []
    for method in (LIVE, STREAM):
        page.methods.choose(method)
        shown.append(page.request.terms.deadline_s)
    page.request.set_target(host.target)
    shown.append(page.request.terms.deadline_s)
    page.request.terms._deadline.setValue(7)
    for method in (WATCH, LIVE):
        page.methods.choose(method)
        shown.append(page.request.terms.deadline_s)
    usual = host.target.deadline_s
    assert shown == [usual, None, None, 7, usual]


def test_one_click_on_a_row_shows_the_exchange(
    stage: tuple[InspectPage, ListeningHost], qtbot: QtBot
) -> None:
    page, _ = stage
    page.methods.choose(LIVE)
    first = call(page, qtbot)
    kept(page, qtbot, 1)
    page.methods.choose("inference.GRPCInferenceService/ServerReady")
    call(page, qtbot)
    kept(page, qtbot, 2)
    page.show_history()
    view = page.past.list.view
    place = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: page.request.method is first.method)
    qtbot.waitUntil(
        lambda: (
            page.replies.shown is not None
            and page.replies.shown.exchange.request == first.exchange.request
        )
    )
