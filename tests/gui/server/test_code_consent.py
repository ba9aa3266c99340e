"""Before a Python model of a folder runs, the window asks, and keeps the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from backend.models.code.remembered import Decision, ModelCode, RememberedCode
from backend.models.repository.states import ModelState
from backend.models.servable import ModelLoadError
from gui.server.code_consent import CodeConsent, CodeDialog
from gui.state.models.repositories import CodeQuestion, RepositoryControl
from gui.state.settings import Settings, SettingsStore
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import SOURCES, FakeRepositories


class RepositoriesOfPrograms(FakeRepositories):
    """Refuses programs that were not allowed, as the runtime does."""

    def __init__(self, decided: RememberedCode) -> None:
        super().__init__()
        self.decided = decided

    def load(self, name: str, config_json: str = "") -> None:
        code = self.codes.get(name)
        if code is not None and self.decided.decision(code) is not Decision.ALLOWED:
            self.states[name] = ModelState.UNAVAILABLE
            raise ModelLoadError(f"failed to load '{name}', not allowed")
        super().load(name)


class Place:
    """A window with models in a folder, two of them programs."""

    def __init__(self, window: QWidget, root: Path) -> None:
        self.root = root.resolve()
        for name in ("graph", "one", "two"):
            (root / name).mkdir(parents=True)
        self.decided = RememberedCode(root.parent / "decisions.json")
        self.models = RepositoriesOfPrograms(self.decided)
        for name in ("one", "two"):
            self.change(name, "1")
        store = SettingsStore(None, Settings(), print, SOURCES)
        self.control = RepositoryControl(
            InlineTasks(), lambda: self.models, store, code=self.decided
        )
        self.consent = CodeConsent(window, self.control)

    def change(self, name: str, digest: str) -> None:
        folder = self.root / name
        self.models.codes[name] = ModelCode(name, folder, (folder / "1" / "model.py",), digest)

    @property
    def dialog(self) -> CodeDialog:
        assert self.consent.dialog is not None
        return self.consent.dialog

    def states(self) -> list[ModelState]:
        return [self.models.states[name] for name in ("graph", "one", "two")]


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    yield window
    window.hide()


@pytest.fixture
def place(window: QWidget, tmp_path: Path) -> Place:
    return Place(window, tmp_path / "models")


REFUSED = [ModelState.READY, ModelState.UNAVAILABLE, ModelState.UNAVAILABLE]
SERVED = [ModelState.READY] * 3


def test_programs_run_when_the_user_says_so_and_are_not_asked_for_again(place: Place) -> None:
    place.control.add(place.root)
    assert place.states() == REFUSED
    listed = [place.dialog.files.item(i).text() for i in range(place.dialog.files.count())]
    assert listed == [str(Path("one/1/model.py")), str(Path("two/1/model.py"))]
    place.dialog.run.click()
    assert place.states() == SERVED
    assert place.consent.dialog is None
    place.control.add(place.root)
    assert place.consent.dialog is None


def test_enter_serves_only_the_other_models_and_is_remembered(place: Place, qtbot: QtBot) -> None:
    place.control.add(place.root)
    qtbot.waitUntil(place.dialog.others.hasFocus)
    QTest.keyClick(place.dialog.others, Qt.Key.Key_Return)
    assert place.states() == REFUSED
    place.control.add(place.root)
    assert place.consent.dialog is None
    assert (
        RememberedCode(place.root.parent / "decisions.json").decision(place.models.codes["one"])
        is Decision.DECLINED
    )


def test_space_on_the_other_button_runs_them(place: Place, qtbot: QtBot) -> None:
    place.control.add(place.root)
    qtbot.waitUntil(place.dialog.others.hasFocus)
    QTest.keyClick(place.dialog.others, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert place.dialog.run.hasFocus()
    QTest.keyClick(place.dialog.run, Qt.Key.Key_Space)
    assert place.states() == SERVED


def test_escape_decides_nothing(place: Place) -> None:
    place.control.add(place.root)
    QTest.keyClick(place.dialog, Qt.Key.Key_Escape)
    assert place.consent.dialog is None
    assert place.states() == REFUSED
    place.control.add(place.root)
    assert not place.dialog.question.changed


def test_loading_a_declined_model_asks_for_that_one(place: Place) -> None:
    place.control.add(place.root)
    place.dialog.others.click()
    place.control.load("two")
    assert [code.model for code in place.dialog.question.codes] == ["two"]
    place.dialog.run.click()
    assert place.states() == [ModelState.READY, ModelState.UNAVAILABLE, ModelState.READY]


def test_a_change_is_asked_about_and_what_runs_goes_on(place: Place) -> None:
    place.control.add(place.root)
    place.dialog.run.click()
    place.change("one", "2")
    place.control.load("one")
    assert place.dialog.question.changed
    assert place.states() == SERVED
    place.change("one", "3")  # while the question is open: the answer is to what was shown
    place.dialog.run.click()
    assert place.models.states["one"] is ModelState.UNAVAILABLE


def test_folders_are_asked_about_one_after_the_other(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "others"
    (other / "three").mkdir(parents=True)
    place.models.codes["three"] = ModelCode("three", other / "three", (), "1")
    place.control.add(place.root)
    place.control.add(other)
    place.control.add(other)
    assert place.dialog.question.root == place.root
    place.dialog.others.click()
    assert place.dialog.question.root == other.resolve()
    place.dialog.others.click()
    assert place.consent.dialog is None


def test_a_window_that_closes_asks_nothing_more(
    place: Place, window: QWidget, tmp_path: Path
) -> None:
    other = tmp_path / "others"
    (other / "three").mkdir(parents=True)
    place.models.codes["three"] = ModelCode("three", other / "three", (), "1")
    place.control.add(place.root)
    place.control.add(other)
    window.hide()
    place.dialog.reject()
    assert place.consent.dialog is None
    assert place.decided.decision(place.models.codes["one"]) is Decision.OPEN


def test_names_are_shown_as_they_are(window: QWidget, qtbot: QtBot, tmp_path: Path) -> None:
    root = tmp_path / ("<h1>" + "long " * 40)
    files = tuple(root / "<b>m" / str(version) / "model.py" for version in range(30))
    dialog = CodeDialog(window, CodeQuestion(root, (ModelCode("m", root, files, "1"),)))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.width() < window.width()
    assert dialog.height() < window.height()
    assert dialog.files.item(0).text() == str(Path("<b>m/0/model.py"))
    assert "&lt;b&gt;m" in dialog.files.item(0).toolTip()
    assert dialog.run.text() == "Run this model"
