"""How a request travels: the model it names, parts of its path, how it is written, its deadline."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from backend.core.choices import Compression, Serialization, Transport, why_not_serialization
from backend.inspector.calls import MethodKind, Request
from backend.inspector.forms import Draft
from backend.inspector.methods import Method, path_values
from gui.widgets.flow_layout import FlowLayout, captioned
from gui.widgets.language import tr
from gui.widgets.segmented import Segmented
from gui.widgets.spin_boxes import DoubleSpinBox
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_LARGE

MODEL_SERVICES = ("inference.GRPCInferenceService", "modelserving.v1.ModelServing")
"""Those whose messages name a model."""
_MODEL_WIDTH = 168


class RequestTerms(QWidget):
    """A line of fields above the body; a field that a method has no use for is not shown."""

    changed = Signal()
    model_chosen = Signal(str)
    """Another model was named."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, QLineEdit] = {}
        self._shown_model = ""
        self._usual_deadline_s: float | None = None
        self._streams = False
        self._of_form, self._of_message = Serialization.RAW, Serialization.TYPED
        self._build_model()
        self._build_choices()
        self._build_deadline()
        self._model_group = captioned(tr("Model"), self._model)
        self._serialization_group = captioned(tr("Serialisation"), self._serialization)
        self._parts_group = QWidget()
        self._parts_line = QHBoxLayout(self._parts_group)
        self._parts_line.setContentsMargins(0, 0, 0, 0)
        self._parts_line.setSpacing(GAP)
        flow = FlowLayout(self, GAP_LARGE, GAP)
        for group in (
            self._model_group,
            self._parts_group,
            self._serialization_group,
            captioned(tr("Compression"), self._compression),
            captioned(tr("Deadline"), self._deadline),
        ):
            flow.addWidget(group)

    # -- what it stands for --------------------------------------------------------------------

    @property
    def model(self) -> str:
        """The model that is named."""
        return self._model.currentText().strip()

    @property
    def parts(self) -> dict[str, str]:
        """What stands for each variable part of the path, the model among them."""
        values = {name: field.text().strip() for name, field in self._parts.items()}
        return {**values, "model": self.model}

    @property
    def serialization(self) -> Serialization:
        """How the tensors of a form are written."""
        return self._of_form

    @property
    def compression(self) -> Compression:
        """How the message is compressed."""
        return Compression(self._compression.value)

    @property
    def deadline_s(self) -> float | None:
        """Seconds until the call is given up; None for never."""
        return self._deadline.value() or None

    # -- what is shown -------------------------------------------------------------------------

    def show_method(self, method: Method) -> None:
        """Show the fields of a method."""
        rest = method.kind is MethodKind.REST
        transport = Transport.REST if rest else Transport.GRPC
        fits = [each for each in Serialization if not why_not_serialization(each, transport)]
        self._serialization.offer(fits)
        if self._of_form not in fits:
            self._of_form = Serialization.BINARY if rest else Serialization.RAW
        self._of_message = Serialization.JSON if rest else Serialization.TYPED
        if method.kind.streams is not self._streams:
            self._streams = method.kind.streams
            self._deadline.setValue(0.0 if self._streams else self._usual_deadline_s or 0.0)
        named = method.service in MODEL_SERVICES or "model" in method.path_parts
        self._model_group.setVisible(named)
        self._show_parts(method)

    def show_serialization(self, *, shown: bool, of_form: bool, raw: bool) -> None:
        """Only what is made of a form can be written in several ways; the place stays.

        A message is what it is: `raw` over gRPC, or the way that people can read.
        """
        self._serialization_group.setVisible(shown)
        written = Serialization.RAW if raw and self._of_message is Serialization.TYPED else None
        self._serialization.set_value(self._of_form if of_form else written or self._of_message)
        reason = "" if of_form else tr("A message is sent as it is written.")
        for each in Serialization:
            self._serialization.set_blocked(each, reason)

    def show_request(self, method: Method, request: Request) -> None:
        """How a recorded request travelled."""
        for name, value in (path_values(method, request.path) or {}).items():
            if name == "model":
                self._model.setCurrentText(value)
            elif name in self._parts:
                self._parts[name].setText(value)
        self._compression.set_value(request.compression)
        self.set_deadline(request.deadline_s)

    def show_draft(self, draft: Draft) -> None:
        """How a saved request is to travel."""
        for name, value in draft.parts.items():
            if name == "model" and value:
                self._model.setCurrentText(value)
                self._shown_model = value  # its inputs are in the draft
            elif name in self._parts:
                self._parts[name].setText(value)
        self._of_form = draft.serialization
        self._compression.set_value(draft.compression)
        if draft.deadline_s is not None or draft.method.kind.streams:
            self.set_deadline(draft.deadline_s)
        else:
            self.set_deadline(self._usual_deadline_s)

    def set_deadline(self, seconds: float | None) -> None:
        """Give the call up after so long."""
        self._deadline.setValue(seconds or 0.0)

    def set_usual_deadline(self, seconds: float) -> None:
        """Give calls up after so long; a stream has no deadline but one that is typed."""
        self._usual_deadline_s = seconds
        self.set_deadline(None if self._streams else seconds)

    def set_models(self, names: Sequence[str]) -> None:
        """Offer these models; the one that is named stays."""
        named = self.model
        blocked = self._model.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        self._model.clear()
        self._model.addItems(list(names))
        self._model.setCurrentText(named or (names[0] if names else ""))
        self._model.blockSignals(blocked)
        if self.model != named:
            self._choose_model()

    def choose_again(self) -> None:
        """Report the model that is named, even if it was reported before."""
        self._shown_model = ""
        self._choose_model()

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
            field.textEdited.connect(self.changed)
            self._parts[name] = field
            self._parts_line.addWidget(captioned(name, field))
        self._parts_group.setVisible(bool(self._parts))

    # -- building ------------------------------------------------------------------------------

    def _build_model(self) -> None:
        self._model = QComboBox()
        self._model.setEditable(True)
        self._model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._model.setFixedSize(_MODEL_WIDTH, CONTROL_HEIGHT)
        self._model.setAccessibleName(tr("Model"))
        self._model.activated.connect(self._choose_model)
        line_edit = self._model.lineEdit()
        assert line_edit is not None
        line_edit.editingFinished.connect(self._choose_model)

    def _build_choices(self) -> None:
        self._serialization = Segmented(
            tr("Serialisation"),
            tuple((each, each.value, tr(each.tip)) for each in Serialization),
        )
        self._serialization.chosen.connect(self._choose_serialization)
        self._compression = Segmented(
            tr("Compression"),
            (
                (Compression.NONE, tr("none"), tr("Messages as they are")),
                (Compression.GZIP, "gzip", tr("Whole messages compressed")),
            ),
        )
        self._compression.set_value(Compression.NONE)
        self._compression.chosen.connect(self.changed)

    def _build_deadline(self) -> None:
        self._deadline = DoubleSpinBox()
        self._deadline.setRange(0.0, 86_400.0)
        self._deadline.setDecimals(1)
        self._deadline.setSuffix(" s")
        self._deadline.setSpecialValueText(tr("none"))
        self._deadline.setFixedSize(84, CONTROL_HEIGHT)
        self._deadline.setAccessibleName(tr("Deadline in seconds"))

    @Slot(str)
    def _choose_serialization(self, value: str) -> None:
        self._of_form = Serialization(value)
        self.changed.emit()

    @Slot()
    def _choose_model(self) -> None:
        if self.model != self._shown_model:
            self._shown_model = self.model
            self.model_chosen.emit(self.model)
        self.changed.emit()
