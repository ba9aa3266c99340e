"""A text in so many lines and no more."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.widgets.excerpt import Excerpt
from gui.widgets.theme import CAPTION_PX, DARK


def test_an_excerpt_ends_in_an_ellipsis_where_it_must(qtbot: QtBot) -> None:
    excerpt = Excerpt(2, CAPTION_PX, DARK.color("text"))
    qtbot.addWidget(excerpt)
    excerpt.resize(120, excerpt.sizeHint().height())
    excerpt.set_text("short")
    assert excerpt.shown() == ("short",)
    text = "a long text that says much more than two lines of this width could ever hold"
    excerpt.set_text(text)
    first, last = excerpt.shown()
    assert text.startswith(first)
    assert last.endswith("…")
    assert excerpt.accessibleName() == text
    assert not excerpt.grab().isNull()
    excerpt.resize(2_000, 40)
    assert excerpt.shown() == (text,)
