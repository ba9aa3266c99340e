"""The bar: its summary, the popover with the switches for the wire, and what pages leave out."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from backend.core.choices import Compression, ImageEncoding, Transport
from backend.core.samples import MediaKind
from backend.core.target import Target
from gui.live.bar.popover import Popover
from gui.live.bar.summary_button import SummaryButton, summary_parts
from gui.state.preferences import Preferences
from gui.state.switches import Switches
from gui.widgets.theme import DARK
from tests.gui.shell_stage import Stage, begin, end


def popover_of(stage: Stage) -> Popover:
    found = stage.live.bar.findChild(Popover)
    assert found is not None
    return found


def test_the_summary_says_what_is_switched() -> None:
    switches = Switches()
    assert summary_parts(switches, MediaKind.IMAGE, 1) == (
        "OIP",
        "gRPC stream",
        "raw",
        "1 in flight",
    )
    changed = replace(
        switches,
        transport=Transport.REST,
        image=ImageEncoding.JPEG,
        compression=Compression.GZIP,
        in_flight=4,
    )
    assert summary_parts(changed, MediaKind.IMAGE, None) == (
        "OIP",
        "REST",
        "binary",
        "JPEG 85",
        "gzip",
        "4 in flight",
    )
    assert summary_parts(switches, MediaKind.IMAGE, None)[-1] == "auto in flight"


def test_a_narrow_summary_leaves_out_words_and_cuts_none(qtbot: QtBot) -> None:
    button = SummaryButton(DARK)
    qtbot.addWidget(button)
    button.show_switches(Switches(), MediaKind.IMAGE, 1)
    button.resize(button.sizeHint())
    assert button.shown == "OIP, gRPC stream, raw, 1 in flight"
    button.resize(button.sizeHint().width() - 20, button.height())
    assert button.shown == "gRPC stream, raw, 1 in flight"
    button.resize(button.minimumSizeHint())
    assert button.shown == "gRPC stream"
    assert button.toolTip() == "OIP, gRPC stream, raw, 1 in flight"


def test_the_popover_opens_by_key_shows_reasons_and_closes_with_escape(stage: Stage) -> None:
    bar = stage.live.bar
    popover = popover_of(stage)
    bar.summary.setFocus()
    QTest.keyClick(bar.summary, Qt.Key.Key_Down)
    assert popover.isVisible()
    assert popover.focusWidget() is bar.api.button(bar.api.value)
    shown = [label.text() for label in popover.findChildren(QLabel)]
    assert any("REST has json" in text for text in shown)
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    assert not popover.isVisible()


def test_a_wide_bar_keeps_the_switches_if_that_is_wanted(stage: Stage) -> None:
    bar, popover = stage.live.bar, popover_of(stage)
    wanted = replace(Preferences(), open_switches=True)
    stage.store.update(replace(stage.store.current, preferences=wanted))
    for width in (2200, 1900):
        stage.window.resize(width, 900)
        assert bar.why_no_wire() == ""
        assert bar.wire.parentWidget() is bar
        assert not bar.summary.isVisible()
    for width in (1800, 1700):  # too narrow, which makes the window no wider
        stage.window.resize(width, 900)
        assert stage.window.width() == width
        assert f"this one has {width}." in bar.why_no_wire()
        assert bar.wire.parentWidget() is popover
    stage.window.resize(1900, 900)
    assert bar.wire.parentWidget() is bar
    stage.window.resize(1000, 700)
    assert bar.wire.parentWidget() is popover
    assert bar.summary.isVisible()


def test_a_page_with_controls_of_its_own_needs_fewer_of_the_bar(stage: Stage) -> None:
    bar = stage.live.bar
    bar.show_page("inspect")
    assert bar.target.isVisible()
    assert not any(part.isVisible() for part in (bar.source, bar.model, bar.summary))
    bar.show_page("live")
    assert all(part.isVisible() for part in (bar.source, bar.model, bar.summary))


def test_what_opens_at_the_bar_brings_back_the_page_that_has_it(stage: Stage) -> None:
    bar = stage.live.bar
    bar.show_page("inspect")
    shown: list[str] = []
    navigator = stage.live._workspace.navigator
    navigator.page_wanted.connect(shown.append)
    stage.window.commands.run("switch.open")
    popover_of(stage).hide()
    assert shown == ["live"]
    bar.show_page("live")
    stage.window.commands.run("switch.open")
    popover_of(stage).hide()
    assert shown == ["live"]


def test_panels_grow_with_the_window_until_a_border_is_moved(stage: Stage) -> None:
    page, top = stage.live.page, stage.live.page.dock("top")

    def moved() -> bool:
        return page.by_hand

    stage.window.resize(1280, 800)
    QApplication.processEvents()
    narrow = top.width()
    title = top.titleBarWidget()
    QTest.mouseClick(title, Qt.MouseButton.LeftButton)
    assert not moved()
    stage.window.resize(1900, 1000)
    QApplication.processEvents()
    assert top.width() > narrow
    border = QPoint(top.x() - 1, top.y() + top.height() // 2)
    QTest.mousePress(page, Qt.MouseButton.LeftButton, pos=border)
    QTest.mouseRelease(page, Qt.MouseButton.LeftButton, pos=border)
    assert moved()
    page.reset()
    assert not moved()


def test_the_boxes_of_another_target_go(stage: Stage, qtbot: QtBot) -> None:
    session, page = begin(stage), stage.live.page
    session.answer(0)
    qtbot.waitUntil(lambda: page.top.summary.find("cat") >= 0)
    other = replace(stage.live.switches.current, target=Target("lab", grpc="127.0.0.1:9"))
    stage.live.switches.use(other)
    assert page.top.summary.find("cat") < 0
    end(stage, qtbot)


def test_a_picture_that_has_stopped_grows_no_older(stage: Stage, qtbot: QtBot) -> None:
    session, preview = begin(stage), stage.live.page.pane.preview
    session.answer(0)
    qtbot.waitUntil(lambda: stage.live.page.has_picture)
    assert not preview.still
    end(stage, qtbot)
    qtbot.waitUntil(lambda: preview.still)
