"""What the figures say, in a sentence, with what it costs and when another way is right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from backend.compare.bench import BenchResult, verdict_of
from gui.widgets.language import tr
from gui.widgets.theme import GAP, GAP_SMALL


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

    def show_result(self, result: BenchResult, name: str) -> None:
        """Say what a result means; `name` is its file's, '' for one just measured."""
        verdict = verdict_of(result)
        self.sentence.setText(verdict.sentence)
        self.notes.setText(" ".join(verdict.notes))
        self.notes.setVisible(bool(verdict.notes))
        at = result.conditions
        text = tr(
            "Model {model} of {server}, measured {when} by a process of its own.",
            model=at.model,
            server=at.server or at.target,
            when=result.made_at.replace("T", " ").removesuffix("+00:00") + " UTC",
        )
        self.conditions.setText(f"{name}: {text}" if name else text)

    @staticmethod
    def _label(role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label
