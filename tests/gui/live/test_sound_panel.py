"""Words are shown over the waveform and under it, wherever it is."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from backend.core.status import Word
from gui.live.sound_panel import SoundPanel
from gui.widgets.theme import DARK
from tests.gui.views.view_samples import settle

# The offscreen platform says so about every window with a smallest size.


def shown(qtbot: QtBot) -> SoundPanel:
    panel = SoundPanel(DARK)
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    panel.show()
    panel.caption.fading.setDuration(3_600_000)
    return panel


def test_the_word_covers_the_waveform_and_the_line_is_under_it(qtbot: QtBot) -> None:
    panel = shown(qtbot)
    settle()
    top = panel.waveform.geometry().top()
    panel.show_words([Word("one", 0.9, 0)])
    for size in ((700, 500), (400, 300)):
        panel.resize(*size)
        settle()
        assert panel.waveform.geometry().top() == top
        assert panel.caption.geometry() == panel.waveform.geometry()
        assert panel.words.geometry().top() > panel.waveform.geometry().bottom()
        assert panel.meter.geometry().top() > panel.words.geometry().bottom()


def test_of_several_words_the_newest_is_large_and_all_are_in_the_line(qtbot: QtBot) -> None:
    panel = shown(qtbot)
    panel.show_words([Word("one", 0.9, 0), Word("two", 0.9, 4)])
    assert panel.caption.summary == "two"
    assert panel.words.words == ("one", "two")
    panel.show_words([])
    assert panel.caption.summary == "two"
    panel.forget_answers()
    assert panel.caption.isHidden()
    assert panel.words.isHidden()
