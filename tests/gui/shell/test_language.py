"""Every text of the shell can be translated; words of the protocols stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from gui.widgets.language import count, number, percent, tr
from tests.gui.shell_stage import Stage

# The offscreen platform says so about every window with a smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

_WORDS = "REST gRPC json binary typed raw jpeg png gzip Open Inference ● – 85 ↑ ↓"
_SAME_EVERYWHERE = frozenset(_WORDS.split())


class Marking(QTranslator):
    """Puts every text that is asked for between guillemets."""

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"«{source}»"

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's own name
        return False


@pytest.fixture
def marking() -> Iterator[None]:
    translator = Marking()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def test_every_label_and_button_of_the_window_is_translated(marking: None, stage: Stage) -> None:
    stage.server_control.start()
    plain = {
        text
        for widget in stage.window.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton)
        for text in (widget.text(),)
        if "«" not in text and not set(text.split()) <= _SAME_EVERYWHERE and "127.0.0.1" not in text
    }
    assert not plain


def test_every_command_is_translated(marking: None, stage: Stage) -> None:
    plain = {command.title for command in stage.window.commands if "«" not in command.title}
    assert plain == {"REST", "gRPC"}


def test_numbers_are_written_as_the_country_writes_them() -> None:
    before = QLocale()
    try:
        QLocale.setDefault(QLocale(QLocale.Language.German))
        assert (number(1234.5, 1), percent(0.125)) == ("1234,5", "12,5 %")
    finally:
        QLocale.setDefault(before)
    assert (count(1, tr("frame"), tr("frames")), count(2, "frame", "frames")) == (
        "1 frame",
        "2 frames",
    )
