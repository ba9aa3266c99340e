"""The inspect page: a method at the left, the request in the middle, the reply at the right."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QFileDialog, QSplitter, QTabWidget, QWidget

from backend.core.errors import ConsoleError, InvalidInput
from backend.core.samples import AudioWindow, Frame
from backend.inspector.calls import (
    Direction,
    Drained,
    Exchange,
    ReplyMessage,
    Request,
    StreamEvent,
    events_of,
    now_utc,
    request_again,
)
from backend.inspector.forms import NOTHING_LIVE, Draft, Live
from backend.inspector.methods import Method, MethodList, Schema, method_of, read_schema_file
from backend.inspector.views import Reading, one_line, read_message, read_reply
from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import CallController, Outcome
from gui.inspect.catalogue import DescribedModel, MethodCatalogue
from gui.inspect.code_dialog import CodeDialog, snippets
from gui.inspect.commands import inspect_commands
from gui.inspect.diff_view import Comparison, compare
from gui.inspect.engine import Engine
from gui.inspect.first_form import first_form
from gui.inspect.history_controller import HistoryController
from gui.inspect.method_tree import MethodTree
from gui.inspect.reply_pane import EmptyReply, ReplyPane
from gui.inspect.request_pane import RequestPane
from gui.widgets.language import tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.pages import PageHost

_FIRST_METHOD = "inference.GRPCInferenceService/ModelInfer"
_FIRST_ROUTE = "POST /v2/models/{model}/infer"
_LARGEST_TRIED = 16 * 1024 * 1024
"""A larger draft is not made just to know its exact size."""
_SIDE, _MIDDLE, _RIGHT = 280, 470, 530


class InspectPage(QObject):
    """Joins the parts: what is chosen, sent, shown and kept."""

    def __init__(self, host: PageHost, engine: Engine) -> None:
        super().__init__()
        palette = host.palette_roles
        self._host = host
        self._engine = engine
        self._shown: Outcome | None = None
        self._compared: tuple[Exchange, Exchange] | None = None
        self._draft_ticket = self._reading_ticket = 0
        self._follow_target = True
        self.catalogue = MethodCatalogue(engine, host.tasks, self)
        self.desk = CallController(host.tasks, self)
        self._caller = engine.make_caller(host.target)
        self.desk.use(self._caller)
        self.methods = MethodTree(palette)
        self.past = HistoryController(host, engine.open_history, palette, self)
        self.request = RequestPane(palette)
        self.reply = ReplyPane(palette, EmptyReply(palette))
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._send_by_clock)
        self._build()
        self._connect()

    # -- a page of the window ------------------------------------------------------------------

    @property
    def name(self) -> str:
        """For settings and command ids."""
        return "inspect"

    @property
    def title(self) -> str:
        """What its tab says."""
        return tr("Inspect")

    @property
    def icon(self) -> str:
        """Its icon."""
        return "layers"

    @property
    def widget(self) -> QWidget:
        """What is shown."""
        return self._splitter

    def commands(self) -> Iterator[Command]:
        """What can be done on it."""
        return inspect_commands(self)

    def activated(self) -> None:
        """Ask the target what it offers, the first time and after it changed."""
        if self._follow_target:
            self._follow_target = False
            self._use_target()
        self.past.refresh()  # another window may have added to it
        self.methods.search.setFocus()

    def deactivated(self) -> None:
        """Nothing: a call goes on."""

    def escape(self) -> bool:
        """End the call under way."""
        under_way = self.desk.phase is not CallPhase.IDLE
        if under_way:
            self.desk.cancel()
        return under_way

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (self.methods, self.request, self.reply, self.past):
            part.set_palette_roles(palette)

    def close(self) -> None:
        """End what runs."""
        self._clock.stop()
        self.desk.close()
        self._caller.close()
        self.past.close()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.addTab(self.methods, tr("Methods"))
        self.side.addTab(self.past.list, tr("History"))
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("panel")
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        for part, width in (
            (self.side, _SIDE),
            (self.request, _MIDDLE),
            (self.reply, _RIGHT),
        ):
            part.setMinimumWidth(width // 2 + 40)
            self._splitter.addWidget(part)
        self._splitter.setSizes([_SIDE, _MIDDLE, _RIGHT])
        for index, stretch in enumerate((0, 1, 1)):
            self._splitter.setStretchFactor(index, stretch)

    def _connect(self) -> None:
        self._host.target_changed.connect(self._target_changed)
        self.catalogue.methods_known.connect(self._show_methods)
        self.catalogue.models_known.connect(self._show_models)
        self.catalogue.model_known.connect(self._show_model)
        self.catalogue.model_unknown.connect(self._model_unknown)
        self.catalogue.asking.connect(self._show_asking)
        self.methods.chosen.connect(self._choose)
        self.request.model_wanted.connect(self.catalogue.ask_model)
        self.request.draft_changed.connect(self._try_draft)
        acts = self.request.acts
        acts.send.connect(self.send)
        acts.start.connect(self.start)
        acts.finish.connect(self.desk.finish)
        acts.cancel.connect(self.desk.cancel)
        self.request.code.clicked.connect(self.copy_as_code)
        acts.repeat.connect(self._set_clock)
        self.desk.phase_changed.connect(self._phase_changed)
        self.desk.began.connect(self._began)
        self.desk.rows.connect(self._rows)
        self.desk.progress.connect(self._progress)
        self.desk.ended.connect(self._ended)
        self.desk.failed.connect(self._failed)
        self.reply.picked.connect(self._picked)
        self.past.opened.connect(self._open_past)
        self.past.resent.connect(self._resend)
        self.past.compared.connect(self._compare)
        self.reply.diff.tolerance_changed.connect(self._compare_again)

    # -- what the user does ----------------------------------------------------------------------

    @Slot()
    def send(self) -> None:
        """Send the request, or one more message of the stream."""
        draft = self.request.draft()
        if draft is None:
            self.request.complain(self.request.why_no_draft)
        elif self.desk.phase is CallPhase.OPEN:
            self.desk.send_message(draft, self._live(draft))
        else:
            live = self._live(draft)
            self.desk.send(draft.method, lambda: draft.request(live), live)

    @Slot()
    def start(self) -> None:
        """Open the stream."""
        draft = self.request.draft()
        if draft is None:
            self.request.complain(self.request.why_no_draft)
        else:
            self.desk.start(draft, self._live(draft))

    def find_method(self) -> None:
        """Put the cursor into the search field."""
        self.side.setCurrentWidget(self.methods)
        self.methods.search.setFocus()
        self.methods.search.selectAll()

    def show_history(self) -> None:
        """Show what was sent before."""
        self.side.setCurrentWidget(self.past.list)
        self.past.list.view.setFocus()

    def reload(self) -> None:
        """Ask the target again what it offers."""
        self._use_target()

    def add_proto(self) -> None:
        """Read a .proto or a protoset and offer its methods."""
        path, _ = QFileDialog.getOpenFileName(
            self.widget,
            tr("Add a schema"),
            "",
            tr("Schemas ({patterns})", patterns="*.proto *.protoset *.pb *.bin *.desc"),
        )
        if path:
            self._host.tasks.start(
                "schema",
                lambda: read_schema_file(Path(path), (Path(path).parent,)),
                self._add_schema,
                self._host.notifier.show_error,
            )

    def save_reply(self) -> None:
        """Write the reply's bytes to a file."""
        if self._shown is None:
            return
        body = self._shown.reading.body
        path, _ = QFileDialog.getSaveFileName(self.widget, tr("Save the reply"), "reply.bin")
        if path:
            self._host.tasks.start(
                "save",
                lambda: Path(path).write_bytes(body),
                lambda _size: self._host.notifier.log(tr("Saved the reply as {path}.", path=path)),
                self._host.notifier.show_error,
            )

    @Slot()
    def copy_as_code(self) -> None:
        """Show the request as code to be copied."""
        draft = self.request.draft()
        if draft is None:
            return
        live, target = self._live(draft), self._host.target

        def made(request: Request) -> None:
            ways = snippets(request, target, draft.method)
            CodeDialog(self.widget, self._host.palette_roles, self._host.tasks, ways).open()

        self._host.tasks.start("code", lambda: draft.request(live), made, self._complain)

    @property
    def shown(self) -> Outcome | None:
        """The call whose reply is on show."""
        return self._shown

    # -- the target --------------------------------------------------------------------------------

    @Slot()
    def _target_changed(self) -> None:
        if self._splitter.isVisible():
            self._use_target()
        else:
            self._follow_target = True

    def _use_target(self) -> None:
        target = self._host.target
        self._caller.close()
        self._caller = self._engine.make_caller(target)
        self.desk.use(self._caller)
        self.request.set_target(target)
        self.catalogue.follow(target, self._caller)
        self.request.set_models([self._host.model])
        self.request.ask_again()

    @Slot(object)
    def _show_methods(self, methods: MethodList) -> None:
        self.methods.show_methods(methods)
        if not methods.methods:
            self.methods.say(tr("The target has no address. Does its server run?"))
        if self.request.method is not None:
            return
        for title in (_FIRST_METHOD, _FIRST_ROUTE):
            if self.methods.choose(title):
                return

    @Slot(bool)
    def _show_asking(self, asking: bool) -> None:
        if asking:
            self.methods.say(tr("Asking the server what it offers..."))

    @Slot(object)
    def _show_models(self, names: tuple[str, ...]) -> None:
        self.request.set_models(names or (self._host.model,))

    @Slot(object)
    def _show_model(self, model: DescribedModel) -> None:
        if model.description.name == self.request.model or not self.request.model:
            self.request.show_form(first_form(model, self._host.newest_sample()))

    @Slot(str, object)
    def _model_unknown(self, name: str, error: Exception) -> None:
        self.request.say_inputs(tr("'{name}' cannot be described: {error}", name=name, error=error))

    def _add_schema(self, schema: Schema) -> None:
        self.catalogue.add_schema(schema)
        self._use_target()

    # -- the request -------------------------------------------------------------------------------

    @Slot(object)
    def _choose(self, method: Method) -> None:
        if self.desk.phase is not CallPhase.IDLE:
            self.request.complain(tr("A call is under way; cancel it first."))
            self.methods.show_current(self.request.method)
            return
        self.request.set_method(method)

    @Slot()
    def _try_draft(self) -> None:
        """Make the draft elsewhere, to know its size and what is wrong with it."""
        self._draft_ticket += 1  # an earlier one may still be in the making
        draft = self.request.draft()
        if draft is None:
            self.request.show_size(None, exact=True)
            return
        rough = draft.form.size() if draft.form is not None else None
        if rough is not None and rough > _LARGEST_TRIED:
            self.request.complain("")
            self.request.show_size(rough, exact=False)
            return
        live = self._live(draft)
        ticket = self._draft_ticket

        def failed(error: Exception) -> None:
            if ticket == self._draft_ticket:
                self.request.show_size(None, exact=True)
                self._complain(error)

        def made(size: int) -> None:
            if ticket == self._draft_ticket:
                self.request.complain("")
                self.request.show_size(size, exact=True)

        self._host.tasks.start("draft", lambda: draft.request(live).size, made, failed)

    def _live(self, draft: Draft) -> Live:
        sample = self._host.newest_sample()
        if draft.form is None:
            return NOTHING_LIVE
        known = self.catalogue.model(draft.form.model)
        return Live(
            frame=sample if isinstance(sample, Frame) else None,
            window=sample if isinstance(sample, AudioWindow) else None,
            profile=known.profile if known is not None else None,
        )

    @Slot(bool)
    def _set_clock(self, on: bool) -> None:
        if on:
            self._clock.start(self.request.acts.interval_ms)
        else:
            self._clock.stop()

    @Slot()
    def _send_by_clock(self) -> None:
        draft = self.request.draft()
        if draft is not None and self.desk.phase is CallPhase.OPEN:
            self._clock.setInterval(self.request.acts.interval_ms)
            self.desk.send_message(draft, self._live(draft), by_clock=True)

    # -- the reply ---------------------------------------------------------------------------------

    @Slot(object)
    def _phase_changed(self, phase: CallPhase) -> None:
        self.request.acts.set_phase(phase)
        if phase is CallPhase.BUSY:
            self.reply.status.show_waiting(tr("Waiting for the reply"))

    @Slot(object)
    def _began(self, method: Method) -> None:
        self._reading_ticket += 1
        self.request.complain("")
        self.reply.begin(streams=method.kind.streams)
        self.reply.feed.rows.say_with(lambda event: one_line(event, method))

    @Slot(object)
    def _rows(self, drained: Drained) -> None:
        self.reply.feed.add(drained.events)

    @Slot(str)
    def _progress(self, counts: str) -> None:
        words = {
            CallPhase.OPEN: tr("Stream is open"),
            CallPhase.FINISHED: tr("Waiting for the end"),
        }
        self.reply.status.show_waiting(words.get(self.desk.phase, ""), counts)

    @Slot(object)
    def _ended(self, outcome: Outcome) -> None:
        self._show(outcome)
        self.past.keep(outcome.exchange)
        if outcome.method.kind.streams and self.reply.feed.rows.rowCount() == 0:
            self.reply.feed.add(events_of(outcome.exchange))

    def _read(self, work: Callable[[], Reading], done: Callable[[Reading], None]) -> None:
        """Read a message elsewhere; only what was wanted last is shown."""
        self._reading_ticket += 1
        ticket = self._reading_ticket

        def read(reading: Reading) -> None:
            if ticket == self._reading_ticket:
                done(reading)

        self._host.tasks.start("reading", work, read, self._host.notifier.show_error)

    def _show(self, outcome: Outcome) -> None:
        self._reading_ticket += 1
        self._shown = outcome
        self.reply.show_exchange(outcome.exchange)
        self.reply.show_reading(outcome.reading)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        if self._shown is not None:
            self._show(self._shown)
        else:
            self.reply.show_nothing()
        self._complain(error)

    def _complain(self, error: Exception) -> None:
        if isinstance(error, ConsoleError):
            self.request.complain(str(error), error)
        else:
            self._host.notifier.show_error(error)

    @Slot(object)
    def _picked(self, event: StreamEvent) -> None:
        """Show one message of a stream in the other tabs."""
        method = self._shown.method if self._shown else self.request.method
        if event.body is None or method is None:
            return
        body = event.body
        target = self._host.target.name

        def read() -> Reading:
            if event.direction is Direction.SENT:
                return read_message(body, method.input)
            request = replace(method.request(target, ()), messages=())
            one = Exchange(
                request,
                now_utc(),
                event.offset_ns,
                replies=(ReplyMessage(body, event.offset_ns),),
            )
            return read_reply(one, method)

        self._read(read, self.reply.show_reading)

    # -- the past ----------------------------------------------------------------------------------

    @Slot(object)
    def _open_past(self, exchange: Exchange) -> bool:
        """Show an exchange of the past with its request, to be edited and sent again."""
        method = method_of(exchange.request, self.methods.methods)
        if method is None:
            self._host.notifier.show_error(
                InvalidInput(
                    tr("{method} is not offered here.", method=exchange.request.method),
                    tr("Choose the target it belongs to, or add its schema."),
                )
            )
            return False
        self.methods.show_current(method)
        self.request.show_request(method, exchange.request)
        self._began(method)
        self.reply.feed.add(events_of(exchange))

        def shown(reading: Reading) -> None:
            self._show(Outcome(method, exchange, reading))

        self._read(lambda: read_reply(exchange, method), shown)
        return True

    @Slot(object)
    def _resend(self, exchange: Exchange) -> None:
        """Send the same bytes again."""
        if self.desk.phase is not CallPhase.IDLE:
            self.request.complain(tr("A call is under way; cancel it first."))
        elif self._open_past(exchange) and self.request.method is not None:
            self.desk.send(
                self.request.method, lambda: request_again(exchange, os.environ), NOTHING_LIVE
            )

    @Slot(object, object)
    def _compare(self, left: Exchange, right: Exchange) -> None:
        self._compared = (left, right)
        tolerance = self.reply.diff.tolerance
        methods = self.methods.methods

        def work() -> Comparison:
            texts = [
                read_reply(exchange, method_of(exchange.request, methods)).text.text
                for exchange in (left, right)
            ]
            return compare(left, right, tolerance, (texts[0], texts[1]))

        self._host.tasks.start(
            "diff", work, self.reply.show_comparison, self._host.notifier.show_error
        )

    @Slot()
    def _compare_again(self) -> None:
        if self._compared is not None:
            self._compare(*self._compared)
