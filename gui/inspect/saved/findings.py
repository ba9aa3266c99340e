"""What the checks of a request say of its answer, in a word and line by line."""

from __future__ import annotations

from html import escape
from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTextBrowser

from backend.inspector.collections import Outcome
from gui.views.scales import milliseconds
from gui.widgets.language import tr
from gui.widgets.theme import Palette

_MOST_HEIGHT = 132
_HOLDS, _FAILED = "\u2713", "\u2717"


class FindingsView(QTextBrowser):
    """Below the list: a line for each check, and what went wrong; as high as it needs to be."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._roles = palette
        self._outcome: Outcome | None = None
        self._words = ("", "text_muted")
        self.setAccessibleName(tr("What the checks found"))
        self.setOpenLinks(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.hide()

    def show_outcome(self, outcome: Outcome | None, problem: str) -> None:
        """What came of a request, or what is wrong with its file."""
        self._outcome, self._words = outcome, (problem, "error")
        self._show()

    def show_words(self, words: str, role: str) -> None:
        """A sentence in this colour, '' for nothing."""
        self._outcome, self._words = None, (words, role)
        self._show()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self._show()

    def _show(self) -> None:
        words, role = self._words
        lines = [self._line(role, words)] if words else []
        if self._outcome is not None and not words:
            lines = self._lines(self._outcome)
        self.setHtml("".join(lines))
        self.setVisible(bool(lines))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width takes other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        frame = 2 * self.frameWidth()
        self.document().setTextWidth(max(1, self.width() - frame))
        self.setFixedHeight(min(_MOST_HEIGHT, ceil(self.document().size().height()) + frame))

    def _lines(self, outcome: Outcome) -> list[str]:
        lines = []
        for one in outcome.findings:
            words = f"{one.what} {one.expected}"
            if not one.ok:
                words += f"\n{tr('got {value}', value=one.got)}"
            lines.append(self._line("ok" if one.ok else "error", words, mark=True))
        if outcome.error:
            lines.append(self._line("error", outcome.error))
        return lines

    def _line(self, role: str, words: str, *, mark: bool = False) -> str:
        signs = {"ok": f"{_HOLDS} ", "error": f"{_FAILED} "}
        colour = self._roles.color(role).name()
        sign = f'<span style="color: {colour}">{signs[role]}</span>' if mark else ""
        own = "" if mark else f' style="color: {colour}"'
        return f"<div{own}>{sign}{escape(words).replace(chr(10), '<br>')}</div>"


def outcome_words(outcome: Outcome) -> str:
    """How it went."""
    if outcome.exchange is None:
        return tr("not sent")
    failed = sum(not finding.ok for finding in outcome.findings)
    if failed:
        return tr("{n} of {all} failed", n=failed, all=len(outcome.findings))
    return milliseconds(outcome.exchange.total_ns / 1e6) if outcome.ok else tr("failed")


def short_outcome(outcome: Outcome) -> str:
    """The same in so little room that names keep theirs; how many of the checks failed."""
    if outcome.ok:
        return outcome_words(outcome)
    failed = sum(not finding.ok for finding in outcome.findings)
    return f"{_FAILED} {failed}/{len(outcome.findings)}" if failed else _FAILED
