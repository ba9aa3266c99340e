"""What is sent: the method, its model, its inputs or message, its headers and how it travels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from backend.clients.dialects.known import dialect_for
from backend.clients.dialects.rules import NotFinite
from backend.core.errors import ConsoleError
from backend.core.target import Target
from backend.inspector.calls import Request
from backend.inspector.forms import Draft, TensorForm, Variables, is_inference
from backend.inspector.methods import Method
from gui.inspect.acts import Acts
from gui.inspect.request.body import RequestBody
from gui.inspect.request.terms import RequestTerms
from gui.widgets.header_rows import HeaderRows
from gui.widgets.language import byte_size, tr
from gui.widgets.theme import BODY_PX, GAP, GAP_LARGE, GAP_SMALL, Palette, tabular

_CHECK_AFTER_MS = 300
RAW_CONTENTS = '"raw_input_contents"'
"""The field of a message whose tensors are bytes."""
_LEAST_REST = 240
_LEAST_BODY = 96
"""Points of height for head, body and gaps; with less, what the method belongs to goes."""


class RequestPane(QWidget):
    """Makes a `Draft` of what is typed; `draft_changed` tells that another one would be made."""

    draft_changed = Signal()
    """Some time after the last change, so that the draft can be tried."""
    model_wanted = Signal(str)
    """A model was chosen whose inputs should be shown."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._method: Method | None = None
        self._target = Target("")
        self._variables: Variables | None = None
        self._check = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._check.timeout.connect(self.draft_changed)
        self._build_head()
        self.terms = RequestTerms()
        self.terms.changed.connect(self._changed)
        self.terms.model_chosen.connect(self._model_chosen)
        self.body = RequestBody(palette)
        self.body.changed.connect(self._changed)
        self.body.mode_chosen.connect(self._show_serialization)
        self._headers = HeaderRows(tr("Headers"), editable=True)
        self._headers.edited.connect(self._headers_edited)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setMinimumHeight(_LEAST_BODY)  # its pages scroll
        self._tabs.addTab(self.body, tr("Body"))
        self._tabs.addTab(self._headers, tr("Headers"))
        self._size = QLabel()
        self._size.setProperty("role", "muted")
        self._size.setFont(tabular(self._size.font(), BODY_PX))
        self._size.setAccessibleName(tr("Size of what is sent"))
        self._size.setToolTip(tr("What would be sent, before compression"))
        self._size.setContentsMargins(0, 0, 0, GAP_SMALL + 2)  # on the line of the tabs' titles
        self._tabs.setCornerWidget(self._size)
        self.acts = Acts(palette)
        self._wrong = QLabel()
        self._wrong.setProperty("role", "error")
        self._wrong.setWordWrap(True)
        self._wrong.setTextFormat(Qt.TextFormat.PlainText)
        self._wrong.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP)
        column.setSpacing(GAP)
        column.addLayout(self._head)
        column.addWidget(self.terms)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._wrong)
        column.addWidget(self.acts)
        self.set_method(None)

    # -- what is shown -------------------------------------------------------------------------

    @property
    def method(self) -> Method | None:
        """The method that would be called."""
        return self._method

    @property
    def model(self) -> str:
        """The model that is named."""
        return self.terms.model

    def set_method(self, method: Method | None) -> None:
        """Begin a request of a method."""
        self._method = method
        self._title.setText(_name(method) if method else tr("Choose a method"))
        self._title.setToolTip(method.title if method else "")
        self._badge.setText(method.badge if method else "")
        self._about.setText(_about(method) if method else "")
        self.terms.setVisible(method is not None)
        self._tabs.setVisible(method is not None)
        self.acts.set_method(method)
        self.code.setVisible(method is not None)
        self.body.set_method(method, self.model)
        if method is None:
            self.complain("")
            return
        self.terms.show_method(method)
        self._show_serialization()
        self._headers_edited()
        self._fit_height()

    def set_target(self, target: Target) -> None:
        """The request goes there."""
        self._target = target
        self.terms.set_usual_deadline(target.deadline_s)

    def use_variables(self, variables: Variables | None) -> None:
        """What `{{names}}` in the request stand for from now on."""
        self._variables = variables
        self._changed()

    def set_models(self, names: Sequence[str]) -> None:
        """Offer these models; the one that is named stays."""
        self.terms.set_models(names)

    def ask_again(self) -> None:
        """Want the inputs of the model that is named, even if they were wanted before."""
        self.body.say_inputs(tr("Asking for the inputs of '{model}'...", model=self.model))
        self.terms.choose_again()

    def show_form(self, form: TensorForm) -> None:
        """The inputs of the model."""
        self.body.show_form(form)
        # Rows made anew would come after the buttons below them.
        for before, after in pairwise((*self.body.fields, *self.acts.buttons())):
            QWidget.setTabOrder(before, after)
        self._changed()

    def say_inputs(self, text: str) -> None:
        """A text in the place of the inputs."""
        self.body.say_inputs(text)

    def checked(self) -> None:
        """What was typed last need not be tried any more."""
        self._check.stop()

    def complain(self, text: str, fault: ConsoleError | None = None) -> None:
        """Say what is wrong with the draft, where it is if that is known; '' for nothing."""
        beside = self.body.mark(fault, text)
        self._wrong.setText(text)
        self._wrong.setVisible(bool(text) and not beside)

    def show_size(self, size: int | None, *, exact: bool) -> None:
        """What would be sent, before compression."""
        self._size.setText("" if size is None else ("" if exact else "\u2248 ") + byte_size(size))

    def show_request(self, method: Method, request: Request) -> None:
        """What was sent once, to be sent again or edited."""
        self.set_method(method)
        own = {name.lower() for name, _ in method.headers}
        self._headers.show_headers(
            tuple(pair for pair in request.headers if pair[0].lower() not in own)
        )
        self.terms.show_request(method, request)
        self.body.show_recorded(method, request)
        self._show_serialization()
        self._headers_edited()

    def show_draft(self, draft: Draft) -> None:
        """A saved request, to be sent or edited."""
        self.set_method(draft.method)
        self._headers.show_headers(draft.headers)
        self.terms.show_draft(draft)
        if draft.form is not None:
            self.body.show_own_form(draft.method, draft.form)
        else:
            self.body.show_text(draft.method, draft.text)
        self._show_serialization()
        self._headers_edited()

    @property
    def why_no_draft(self) -> str:
        """Why there is nothing to send yet."""
        if self._method is None:
            return tr("Choose a method first.")
        return self.body.sentence or tr("Choose a model first: the form needs to know its inputs.")

    def draft(self) -> Draft | None:
        """What would be sent; None without a method."""
        method = self._method
        if method is None:
            return None
        form = self.body.form if self.body.in_form else None
        if self.body.in_form and form is None:
            return None
        return Draft(
            method=method,
            target=self._target.name,
            form=form,
            text=self.body.text,
            recorded=self.body.recorded,
            parts=self.terms.parts,
            headers=self._headers.headers,
            serialization=self.terms.serialization,
            compression=self.terms.compression,
            deadline_s=self.terms.deadline_s,
            message_limit=self._target.message_limit,
            variables=self._variables,
            bare_nan=dialect_for(self._target.dialect).not_finite is NotFinite.TOKENS,
        )

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.body.set_palette_roles(palette)
        self.acts.set_palette_roles(palette)

    # -- building ------------------------------------------------------------------------------

    def _build_head(self) -> None:
        self._badge = QLabel()
        self._badge.setProperty("role", "muted")
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._title.setMinimumWidth(40)
        self.code = QPushButton(tr("Code..."))
        self.code.setProperty("role", "flat")
        self.code.setToolTip(tr("Copy as code (Ctrl+Shift+G)"))
        self._about = QLabel()
        self._about.setProperty("role", "muted")
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self._badge)
        line.addWidget(self._title, 1)
        line.addWidget(self.code)
        self._head = QVBoxLayout()
        self._head.setSpacing(GAP_SMALL)
        self._head.addLayout(line)
        self._head.addWidget(self._about)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the room is short, gaps narrow, and what the method belongs to goes."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        wide = self.width() - 2 * GAP_LARGE
        taken = self.terms.heightForWidth(wide) + self.acts.heightForWidth(wide)
        low = self.height() < taken + _LEAST_REST
        self._about.setVisible(bool(self._about.text()) and not low)
        layout = self.layout()
        assert layout is not None
        gap = GAP_SMALL if low else GAP
        layout.setSpacing(gap)
        layout.setContentsMargins(GAP_LARGE, gap, GAP_LARGE, gap)

    # -- changes -------------------------------------------------------------------------------

    @Slot()
    def _show_serialization(self) -> None:
        method, body = self._method, self.body
        shown = method is not None and is_inference(method) and body.recorded is None
        raw = RAW_CONTENTS in body.text
        self.terms.show_serialization(shown=shown, of_form=body.in_form, raw=raw)

    @Slot(str)
    def _model_chosen(self, model: str) -> None:
        self.model_wanted.emit(model)
        self.body.name_model(model)

    @Slot()
    def _headers_edited(self) -> None:
        word = tr("Headers") if self._method and self._method.verb else tr("Metadata")
        many = len(self._headers.headers)
        self._tabs.setTabText(1, f"{word} ({many})" if many else word)
        self._changed()

    @Slot()
    def _changed(self) -> None:
        self._check.start()


def _name(method: Method) -> str:
    return method.path if method.verb else method.name


def _about(method: Method) -> str:
    return method.about if method.verb else method.service
