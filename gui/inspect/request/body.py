"""The body of a request: as tensors of a form, as text, or as the bytes that were recorded."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from backend.core.errors import ConsoleError
from backend.inspector.calls import Request
from backend.inspector.forms import (
    JsonFault,
    TensorForm,
    is_inference,
    recorded_text,
    takes_body,
)
from backend.inspector.methods import Method, sample
from gui.inspect.highlighter import JsonHighlighter
from gui.inspect.request.json_places import locate
from gui.inspect.request.tensor_rows import TensorRows
from gui.inspect.request.terms import MODEL_SERVICES
from gui.inspect.text_editor import TextEditor
from gui.widgets.language import byte_size, count, tr
from gui.widgets.segmented import Segmented
from gui.widgets.theme import GAP, Palette

_LEAST = 32
_MODEL_FIELDS = ("model_name", "name", "model")


class RequestBody(QWidget):
    """Shows one of its pages: the form, the message, what is sent as recorded, or that none is."""

    changed = Signal()
    mode_chosen = Signal()
    """It is written in the other way from now on."""
    text_wanted = Signal(object)
    """The user wants the message of this TensorForm, by `show_form_text` or `show_too_long`."""
    form_wanted = Signal(str, object)
    """The user wants this text in this TensorForm, by `show_text_form`."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._method: Method | None = None
        self._recorded: tuple[bytes, ...] | None = None
        self._text_of: tuple[str, TensorForm] | None = None
        """The message as it was made of a form."""
        self._too_long = False
        self._rows = TensorRows()
        self._rows.edited.connect(self.changed)
        self._message = TextEditor(tr("Message"), palette, colours=JsonHighlighter)
        self._message.textChanged.connect(self.changed)
        self._mode = Segmented(
            tr("Write as"),
            (
                ("form", tr("Tensors"), tr("One row for each input of the model")),
                ("text", tr("Message"), tr("The whole message as JSON")),
            ),
        )
        self._mode.set_value("form")
        self._mode.chosen.connect(self._choose_mode)
        self._kept = _note("")
        self._kept.setWordWrap(True)
        self._no_body = _note(tr("This route takes no body."))
        self._pages = QStackedWidget()
        self._pages.setMinimumHeight(_LEAST)  # each scrolls
        for page in (self._rows, self._message, self._kept, self._no_body):
            self._pages.addWidget(page)
        mode = QHBoxLayout()
        mode.addWidget(self._mode)
        mode.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GAP, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(mode)
        column.addWidget(self._pages, 1)

    # -- what it stands for --------------------------------------------------------------------

    @property
    def in_form(self) -> bool:
        """Whether the message is made of the form's tensors."""
        method = self._method
        if method is None or self._recorded is not None:
            return False
        return is_inference(method) and (self._mode.value == "form" or self._too_long)

    @property
    def form(self) -> TensorForm | None:
        """The form as it stands; None while the inputs of the model are not known."""
        return self._rows.form

    @property
    def sentence(self) -> str:
        """The text in the place of the form, '' if there is a form."""
        return self._rows.sentence

    @property
    def text(self) -> str:
        """The message as it is written."""
        return self._message.toPlainText()

    @property
    def recorded(self) -> tuple[bytes, ...] | None:
        """Messages that are sent as they are."""
        return self._recorded

    @property
    def fields(self) -> list[QWidget]:
        """What the focus visits in the form, from the top."""
        return [self._mode.button("text"), *self._rows.fields(), self._message]

    # -- what is shown -------------------------------------------------------------------------

    def set_method(self, method: Method | None, model: str) -> None:
        """Begin the body of a method, with a sample that names the model."""
        self._method, self._recorded, self._text_of, self._too_long = method, None, None, False
        if method is not None:
            self._show_page(method)
            self._write_sample(method, model)

    def show_form(self, form: TensorForm) -> None:
        """The inputs of the model; a message that nobody has edited follows them."""
        self._rows.show_form(form)
        self.follow_form()

    def follow_form(self) -> None:
        """Want the message of the form in the place of one that nobody has edited."""
        form = self.form
        if self._method is None or not is_inference(self._method) or self._recorded is not None:
            return
        if form is not None and self._mode.value == "text" and (self._too_long or not self._edited):
            self.text_wanted.emit(form)

    def show_form_text(self, form: TensorForm, text: str) -> None:
        """The message that a form makes, to be edited, unless one is being edited by now."""
        if self._mode.value == "text" and self._edited:
            return
        self._text_of, self._too_long = (text, form), False
        self._message.setPlainText(text)
        self._enter("text")

    @property
    def _edited(self) -> bool:
        return self._message.document().isModified()

    def show_too_long(self, reason: str) -> None:
        """The message is too long to be shown, and is sent from the form."""
        self._too_long = True
        self._kept.setText(tr("{reason} They are sent from the form.", reason=reason))
        self._enter("text")

    def show_text_form(self, form: TensorForm) -> None:
        """The form with what the message said."""
        self._mode.set_value("form")
        self._text_of = None
        self._rows.show_form(form)
        self._enter("form")

    def say_inputs(self, text: str) -> None:
        """A text in the place of the inputs."""
        self._rows.say(text)

    def name_model(self, model: str) -> None:
        """Put the model's name into a message that has only been filled by us."""
        method = self._method
        if method is None or method.verb or method.service not in MODEL_SERVICES:
            return
        if not self._edited:
            self._write_sample(method, model)

    def show_recorded(self, method: Method, request: Request) -> None:
        """As text where that gives the same bytes, else the bytes as they are."""
        text = recorded_text(method, request)
        if text is not None:
            self.show_text(method, text)
            return
        self._recorded = request.messages
        many = count(len(request.messages), "{n} message", "{n} messages")
        self._kept.setText(
            tr("{many}, {size}, sent again as recorded.", many=many, size=byte_size(request.size))
        )
        self._show_page(method)

    def show_text(self, method: Method, text: str) -> None:
        """A message that is none of ours: the inputs of a model do not replace it."""
        self._mode.set_value("text")
        self._message.setPlainText(text)
        self._message.document().setModified(True)
        self._show_page(method)

    def show_own_form(self, method: Method, form: TensorForm) -> None:
        """The form of a saved request."""
        self._mode.set_value("form")
        self._rows.show_form(form)
        self._show_page(method)

    def mark(self, fault: ConsoleError | None, text: str) -> bool:
        """Mark what is wrong in the message, if the fault lies there; None for nothing.

        Returns whether the text stands beside the input that it is about.
        """
        place = None
        if isinstance(fault, JsonFault):
            place = (fault.offset, 1) if fault.offset is not None else locate(self.text, fault.path)
        self._message.mark(place)
        return self._rows.blame(text) and self._pages.currentWidget() is self._rows

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._message.set_palette_roles(palette)

    def _show_page(self, method: Method) -> None:
        self._mode.setVisible(is_inference(method) and self._recorded is None)
        shown_long = self._too_long and self._mode.value == "text"
        if self._recorded is not None or shown_long:
            page: QWidget = self._kept
        elif self.in_form:
            page = self._rows
        elif takes_body(method):
            page = self._message
        else:
            page = self._no_body
        self._pages.setCurrentWidget(page)

    def _write_sample(self, method: Method, model: str) -> None:
        if method.verb:
            self._message.setPlainText(method.sample)
            return
        assert method.input is not None
        value = sample(method.input)
        if method.service in MODEL_SERVICES and isinstance(value, dict):
            for name in _MODEL_FIELDS:
                if value.get(name) == "":
                    value[name] = model
                    break
        self._message.setPlainText(json.dumps(value, indent=2, ensure_ascii=False))

    @Slot()
    def _choose_mode(self) -> None:
        """Another way was chosen; it is entered when its content has been made of what is here."""
        wanted, form = self._mode.value, self.form
        if self._method is None or form is None:
            self._enter(wanted)
        elif wanted == "text":
            self._mode.set_value("form")
            self.text_wanted.emit(form)
        elif self._too_long or (self._text_of is not None and self._text_of == (self.text, form)):
            self._too_long = False
            self._enter("form")  # nothing was changed: the form is still what it was
        else:
            self._mode.set_value("text")
            self.form_wanted.emit(self.text, form)

    def _enter(self, mode: str) -> None:
        self._mode.set_value(mode)
        if self._method is not None:
            self._show_page(self._method)
            self.mode_chosen.emit()
        self.changed.emit()


def _note(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label
