"""What the figures say, in a sentence, with what it costs and when another way is right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from backend.compare.bench import BenchResult, Language, Timed, changes, verdict_of
from gui.widgets.language import number, tr
from gui.widgets.theme import GAP, GAP_SMALL

LANGUAGE = Language(tr, number)
"""That of the window."""


class VerdictCard(QWidget):
    """The sentence large, the notes small under it, and where all was measured."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.sentence = self._label("title")
        self.notes = self._label("muted")
        self.conditions = self._label("caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, GAP, 2 * GAP, GAP)
        column.setSpacing(GAP_SMALL)
        for part in (self.sentence, self.notes, self.conditions):
            column.addWidget(part)

    def show_running(self, result: BenchResult) -> None:
        """Say how much is known so far."""
        measured = sum(cell.measured for cell in result.cells)
        wanted = sum(cell.status != "impossible" for cell in result.cells)
        self.sentence.setText(
            tr("Measuring: {measured} of {all} ways so far", measured=measured, all=wanted)
        )
        self._show_notes(verdict_of(result, LANGUAGE).sentence if measured else "")
        self.conditions.setText(_conditions(result))

    def show_result(
        self,
        result: BenchResult,
        name: str,
        before: BenchResult | None = None,
        before_name: str = "",
    ) -> None:
        """Say what a result means; names are those of files, '' for one just measured."""
        verdict = verdict_of(result, LANGUAGE)
        self.sentence.setText(verdict.sentence)
        beside = () if before is None else (beside_text(result, before, before_name),)
        self._show_notes(" ".join((*beside, *verdict.notes)))
        text = _conditions(result)
        self.conditions.setText(f"{name}: {text}" if name else text)

    def _show_notes(self, text: str) -> None:
        self.notes.setText(text)
        self.notes.setVisible(bool(text))

    @staticmethod
    def _label(role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label


def beside_text(result: BenchResult, before: BenchResult, name: str) -> str:
    """How a result differs from an older one, in a sentence or two."""
    found = changes(result, before)
    if not found:
        return tr("{file} has no way in common with this result.", file=name)
    text = tr(
        "Beside {file}, {count} of {all} figures differ by more than the noise.",
        file=name,
        count=sum(change.differs for change in found),
        all=len(found),
    )
    if result.machine != before.machine:
        text += " " + tr("It was measured on another machine or by other versions.")
    if result.conditions.timed != before.conditions.timed:
        text += " " + tr("One timed whole requests, the other the exchange alone.")
    return text


def _conditions(result: BenchResult) -> str:
    at = result.conditions
    where = {
        "child": tr("client and server each in a process of their own"),
        "same": tr("client and server in one process"),
        "other": tr("the client in a process of its own"),
    }
    parts = [where.get(at.server_process, where["other"])]
    if at.timed == Timed.EXCHANGE:
        parts.append(tr("the exchange alone, of requests made once"))
    if at.beside_stream:
        parts.append(tr("beside a stream of the live page"))
    return tr(
        "Model {model} of {server}, measured {when}; {how}.",
        model=at.model,
        server=at.server or at.target,
        when=result.made_at.replace("T", " ").removesuffix("+00:00") + " UTC",
        how="; ".join(parts),
    )
