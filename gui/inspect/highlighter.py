"""Colours for texts that are read or typed: JSON, protobuf's own, and how two of them differ."""

from __future__ import annotations

import re

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit

from gui.widgets.theme import Palette

MOST_CHARACTERS = 200_000
"""A longer text stays plain: colouring it would keep the window waiting."""
_LONGEST_LINE = 4_000

# Nothing is tried twice, so that the time is linear.
_TOKENS = re.compile(
    r"""
    (?P<key> "(?:[^"\\]++|\\.)*+" (?=\s*+:) | ^\s*+[A-Za-z_]\w*+ (?=\s*+[:{]) )
    | (?P<text> "(?:[^"\\]++|\\.)*+"?+ )
    | (?P<number> (?<![\w.]) -?\d[\d.eE+-]*+ )
    | (?P<word> \b(?:true|false|null|NaN|Infinity)\b )
    """,
    re.VERBOSE,
)
_ROLES = {"key": "accent", "text": "ok", "number": "warning", "word": "series"}
_DIFFERENCES = {"+": "ok", "-": "error", "@": "text_muted"}


class Highlighter(QSyntaxHighlighter):
    """Colours a document line by line; `follow` a palette to change its colours."""

    def __init__(self, editor: QPlainTextEdit, palette: Palette) -> None:
        # Not the document's child: that one would take it down in the middle of its own end.
        super().__init__(editor)
        self._roles = palette
        self.setDocument(editor.document())

    def follow(self, palette: Palette) -> None:
        """Take up another palette."""
        self._roles = palette
        self.rehighlight()

    def _look(self, role: str) -> QTextCharFormat:
        look = QTextCharFormat()
        series = role == "series"
        look.setForeground(self._roles.series_color(4) if series else self._roles.color(role))
        return look


class JsonHighlighter(Highlighter):
    """Keys, texts, numbers and words of JSON, or of protobuf's text form."""

    def highlightBlock(self, text: str) -> None:
        """One line; of a very long one the beginning."""
        for found in _TOKENS.finditer(text, 0, _LONGEST_LINE):
            role = _ROLES[found.lastgroup or "word"]
            self.setFormat(found.start(), found.end() - found.start(), self._look(role))


class DiffHighlighter(Highlighter):
    """Lines that begin with + or -, as a comparison writes them, and headings before them."""

    def highlightBlock(self, text: str) -> None:
        """One line."""
        role = _DIFFERENCES.get(text[:1], "accent")
        if text and not text.startswith(" "):
            self.setFormat(0, len(text), self._look(role))
