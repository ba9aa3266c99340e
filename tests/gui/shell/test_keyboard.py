"""Every control of every dialog, by keyboard alone."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QInputDialog,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from backend.core.choices import Payload
from backend.core.description import ModelDescription
from backend.core.target import Target
from backend.core.tensors import Datatype, TensorSpec
from backend.inspector.snippets import Snippet
from backend.models.code.remembered import ModelCode
from backend.profiles.book import ProfileBook
from backend.sources.cameras import CameraMode
from gui.devices.camera_modes import OfferedMode
from gui.gallery.mirror_form import MirrorForm
from gui.inspect.request import code_dialog
from gui.inspect.saved.text_dialog import FileTextDialog
from gui.live.sources.address_forms import AddressForm
from gui.live.sources.camera_mode_form import CameraModeForm
from gui.live.time_spent.frame_dialog import FrameDialog
from gui.server import code_consent
from gui.shell.help.about import AboutDialog
from gui.shell.help.documents import DocumentsDialog
from gui.shell.layouts.form import LayoutsForm
from gui.shell.settings.form import SettingsForm
from gui.shell.shortcut_sheet import ShortcutSheet
from gui.state.models.repositories import CodeQuestion
from gui.targets.cluster_card import ClusterCard, ClusterContext
from gui.targets.form.dialog import TargetForm
from gui.targets.list import TargetList
from gui.targets.model_card import ModelCard
from gui.targets.profiles import ProfileForm, ProfileFormContext
from gui.widgets.theme import DARK
from tests.gui.inline_tasks import InlineTasks
from tests.gui.live.time_spent.test_frame_dialog import recent, ring
from tests.gui.shell_stage import Stage, nobody_there

OPENED_BY = {
    "app.settings": SettingsForm,
    "app.shortcuts": ShortcutSheet,
    "help.about": AboutDialog,
    "help.documents": DocumentsDialog,
    "layouts.open": LayoutsForm,
    "model.by_name": QInputDialog,
    "model.card": ModelCard,
    "source.open_address": AddressForm,
    "target.list": TargetList,
    "target.new": TargetForm,
}
"""The others need more than a window: `made`."""
_MOST = 400
NET = ModelDescription(
    "net",
    (TensorSpec("images", Datatype.FP32, (1, 3, 32, 32)), TensorSpec("k", Datatype.FP32, (1,))),
    (TensorSpec("scores", Datatype.FP32, (1, 10)),),
)


def made(window: QWidget, folder: Path) -> Iterator[QDialog]:
    """Every dialog that no command opens as things are."""
    tasks, target = InlineTasks(), Target("Lab")
    choice = ProfileBook(folder).find("Lab", NET)
    yield ProfileForm(window, "Lab", choice, ProfileFormContext(tasks, lambda: None, Payload))
    yield MirrorForm(window, "", lambda _address: None)
    modes = (OfferedMode(640, 480, 30), OfferedMode(1280, 720, 30))
    yield CameraModeForm(window, "C920", modes, CameraMode(), lambda _mode: None)
    snippet = Snippet("curl", "curl --data @request.json")
    ways = {"curl": lambda: snippet, "Python": lambda: snippet}
    yield code_dialog.CodeDialog(window, DARK, tasks, ways)
    code = ModelCode("net", folder, (folder / "model.py",), "1")
    yield code_consent.CodeDialog(window, CodeQuestion(folder, (code,)))
    yield ClusterCard(window, ClusterContext(tasks, target, lambda it: it, nobody_there))
    texts = ("health/ready.toml", "version = 1\n", lambda _text: None, lambda _text: None)
    yield FileTextDialog(window, DARK, *texts)
    yield FrameDialog(recent(ring((105.0, 1.0), (106.0, 5.0), (107.0, 1.0))), 1, DARK, window)


def dialogs_of(module: str) -> Iterator[str]:
    """Every dialog that is written below a package."""
    for info in pkgutil.walk_packages(importlib.import_module(module).__path__, f"{module}."):
        for kind in vars(importlib.import_module(info.name)).values():
            here = isinstance(kind, type) and kind.__module__ == info.name
            if here and issubclass(kind, QDialog):
                yield named(kind)


def named(kind: type[QDialog]) -> str:
    return f"{kind.__module__}.{kind.__name__}"


@pytest.mark.parametrize("command", OPENED_BY)
def test_every_control_of_a_dialog_works_by_keyboard(
    stage: Stage, qtbot: QtBot, command: str
) -> None:
    stage.window.commands.run(command)
    dialog = next(one for one in stage.window.findChildren(QDialog) if one.isVisible())
    assert type(dialog) is OPENED_BY[command]
    drive(qtbot, dialog)


def test_every_control_of_the_other_dialogs_works_by_keyboard(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    driven = {named(kind) for kind in OPENED_BY.values()}
    for dialog in made(stage.window, tmp_path):
        driven.add(named(type(dialog)))
        dialog.show()
        drive(qtbot, dialog)
    written = {name for name in dialogs_of("gui") if not name.endswith("._Form")}
    assert written <= driven


def test_tab_stays_in_sight_on_the_live_page(stage: Stage) -> None:
    for panel, _ in stage.live.page.panel_titles():
        stage.live.page.open_dock(panel)
        QApplication.processEvents()
        stage.window.setFocus()
        for control in visited(stage.window):
            corner = control.mapTo(stage.window, control.rect().topLeft())
            assert stage.window.rect().contains(corner), (panel, control)


def test_tab_goes_along_the_palette_and_escape_back_to_where_keys_went(stage: Stage) -> None:
    QTest.keyClick(stage.window, Qt.Key.Key_Tab)
    before = QApplication.focusWidget()
    seen: list[QWidget | None] = []
    stage.window.open_palette()
    query = QApplication.focusWidget()
    assert isinstance(query, QLineEdit)
    QTest.keyClick(query, Qt.Key.Key_Tab)
    QTest.keyClick(query, Qt.Key.Key_Backtab)
    assert query.hasFocus()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.focusChanged.connect(lambda _old, new: seen.append(new))
    QTest.keyClick(query, Qt.Key.Key_Escape)
    assert seen == [before]


def drive(qtbot: QtBot, dialog: QDialog) -> None:
    """Visit all controls with Tab, then use each one."""
    dialog.activateWindow()
    QApplication.processEvents()
    reached = list(visited(dialog))
    missed = {control for control in controls(dialog) if control not in reached}
    assert not missed, [(control, control.accessibleName()) for control in missed]
    for control in reached:
        if control.isVisible() and control.isEnabled():  # an earlier one may have changed it
            control.setFocus(Qt.FocusReason.TabFocusReason)
            use(qtbot, control)
            assert dialog.isVisible()
    QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not (isValid(dialog) and dialog.isVisible()))


def visited(dialog: QWidget) -> Iterator[QWidget]:
    """What Tab gives the focus to, until it comes round."""
    first = QApplication.focusWidget()
    if first is None or first.window() is not dialog:
        QTest.keyClick(dialog, Qt.Key.Key_Tab)
    if not any(True for _ in controls(dialog)):
        return
    seen: list[QWidget] = []
    for _ in range(_MOST):
        control = QApplication.focusWidget()
        assert control is not None
        assert control.window() is dialog
        if control in seen:
            return
        seen.append(control)
        yield control
        QTest.keyClick(control, Qt.Key.Key_Tab)
    pytest.fail("Tab never comes round.")


def controls(dialog: QWidget) -> Iterator[QWidget]:
    """Everything that a mouse could use, but for the parts of a control."""
    kinds = (
        QAbstractButton,
        QAbstractItemView,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QPlainTextEdit,
        QTabBar,
        QTextBrowser,
    )
    for control in dialog.findChildren(QWidget):
        if not isinstance(control, kinds) or not control.isVisibleTo(dialog):
            continue
        within = QAbstractItemView | QAbstractSpinBox | QComboBox | QLineEdit | QTabBar
        part = isinstance(control.parent(), within)
        # Tab visits one of a group, arrows the others.
        other = grouped(control) and not control.isChecked()
        if control.isEnabled() and not part and not other:
            yield control


def grouped(control: QWidget) -> TypeGuard[QAbstractButton]:
    """Whether it is one of several buttons of which one is chosen."""
    return isinstance(control, QAbstractButton) and (
        control.autoExclusive() or control.group() is not None
    )


ENTER_MEANS = {"", "Use", "OK", "Save and use", "Copy", "Only the other models"}
"""What Enter in a field may press: it neither throws away nor leaves."""


def pressed_by_enter(control: QWidget) -> str:
    """The button that Enter presses, '' for none."""
    buttons = control.window().findChildren(QPushButton)
    return next((each.text() for each in buttons if each.isDefault()), "")


def use(qtbot: QtBot, control: QWidget) -> None:
    """What a key does to it is what its look promises."""
    if not isinstance(control, QPushButton):
        assert pressed_by_enter(control).replace("&", "") in ENTER_MEANS, control.accessibleName()
    if isinstance(control, QComboBox) and not control.isEditable() and control.count() > 1:
        choose(qtbot, control)
    elif grouped(control) and control.isChecked():
        QTest.keyClick(control, Qt.Key.Key_Right)
        assert not control.isChecked()
        assert isinstance(other := QApplication.focusWidget(), QAbstractButton)
        assert other.isChecked()
    elif isinstance(control, QCheckBox):
        before = control.isChecked()
        QTest.keyClick(control, Qt.Key.Key_Space)
        assert control.isChecked() is not before
        QTest.keyClick(control, Qt.Key.Key_Space)
    elif isinstance(control, QAbstractSpinBox):
        number = control.text()
        for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
            QTest.keyClick(control, key)
        assert control.text() != number
    elif isinstance(control, QLineEdit) and not control.isReadOnly():
        text = control.text()
        QTest.keyClick(control, Qt.Key.Key_7)
        assert control.text() != text
        control.undo()
    elif isinstance(control, QAbstractButton):
        QTest.keyPress(control, Qt.Key.Key_Space)
        assert control.isDown() or control.isCheckable()
        control.setDown(False)  # what it does has tests of its own


def choose(qtbot: QtBot, box: QComboBox) -> None:
    """Another choice in the popup, accepted by Enter, and one that Escape leaves alone."""
    before = box.currentIndex()
    chosen: list[int] = []
    box.activated.connect(chosen.append)
    to_next = Qt.Key.Key_Down if before + 1 < box.count() else Qt.Key.Key_Up
    QTest.keyClick(box, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: box.view().isVisible())
    QTest.keyClick(box.view(), to_next)
    QTest.keyClick(box.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not box.view().isVisible())
    assert chosen == [before + 1 if to_next == Qt.Key.Key_Down else before - 1]
    if not box.isVisible():
        return  # there was one choice, and it is taken
    after = box.currentIndex()
    QTest.keyClick(box, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: box.view().isVisible())
    QTest.keyClick(box.view(), Qt.Key.Key_Home)
    QTest.keyClick(box.view(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not box.view().isVisible())
    assert box.currentIndex() == after
