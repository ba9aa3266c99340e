"""A reply at a glance: its tensors in a table, the best classes, and what a profile makes of it."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from backend.core.choices import RunSettings
from backend.core.predictions import (
    Classification,
    Detections,
    KeyPoints,
    Mask,
    Prediction,
    Scalars,
    Text,
)
from backend.core.samples import Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.core.timing import Timeline
from backend.core.traffic import Traffic
from backend.inspector.views import Reading, ReplySummary
from gui.inspect.reply.output_table import OutputTable
from gui.views.class_hues import ClassHues
from gui.views.preview import PreviewView
from gui.widgets.language import byte_size, count, grouped, marked, number, significant, tr
from gui.widgets.selectable_label import SelectableLabel
from gui.widgets.theme import BODY_PX, GAP, GAP_LARGE, Palette, tabular

_NO_ANSWER = (marked("No message came back"), marked("No reply yet"))
_LEAST_PICTURE = 80
_LISTED = 5
_TIE = "\u00a0"
"""A name and its number stay on one line."""
_OBJECTS = 20
"""Objects that are listed by name; more are counted."""


class SummaryView(QWidget):
    """Headline, tensors, classes, and the picture with its boxes where there is one."""

    def __init__(self, palette: Palette, hues: ClassHues) -> None:
        super().__init__()
        self._headline = SelectableLabel("title")
        self._note = SelectableLabel("muted")
        self._table = OutputTable()
        self._classes = SelectableLabel("")
        self._classes.setFont(tabular(self._classes.font(), BODY_PX))
        self._words = SelectableLabel("")
        self.picture = PreviewView(palette=palette, hues=hues)
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.picture.setMinimumHeight(_LEAST_PICTURE)
        self._rest = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_LARGE, GAP, GAP_LARGE, GAP)
        column.setSpacing(GAP)
        for widget in (self._headline, self._table, self._classes, self._words, self._note):
            column.addWidget(widget)
        column.addWidget(self.picture, 1)
        column.addWidget(self._rest, 1)
        self.clear()

    def clear(self, text: str = "") -> None:
        """Nothing to show but a line of text."""
        self._show_summary(ReplySummary(text))

    def show_reading(self, reading: Reading) -> None:
        """Show a reply."""
        summary = reading.summary or ReplySummary(
            tr("Sent, {size}", size=byte_size(len(reading.body)))
        )
        self._show_summary(summary)
        frame = reading.sample if isinstance(reading.sample, Frame) else None
        if frame is not None and any(_drawn(p) for p in summary.predictions):
            self.picture.show_frame(frame)
            self.picture.show_result(_result(frame, summary))
            self.picture.show()
            self._rest.hide()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.picture.set_palette_roles(palette)

    def _show_summary(self, summary: ReplySummary) -> None:
        self._say(self._headline, "" if summary.error else _headline(summary))
        self._table.show_rows(summary.rows)
        # Where a profile says what the outputs mean, a vector need not be the scores of classes.
        has_words = any(map(_words_of, summary.predictions))
        self._say(self._classes, "" if has_words else _top_lines(summary))
        self._say(self._words, "\n".join(filter(None, map(_words_of, summary.predictions))))
        nothing = tr("There is no reply to show; the line above says why.")
        self._say(self._note, nothing if summary.error else summary.note)
        self.picture.hide()
        self.picture.show_result(None)
        self.picture.show_frame(None)
        self._rest.show()

    @staticmethod
    def _say(label: SelectableLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))


def _headline(summary: ReplySummary) -> str:
    response = summary.response
    if response is None:
        return tr(summary.headline) if summary.headline in _NO_ANSWER else summary.headline
    model = response.model or tr("Model")
    if response.version:
        model = tr("{model} version {version}", model=model, version=response.version)
    return f"{model}: {count(len(summary.rows), '{n} output', '{n} outputs')}"


def _top_lines(summary: ReplySummary) -> str:
    lines = []
    for row in summary.rows:
        if row.top:
            best = ",   ".join(f"{c.label}{_TIE}{significant(c.score, 4)}" for c in row.top)
            lines.append(f"{row.name}:  {best}")
    return "\n".join(lines)


def _drawn(prediction: Prediction) -> bool:
    return isinstance(prediction, Detections | KeyPoints | Mask)


def _words_of(prediction: Prediction) -> str:
    """A prediction in a line of text; tensors are in the table already."""
    match prediction:
        case Classification(classes):
            return ",   ".join(f"{c.label}{_TIE}{number(c.score, 3)}" for c in classes[:_LISTED])
        case Detections(items):
            if not items:
                return tr("Nothing found")
            shown = items[:_OBJECTS]
            names = [f"{i.label}{_TIE}{number(i.score, 2)} {i.text}".strip() for i in shown]
            left = len(items) - len(names)
            names += [tr("and {n} more", n=grouped(left))] if left else []
            return f"{count(len(items), '{n} object', '{n} objects')}:  {',   '.join(names)}"
        case Scalars(values):
            return ",   ".join(
                f"{s.name}{_TIE}{significant(s.value, 4)}{_TIE}{s.unit}".strip() for s in values
            )
        case Text(text):
            return text
        case KeyPoints(points):
            return count(len(points), "{n} point", "{n} points")
        case _:
            return ""


def _result(frame: Frame, summary: ReplySummary) -> Result:
    """As the preview wants it; times and settings play no part in a single call."""
    return Result(
        frame.seq,
        frame,
        summary.predictions,
        Timeline({}),
        Traffic(),
        RunSettings(Target("inspector"), "inspected"),
    )
