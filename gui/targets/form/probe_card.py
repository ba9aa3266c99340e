"""What a probe found: a sentence, both endpoints, the models, and a button for each fix."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backend.clients.faults.preflight import Speech
from backend.clients.probe import AddressReport, ProbeReport
from backend.core.errors import ConsoleError
from backend.core.target import Target
from gui.widgets.icons import tinted_pixmap
from gui.widgets.language import count, number, spoken, tr
from gui.widgets.theme import GAP, GAP_LARGE, GAP_SMALL, Palette

WIDTH = 380
_MODELS_SHOWN = 12


class ProbeCard(QScrollArea):
    """Always shows one state: nothing asked, asking, found, found in part, nobody there."""

    fix_wanted = Signal(object)
    """The fixed Target."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self.setObjectName("probeCard")
        self.setAccessibleName(tr("What is there"))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)
        self.state = ""
        self.show_nothing()

    def show_nothing(self) -> None:
        """No address yet."""
        column = self._renew("nothing")
        self._say(
            column,
            "info",
            "text_muted",
            tr("What is there"),
            tr(
                "Type an address: what answers there is shown here, a moment after the last key "
                "or at once with Enter."
            ),
        )
        column.addStretch(1)

    def show_asking(self, target: Target) -> None:
        """A probe is under way."""
        column = self._renew("asking")
        addresses = " ".join(part for part in (target.rest, target.grpc) if part)
        self._say(column, "refresh", "accent", tr("Asking who is there..."), addresses)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedHeight(3)
        column.addWidget(bar)
        column.addStretch(1)

    def show_error(self, error: Exception) -> None:
        """It could not even be asked."""
        column = self._renew("error")
        hint = spoken(error.hint) if isinstance(error, ConsoleError) else ""
        message = spoken(error.message) if isinstance(error, ConsoleError) else str(error)
        self._say(column, "error", "error", message, hint)
        column.addStretch(1)

    def show_report(self, report: ProbeReport) -> None:
        """What answered, and what did not."""
        endpoints = [("REST", report.rest), ("gRPC", report.grpc)]
        broken = [
            endpoint for _, endpoint in endpoints if endpoint is not None and not endpoint.answers
        ]
        if not report.answers:
            column = self._renew("nobody")
            spoke = any(d is not None and d.speech is not Speech.NOTHING for _, d in endpoints)
            title = tr("No model server could be asked") if spoke else tr("Nobody answers there")
            self._say(column, "error", "error", title, "")
        elif broken:
            column = self._renew("partly")
            first = spoken(report.sentence).partition("; ")[0]
            self._say(
                column, "warning", "warning", first, tr("One of the two endpoints is closed.")
            )
        else:
            column = self._renew("found")
            self._say(column, "check", "ok", spoken(report.sentence), "")
        for name, endpoint in endpoints:
            if endpoint is not None:
                column.addLayout(self._endpoint(name, endpoint))
        self._fixes(column, report)
        if report.answers:
            self._facts(column, report)
        column.addStretch(1)

    # -- parts ---------------------------------------------------------------------------------

    def _renew(self, state: str) -> QVBoxLayout:
        self.state = state
        inner = QFrame()
        inner.setObjectName("panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(GAP_LARGE, GAP_LARGE, GAP_LARGE, GAP_LARGE)
        column.setSpacing(GAP)
        self.setWidget(inner)
        return column

    def _say(self, column: QVBoxLayout, icon: str, role: str, title: str, body: str) -> None:
        column.addLayout(_with_icon(icon, self._roles, role, _text(title, "title")))
        if body:
            column.addWidget(_text(body, "muted"))

    def _endpoint(self, name: str, endpoint: AddressReport) -> QHBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GAP_SMALL)
        column.addWidget(_text(f"{name}  {endpoint.address}"))
        if endpoint.fault is None:
            tls = "TLS" if endpoint.tls else tr("plaintext")
            words = tr("Answers, {tls}", tls=tls)
            if endpoint.latency_ms is not None:
                words += tr(", connected in {ms} ms", ms=number(endpoint.latency_ms, 1))
            column.addWidget(_text(f"{words}.", "muted"))
            return _beside_icon("check", self._roles, "ok", column)
        column.addWidget(_text(spoken(endpoint.fault.message)))
        if endpoint.fault.hint:
            column.addWidget(_text(spoken(endpoint.fault.hint), "muted"))
        return _beside_icon("close", self._roles, "error", column)

    def _fixes(self, column: QVBoxLayout, report: ProbeReport) -> None:
        for fix in report.fixes:
            button = QPushButton(spoken(fix.title))
            button.setObjectName("fix")
            button.setToolTip(
                "  ".join(part for part in (fix.target.rest, fix.target.grpc) if part)
            )
            button.clicked.connect(partial(self._fix, fix.target))
            column.addWidget(button)

    def _fix(self, target: Target) -> None:
        self.fix_wanted.emit(target)

    def _facts(self, column: QVBoxLayout, report: ProbeReport) -> None:
        column.addSpacing(GAP_SMALL)
        if report.models is None:
            self._fact(column, tr("Models"), tr("This server lists none; name one in the bar."))
        else:
            names = {model.name: model.state for model in report.models}
            lines = [
                f"{name}  ({state.lower()})" if state not in ("READY", "") else name
                for name, state in list(names.items())[:_MODELS_SHOWN]
            ]
            if len(names) > _MODELS_SHOWN:
                lines.append(tr("and {many} more", many=len(names) - _MODELS_SHOWN))
            title = count(len(names), "{n} model", "{n} models")
            self._fact(column, title, "\n".join(lines) or tr("none"))
        self._fact(column, tr("Spoken to as"), report.rules.title)
        self._fact(column, tr("Extensions"), ", ".join(report.extensions) or tr("none listed"))
        for title, value in (
            (tr("Binary tensors over REST"), report.binary),
            (tr("Reflection"), report.reflection),
            (tr("gRPC health service"), report.health),
        ):
            if value is not None:
                self._fact(column, title, tr("yes") if value else tr("no"))

    def _fact(self, column: QVBoxLayout, title: str, body: str) -> None:
        column.addWidget(_text(title, "caption"))
        column.addWidget(_text(body))


def _text(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label


def _with_icon(icon: str, palette: Palette, role: str, label: QWidget) -> QHBoxLayout:
    column = QVBoxLayout()
    column.addWidget(label)
    return _beside_icon(icon, palette, role, column)


def _beside_icon(icon: str, palette: Palette, role: str, column: QVBoxLayout) -> QHBoxLayout:
    sign = QLabel()
    sign.setPixmap(tinted_pixmap(icon, palette.color(role)))
    sign.setFixedWidth(16)
    row = QHBoxLayout()
    row.setSpacing(GAP)
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(column, 1)
    return row
