"""What is sent: the method, its model, its inputs or message, its headers and how it travels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from backend.clients.dialects.known import dialect_for
from backend.clients.dialects.rules import NotFinite
from backend.core.choices import Compression, Serialization, Transport, why_not_serialization
from backend.core.errors import ConsoleError
from backend.core.target import Target
from backend.inspector.calls import MethodKind, Request
from backend.inspector.forms import (
    Draft,
    JsonFault,
    TensorForm,
    is_inference,
    message_to_json,
    takes_body,
)
from backend.inspector.methods import Method, path_values, sample
from gui.inspect.acts import Acts
from gui.inspect.json_places import locate
from gui.inspect.tensor_rows import TensorRows
from gui.inspect.text_editor import TextEditor
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.header_rows import HeaderRows
from gui.widgets.language import byte_size, count, tr
from gui.widgets.segmented import Segmented
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE, GAP_SMALL, Palette

_CHECK_AFTER_MS = 300
_MODEL_FIELDS = ("model_name", "name", "model")
_MODEL_SERVICES = ("inference.GRPCInferenceService", "modelserving.v1.ModelServing")
_LARGEST_TEXT = 256 * 1024


class RequestPane(QWidget):
    """Makes a `Draft` of what is typed; `draft_changed` tells that another one would be made."""

    draft_changed = Signal()
    """Some time after the last change, so that the draft can be tried."""
    model_wanted = Signal(str)
    """A model was chosen whose inputs should be shown."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._method: Method | None = None
        self._target = Target("")
        self._recorded: tuple[bytes, ...] | None = None
        self._parts: dict[str, QLineEdit] = {}
        self._check = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._check.timeout.connect(self.draft_changed)
        self._build_head()
        self._build_terms()
        self._build_tabs(palette)
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
        column.addWidget(self._terms)
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
        return self._model.currentText().strip()

    def set_method(self, method: Method | None) -> None:
        """Begin a request of a method."""
        self._method, self._recorded = method, None
        self._title.setText(_name(method) if method else tr("Choose a method"))
        self._title.setToolTip(method.title if method else "")
        self._badge.setText(method.badge if method else "")
        self._about.setText(_about(method) if method else "")
        self._about.setVisible(bool(self._about.text()))
        self._terms.setVisible(method is not None)
        self._tabs.setVisible(method is not None)
        self.acts.set_method(method)
        self.code.setVisible(method is not None)
        if method is None:
            self.complain("")
            return
        self._show_terms(method)
        self._show_parts(method)
        self._show_tabs(method)
        self._write_sample(method)
        self._changed()

    def set_target(self, target: Target) -> None:
        """The request goes there."""
        self._target = target
        self._deadline.setValue(target.deadline_s)

    def set_models(self, names: Sequence[str]) -> None:
        """Offer these models; the one that is named stays."""
        named = self.model
        blocked = self._model.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        self._model.clear()
        self._model.addItems(list(names))
        self._model.setCurrentText(named or (names[0] if names else ""))
        self._model.blockSignals(blocked)
        if self.model != named:
            self._model_chosen()

    def ask_again(self) -> None:
        """Want the inputs of the model that is named, even if they were wanted before."""
        self._shown_model = ""
        self._rows.say(tr("Asking for the inputs of '{model}'...", model=self.model))
        self._model_chosen()

    def show_form(self, form: TensorForm) -> None:
        """The inputs of the model."""
        self._rows.show_form(form)
        # Rows made anew would come after the buttons below them.
        order = [self._mode.button("text"), *self._rows.fields(), *self.acts.buttons()]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
        self._changed()

    def say_inputs(self, text: str) -> None:
        """A text in the place of the inputs."""
        self._rows.say(text)

    def complain(self, text: str, fault: ConsoleError | None = None) -> None:
        """Say what is wrong with the draft, marked in the text if it is there; '' for nothing."""
        self._wrong.setText(text)
        self._wrong.setVisible(bool(text))
        place = None
        if isinstance(fault, JsonFault):
            written = self._message.toPlainText()
            place = (fault.offset, 1) if fault.offset is not None else locate(written, fault.path)
        self._message.mark(place)

    def show_size(self, size: int | None, *, exact: bool) -> None:
        """What would be sent, before compression."""
        self.acts.show_size("" if size is None else ("" if exact else "\u2248 ") + byte_size(size))

    def show_request(self, method: Method, request: Request) -> None:
        """What was sent once, to be sent again or edited."""
        self.set_method(method)
        own = {name.lower() for name, _ in method.headers}
        self._headers.show_headers(
            tuple(pair for pair in request.headers if pair[0].lower() not in own)
        )
        for name, value in (path_values(method, request.path) or {}).items():
            if name == "model":
                self._model.setCurrentText(value)
            elif name in self._parts:
                self._parts[name].setText(value)
        self._compression.set_value(request.compression)
        self._deadline.setValue(request.deadline_s or 0.0)
        self._show_recorded(method, request)
        self._changed()

    @property
    def why_no_draft(self) -> str:
        """Why there is nothing to send yet."""
        if self._method is None:
            return tr("Choose a method first.")
        return self._rows.sentence or tr("Choose a model first: the form needs to know its inputs.")

    def draft(self) -> Draft | None:
        """What would be sent; None without a method."""
        method = self._method
        if method is None:
            return None
        in_form = self._mode.value == "form" and is_inference(method) and self._recorded is None
        form = self._rows.form if in_form else None
        if in_form and form is None:
            return None
        return Draft(
            method=method,
            target=self._target.name,
            form=form,
            text=self._message.toPlainText(),
            recorded=self._recorded,
            parts=self._part_values(),
            headers=self._headers.headers,
            serialization=Serialization(self._serialization.value),
            compression=Compression(self._compression.value),
            deadline_s=self._deadline.value() or None,
            message_limit=self._target.message_limit,
            bare_nan=dialect_for(self._target.dialect).not_finite is NotFinite.TOKENS,
        )

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._message.set_palette_roles(palette)
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

    def _build_terms(self) -> None:
        self._model = QComboBox()
        self._model.setEditable(True)
        self._model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._model.setFixedSize(180, CONTROL_HEIGHT)
        self._model.setAccessibleName(tr("Model"))
        self._model.activated.connect(self._model_chosen)
        line_edit = self._model.lineEdit()
        assert line_edit is not None
        line_edit.editingFinished.connect(self._model_chosen)
        self._shown_model = ""
        self._serialization = Segmented(
            tr("Serialisation"),
            tuple((each, each.value, tr(each.tip)) for each in Serialization),
        )
        self._serialization.chosen.connect(self._changed)
        self._compression = Segmented(
            tr("Compression"),
            (
                (Compression.NONE, tr("none"), tr("Messages as they are")),
                (Compression.GZIP, "gzip", tr("Whole messages compressed")),
            ),
        )
        self._compression.set_value(Compression.NONE)
        self._compression.chosen.connect(self._changed)
        self._deadline = QDoubleSpinBox()
        self._deadline.setRange(0.0, 86_400.0)
        self._deadline.setDecimals(1)
        self._deadline.setSuffix(" s")
        self._deadline.setSpecialValueText(tr("none"))
        self._deadline.setFixedSize(72, CONTROL_HEIGHT)
        self._deadline.setAccessibleName(tr("Deadline in seconds"))
        self._terms = QWidget()
        self._flow = FlowLayout(self._terms, GAP_LARGE, GAP)
        self._model_group = _captioned(tr("Model"), self._model)
        self._serialization_group = _captioned(tr("Serialisation"), self._serialization)
        self._parts_group = QWidget()
        self._parts_line = QHBoxLayout(self._parts_group)
        self._parts_line.setContentsMargins(0, 0, 0, 0)
        self._parts_line.setSpacing(GAP)
        for group in (
            self._model_group,
            self._parts_group,
            self._serialization_group,
            _captioned(tr("Compression"), self._compression),
            _captioned(tr("Deadline"), self._deadline),
        ):
            self._flow.addWidget(group)

    def _build_tabs(self, palette: Palette) -> None:
        self._rows = TensorRows()
        self._rows.edited.connect(self._changed)
        self._message = TextEditor(tr("Message"), palette)
        self._message.textChanged.connect(self._text_changed)
        self._mode = Segmented(
            tr("Write as"),
            (
                ("form", tr("Tensors"), tr("One row for each input of the model")),
                ("text", tr("Message"), tr("The whole message as JSON")),
            ),
        )
        self._mode.set_value("form")
        self._mode.chosen.connect(self._mode_chosen)
        self._kept = QLabel()
        self._kept.setProperty("role", "muted")
        self._kept.setWordWrap(True)
        self._kept.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._no_body = QLabel(tr("This route takes no body."))
        self._no_body.setProperty("role", "muted")
        self._no_body.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body = QStackedWidget()
        for page in (self._rows, self._message, self._kept, self._no_body):
            self._body.addWidget(page)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        mode = QHBoxLayout()
        mode.addWidget(self._mode)
        mode.addStretch(1)
        column.addLayout(mode)
        column.addWidget(self._body, 1)
        self._headers = HeaderRows(tr("Headers"), editable=True)
        self._headers.edited.connect(self._headers_edited)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(body, tr("Body"))
        self._tabs.addTab(self._headers, tr("Headers"))

    # -- showing -------------------------------------------------------------------------------

    def _show_terms(self, method: Method) -> None:
        rest = method.kind is MethodKind.REST
        transport = Transport.REST if rest else Transport.GRPC
        for serialization in Serialization:
            reason = why_not_serialization(serialization, transport)
            self._serialization.set_blocked(serialization, reason)
        fallback = Serialization.BINARY if rest else Serialization.RAW
        chosen = self._serialization.value
        if not chosen or self._serialization.blocked(chosen):
            self._serialization.set_value(fallback)
        named = method.service in _MODEL_SERVICES or "model" in method.path_parts
        self._model_group.setVisible(named)
        self._show_serialization()

    def _show_serialization(self) -> None:
        method = self._method
        form = method is not None and is_inference(method) and self._mode.value == "form"
        self._serialization_group.setVisible(form and self._recorded is None)

    def _show_parts(self, method: Method) -> None:
        while (item := self._parts_line.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._parts = {}
        for name in method.path_parts:
            if name == "model":
                continue
            field = QLineEdit()
            field.setAccessibleName(name)
            field.setFixedSize(120, CONTROL_HEIGHT)
            field.textEdited.connect(self._changed)
            self._parts[name] = field
            self._parts_line.addWidget(_captioned(name, field))
        self._parts_group.setVisible(bool(self._parts))

    def _show_tabs(self, method: Method) -> None:
        self._mode.setVisible(is_inference(method) and self._recorded is None)
        if self._recorded is not None:
            page: QWidget = self._kept
        elif is_inference(method) and self._mode.value == "form":
            page = self._rows
        elif takes_body(method):
            page = self._message
        else:
            page = self._no_body
        self._body.setCurrentWidget(page)
        self._headers_edited()

    def _write_sample(self, method: Method) -> None:
        if method.verb:
            self._message.setPlainText(method.sample)
            return
        assert method.input is not None
        value = sample(method.input)
        if method.service in _MODEL_SERVICES and isinstance(value, dict):
            for name in _MODEL_FIELDS:
                if value.get(name) == "":
                    value[name] = self.model
                    break
        self._message.setPlainText(json.dumps(value, indent=2, ensure_ascii=False))

    def _show_recorded(self, method: Method, request: Request) -> None:
        """As text where that gives the same bytes, else the bytes as they are."""
        text = _as_text(method, request)
        if text is not None:
            self._mode.set_value("text")
            self._message.setPlainText(text)
        else:
            self._recorded = request.messages
            many = count(len(request.messages), "{n} message", "{n} messages")
            self._kept.setText(
                tr(
                    "{many}, {size}, sent again as recorded.",
                    many=many,
                    size=byte_size(request.size),
                )
            )
        self._show_tabs(method)
        self._show_serialization()

    # -- changes by the user -------------------------------------------------------------------

    def _part_values(self) -> dict[str, str]:
        values = {name: field.text().strip() for name, field in self._parts.items()}
        return {**values, "model": self.model}

    @Slot()
    def _model_chosen(self) -> None:
        if self.model != self._shown_model:
            self._shown_model = self.model
            self.model_wanted.emit(self.model)
            if self._method is not None and not self._method.verb:
                self._name_model()
        self._changed()

    def _name_model(self) -> None:
        """Put the model's name into a message that has only been filled by us."""
        method = self._method
        assert method is not None
        if method.service in _MODEL_SERVICES and not self._message.document().isModified():
            self._write_sample(method)
            self._message.document().setModified(False)

    @Slot()
    def _mode_chosen(self) -> None:
        if self._method is not None:
            self._show_tabs(self._method)
            self._show_serialization()
        self._changed()

    @Slot()
    def _text_changed(self) -> None:
        self._changed()

    @Slot()
    def _headers_edited(self) -> None:
        word = tr("Headers") if self._method and self._method.verb else tr("Metadata")
        many = len(self._headers.headers)
        self._tabs.setTabText(1, f"{word} ({many})" if many else word)
        self._changed()

    @Slot()
    def _changed(self) -> None:
        self._check.start()


def _as_text(method: Method, request: Request) -> str | None:
    """The one message of a request as text that makes the same bytes, or None."""
    if len(request.messages) != 1 or request.size > _LARGEST_TEXT:
        return "" if not request.messages and method.verb else None
    body = request.body
    try:
        if method.verb:
            text = body.decode()
            return text if "\0" not in text and "\r" not in text else None
        assert method.input is not None
        text = message_to_json(body, method.input, editable=True)
        again = Draft(method, request.target, text=text).message()
    except (ConsoleError, UnicodeDecodeError):
        return None
    return text if again == body else None


def _name(method: Method) -> str:
    return method.path if method.verb else method.name


def _about(method: Method) -> str:
    return method.about if method.verb else method.service


def _captioned(caption: str, control: QWidget) -> QWidget:
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    label = QLabel(caption)
    label.setProperty("role", "caption")
    column.addWidget(label)
    column.addWidget(control)
    return group
