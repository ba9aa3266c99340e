"""What the figures say, in a sentence, with what it costs and when another way is right."""

from __future__ import annotations

import re
from datetime import datetime

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from backend.compare.bench import BenchResult, Language, Timed, changes, verdict_of
from gui.state.payload_names import payload_text
from gui.widgets.language import byte_size, number, tr
from gui.widgets.selectable_label import SelectableLabel
from gui.widgets.theme import CONTROL_HEIGHT, GAP, GAP_SMALL

LANGUAGE = Language(tr, number, payload_text, byte_size)
"""That of the window."""
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=%|(?:ms|s|[KM]iB|[bB]ytes?)\b)")


class VerdictCard(QWidget):
    """The sentence large, under it what is doubtful, then notes, and where all was measured."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAccessibleName(tr("Verdict"))
        self.sentence = SelectableLabel("title")
        self.doubts = SelectableLabel("warning")
        self.notes = SelectableLabel("muted")
        self.conditions = SelectableLabel("caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, GAP, 2 * GAP, GAP)
        column.setSpacing(GAP_SMALL)
        for part in (self.sentence, self.doubts, self.notes, self.conditions):
            column.addWidget(part)

    def show_running(self, result: BenchResult) -> None:
        """Say how much is known so far."""
        measured = sum(cell.measured for cell in result.cells)
        wanted = sum(cell.status != "impossible" for cell in result.cells)
        self._show(
            tr("Measuring: {measured} of {all} ways so far", measured=measured, all=wanted),
            "",
            verdict_of(result, LANGUAGE).sentence if measured else "",
            _conditions(result),
        )

    def show_result(
        self,
        result: BenchResult,
        name: str,
        before: BenchResult | None = None,
        before_name: str = "",
    ) -> None:
        """Say what a result means; names are those of files, '' for one just measured."""
        verdict = verdict_of(result, LANGUAGE)
        sentences = [verdict.sentence]
        if before is not None:  # what was asked last
            sentences.insert(0, beside_text(result, before, before_name))
        at = _conditions(result)
        self._show(
            sentences[0],
            " ".join(verdict.doubts),
            " ".join((*sentences[1:], *verdict.notes)),
            f"{name}: {at}" if name else at,
        )

    def _show(self, sentence: str, doubts: str, notes: str, conditions: str) -> None:
        for label, text in (
            (self.sentence, sentence),
            (self.doubts, doubts),
            (self.notes, notes),
            (self.conditions, conditions),
        ):
            label.setText(_BEFORE_UNIT.sub("\u00a0", text))
            label.setVisible(bool(text))


class FittingArea(QScrollArea):
    """As high as what is in it at this width; where there is no room for that, it scrolls."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._content = content
        self.setAccessibleName(content.accessibleName())
        self.setWidget(content)

    def sizeHint(self) -> QSize:
        """By the width that there is."""
        width = self.viewport().width()
        return QSize(width, self._content.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Two lines."""
        return QSize(0, 2 * CONTROL_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines that are broken elsewhere may need another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


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
    medians = [
        change.ratio for change in found if change.figure == "p50_ms" and change.ratio is not None
    ]
    if medians:
        least, most = number(min(medians), 2), number(max(medians), 2)
        times = least if least == most else tr("{least} to {most}", least=least, most=most)
        text += " " + tr("Medians are {times} times those there.", times=times)
    if result.machine != before.machine:
        text += " " + tr("It was measured on another machine or by other versions.")
    if result.conditions.timed != before.conditions.timed:
        text += " " + tr("One timed whole requests, the other the exchange alone.")
    return text


def _moment(made_at: str) -> str:
    """By the user's clock; as it stands where a file has something else there."""
    try:
        return datetime.fromisoformat(made_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return made_at


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
        when=_moment(result.made_at),
        how="; ".join(parts),
    )
