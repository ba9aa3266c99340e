"""The inspect page: a method at the left, the request in the middle, the reply at the right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QSplitter, QTabWidget, QWidget

from backend.core.errors import InvalidInput
from backend.core.samples import Sample
from backend.inspector.calls import Exchange, request_again
from backend.inspector.forms import Draft, hidden
from backend.inspector.methods import Method, MethodList, Schema, method_of, read_schema_file
from gui.inspect.acts import CallPhase
from gui.inspect.call_controller import CallController, Outcome
from gui.inspect.catalogue import DescribedModel, MethodCatalogue
from gui.inspect.commands import inspect_commands
from gui.inspect.engine import Engine
from gui.inspect.history import HistoryController
from gui.inspect.method_tree import MethodTree
from gui.inspect.reply import EmptyReply, ReplyController, ReplyPane
from gui.inspect.request import RequestController, RequestPane, first_form
from gui.inspect.saved import SavedController
from gui.widgets.file_dialogs import ask_file
from gui.widgets.language import tr
from gui.widgets.theme import Palette
from gui.workspace.commands import Command
from gui.workspace.pages import PageHost

_FIRST_METHOD = "inference.GRPCInferenceService/ModelInfer"
_FIRST_ROUTE = "POST /v2/models/{model}/infer"
_SIDE, _MIDDLE, _RIGHT = 280, 470, 530
_LEAST = (300, 280)


class InspectPage(QObject):
    """Joins the parts: what is chosen, sent, shown and kept."""

    def __init__(self, host: PageHost, engine: Engine) -> None:
        super().__init__()
        palette = host.palette_roles
        self._host = host
        self._engine = engine
        self._follow_target = True
        self.catalogue = MethodCatalogue(engine, host.tasks, self)
        self._caller = engine.make_caller(host.target)
        self.calls = CallController(host.tasks, self)
        self.calls.use(self._caller)
        self.methods = MethodTree(palette)
        self.past = HistoryController(host, engine.open_history, palette, self)
        self.request = RequestPane(palette)
        self.reply = ReplyPane(palette, EmptyReply(palette), host.hues)
        self.requests = RequestController(host, self.calls, self.catalogue, self.request, self)
        self.saved = SavedController(host, engine, self.methods, self.requests, self)
        self.replies = ReplyController(
            host, self.calls, self.methods, self.catalogue, self.request, self.reply, self
        )
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
        return inspect_commands(
            self.calls,
            self.requests,
            self.replies,
            find_method=self.find_method,
            show_history=self.show_history,
            reload=self.reload,
            add_schema=self.add_proto,
            show_saved=self.show_saved,
            save=self.saved.on_show.save,
            save_as=self.saved.on_show.save_as,
        )

    def activated(self) -> None:
        """Ask the target what it offers, the first time and after it changed."""
        if self._follow_target:
            self._follow_target = False
            self._use_target()
        self.past.refresh()  # another window may have added to it
        self.saved.refresh()
        self.methods.search.setFocus()

    def deactivated(self) -> None:
        """Nothing: a call goes on."""

    def escape(self) -> bool:
        """End the call under way."""
        under_way = self.calls.phase is not CallPhase.IDLE
        if under_way:
            self.calls.cancel()
        return under_way

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for part in (self.methods, self.request, self.reply, self.past, self.saved):
            part.set_palette_roles(palette)

    def close(self) -> None:
        """End what runs."""
        self.requests.close()
        self.saved.close()
        self.calls.close()
        self._caller.close()
        self.past.close()

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.setUsesScrollButtons(False)  # the column is as wide as its tabs at least
        self.side.addTab(self.methods, tr("Methods"))
        self.side.addTab(self.past.list, tr("History"))
        self.side.addTab(self.saved.tree, tr("Saved"))
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("panel")
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        for part, least in zip((self.request, self.reply), _LEAST, strict=True):
            part.setMinimumWidth(least)
        for part in (self.side, self.request, self.reply):
            self._splitter.addWidget(part)
        self._splitter.setSizes([_SIDE, _MIDDLE, _RIGHT])
        for index, stretch in enumerate((1, 2, 2)):
            self._splitter.setStretchFactor(index, stretch)

    def _connect(self) -> None:
        self._host.target_changed.connect(self._target_changed)
        self.catalogue.methods_known.connect(self._show_methods)
        self.catalogue.models_known.connect(self._show_models)
        self.catalogue.model_known.connect(self._show_model)
        self.catalogue.model_unknown.connect(self._model_unknown)
        self.catalogue.asking.connect(self._show_asking)
        self.methods.chosen.connect(self._choose)
        self.calls.ended.connect(self._ended)
        self.past.opened.connect(self._open_past)
        self.past.resent.connect(self._resend)
        self.past.compared.connect(self.replies.compare)
        self.past.save_wanted.connect(self._save_past)
        self.saved.on_show.opened.connect(self._show_saved)
        self.saved.ran.connect(self.past.keep)
        self.saved.answered.connect(self._show_answer)

    # -- what the user does ----------------------------------------------------------------------

    def find_method(self) -> None:
        """Put the cursor into the search field."""
        self.side.setCurrentWidget(self.methods)
        self.methods.search.setFocus()
        self.methods.search.selectAll()

    def show_history(self) -> None:
        """Show what was sent before."""
        self.side.setCurrentWidget(self.past.list)
        self.past.list.view.setFocus()

    def show_saved(self) -> None:
        """Show the saved requests."""
        self.side.setCurrentWidget(self.saved.tree)
        self.saved.tree.tree.setFocus()

    def reload(self) -> None:
        """Ask the target again what it offers."""
        self._use_target()

    def add_proto(self) -> None:
        """Read a .proto or a protoset and offer its methods."""

        def read(path: str) -> None:
            self._host.tasks.start(
                "schema",
                lambda: read_schema_file(Path(path), (Path(path).parent,)),
                self._add_schema,
                self._host.notifier.show_error,
            )

        kinds = tr("Schemas ({patterns})", patterns="*.proto *.protoset *.pb *.bin *.desc")
        ask_file(self.widget, tr("Add a schema"), read, kinds)

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
        self.calls.use(self._caller)
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
        if self.calls.phase is not CallPhase.IDLE:
            self.request.complain(tr("A call is under way; cancel it first."))
            self.methods.show_current(self.request.method)
            return
        self.request.set_method(method)
        self.request.body.follow_form()

    @Slot(object)
    def _ended(self, outcome: Outcome) -> None:
        self.past.keep(hidden(outcome.exchange, self.saved.variables))

    @Slot(object)
    def _show_saved(self, draft: Draft) -> None:
        if self.calls.phase is not CallPhase.IDLE:
            self.request.complain(tr("A call is under way; cancel it first."))
            return
        self.methods.show_current(draft.method)
        if draft.form is not None:
            self.catalogue.learn(draft.form.model)  # its profile prepares pictures and sound
        self.request.show_draft(draft)

    @Slot(object, object)
    def _show_answer(self, exchange: Exchange, sample: Sample | None) -> None:
        method = method_of(exchange.request, self.methods.methods)
        if method is not None and self.calls.phase is CallPhase.IDLE:
            self.replies.show_past(method, exchange, sample)

    # -- the past ----------------------------------------------------------------------------------

    @Slot(object)
    def _open_past(self, exchange: Exchange) -> bool:
        """Show an exchange of the past with its request, to be edited and sent again."""
        method = self._method_of(exchange)
        if method is None:
            return False
        self.methods.show_current(method)
        self.request.show_request(method, exchange.request)
        self.replies.show_past(method, exchange)
        return True

    def _method_of(self, exchange: Exchange) -> Method | None:
        """The method of an exchange of the past; None after saying that there is none."""
        method = method_of(exchange.request, self.methods.methods)
        if method is None:
            self._host.notifier.show_error(
                InvalidInput(
                    tr("{method} is not offered here.", method=exchange.request.method),
                    tr("Choose the target it belongs to, or add its schema."),
                )
            )
        return method

    @Slot(object)
    def _save_past(self, exchange: Exchange) -> None:
        """Write an exchange's request into the collection."""
        method = self._method_of(exchange)
        if method is not None:
            self.show_saved()
            self.saved.on_show.save_recorded(method, exchange.request)

    @Slot(object)
    def _resend(self, exchange: Exchange) -> None:
        """Send the same bytes again."""
        if self.calls.phase is not CallPhase.IDLE:
            self.request.complain(tr("A call is under way; cancel it first."))
        elif self._open_past(exchange) and self.request.method is not None:
            self.calls.send(self.request.method, lambda: request_again(exchange, os.environ))
