"""Each view shows itself when what the model says is its matter, and does what the user sets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from backend.core.predictions import Detection, Detections, Predictions
from backend.core.samples import AudioWindow
from backend.core.status import Result, Word
from backend.session.sinks import WORDS
from gui.live.picture.overlay_menu import OverlayMenu
from gui.views.preview import Layer, LegendRow, MaskMode
from tests.gui.shell_stage import Stage

if TYPE_CHECKING:
    from tests.gui.shell_fakes import FakeSession

# The offscreen platform says so about every window with a smallest size.

_START_NS, _STEP_NS = 10**12, 33_000_000


def started(stage: Stage) -> FakeSession:
    stage.server_control.start()
    stage.live.start.toggle()
    return stage.session


def answer(session: FakeSession, step: int, predictions: Predictions) -> Result:
    made = session.answer(step)
    sample = replace(made.sample, captured_ns=_START_NS + step * _STEP_NS)
    return replace(made, sample=sample, predictions=predictions)


def sound_at(end_ns: int) -> AudioWindow:
    return AudioWindow(0, end_ns, np.zeros(8000, np.float32), 16_000)


def boxes(*labels: str) -> Predictions:
    order = ("face", "cup")
    items = (
        Detection((40 * at, 5, 40 * at + 20, 25), label, 0.9, order.index(label))
        for at, label in enumerate(labels)
    )
    return (Detections(tuple(items)),)


def test_objects_are_followed_counted_and_coloured(stage: Stage) -> None:
    session, page = started(stage), stage.live.page
    for step in range(4):
        page.show_result(answer(session, step, boxes("face", "face")))
    following = page.pane.preview._following
    assert following.by_track
    assert following.counts == (LegendRow("face", "2", "2 seen"),)
    assert [len(track.trail) for track in following.tracks if track is not None] == [4, 4]
    for step in range(4, 8):
        page.show_result(answer(session, step, boxes("face", "cup")))
    following = page.pane.preview._following
    assert not following.by_track
    assert following.counts == (
        LegendRow("face", "1", "2 seen", hue=0),
        LegendRow("cup", "1", "1 seen", hue=1),
    )
    page.forget_results()
    page.show_result(answer(session, 9, boxes("face")))
    assert not page.pane.preview._following.by_track
    assert page.pane.preview._following.counts == (LegendRow("face", "1", ""),)


def test_words_of_the_run_lie_over_the_sound_and_stay_in_the_line(
    stage: Stage, qtbot: QtBot
) -> None:
    session, panel = started(stage), stage.live.page.sound
    panel.caption.fading.setDuration(3_600_000)
    session.subscriptions.publish(WORDS, Word("one", 0.9, 0))
    qtbot.waitUntil(lambda: panel.caption.summary == "one", timeout=60_000)
    for word in ("two", "one"):
        session.subscriptions.publish(WORDS, Word(word, 0.9, 1))
    qtbot.waitUntil(lambda: panel.words.words == ("one", "two", "one"), timeout=60_000)
    assert panel.caption.strength == 1.0
    stage.live.page.forget_results()
    assert panel.caption.isHidden()
    assert panel.words.isHidden()


def test_the_stretch_of_sound_that_was_answered_is_marked(stage: Stage) -> None:
    session, panel = started(stage), stage.live.page.sound
    stage.live.page.show_result(replace(session.answer(0), sample=sound_at(_START_NS)))
    end_s = _START_NS / 1e9
    assert panel.spectrogram._looked_at == pytest.approx((end_s - 0.5, end_s))
    stage.live.page.forget_results()
    assert panel.spectrogram._looked_at is None


def menu_of(stage: Stage) -> OverlayMenu:
    menu = stage.live.page.pane.findChild(OverlayMenu)
    assert isinstance(menu, OverlayMenu)
    return menu


def test_what_the_menu_sets_holds_at_once_and_is_remembered(stage: Stage) -> None:
    pane, menu = stage.live.page.pane, menu_of(stage)
    titles = {action.text().split("\t")[0]: action for action in menu.actions()}
    titles["Trails"].trigger()
    titles["Background blurred"].trigger()
    menu.sliders["threshold"].slider.setValue(40)
    menu.sliders["opacity"].slider.setValue(70)
    menu.sliders["mask_opacity"].slider.setValue(80)
    style = pane.preview.overlay_style
    assert Layer.TRAILS not in style.layers
    assert Layer.COUNTS in style.layers
    assert style.masks is MaskMode.BLUR
    assert (style.threshold, style.opacity, style.mask_opacity) == (0.4, 0.7, 0.8)
    remembered = stage.store.current.view
    assert (remembered.trails, remembered.counts, remembered.masks) == (False, True, "blur")
    assert stage.live.page.layout_now("Talk").view == remembered
    pane.use_memory(replace(remembered, threshold=0.0, trails=True, masks="dim"))
    assert menu.sliders["threshold"].percent == 0
    assert titles["Trails"].isChecked()
    assert titles["Background dimmed"].isChecked()


def test_the_sliders_of_the_menu_follow_the_arrow_keys(stage: Stage) -> None:
    menu = menu_of(stage)
    menu.popup(stage.window.mapToGlobal(stage.window.rect().center()))
    row = menu.sliders["threshold"]
    place = menu.actions().index(next(a for a in menu.actions() if a.isSeparator()))
    assert place == len(Layer)
    for _ in range(len(Layer) + len(MaskMode) + 1):
        QTest.keyClick(menu, Qt.Key.Key_Down)
    assert menu.activeAction() is menu.actions()[-3]
    QTest.keyClick(row, Qt.Key.Key_Right)
    QTest.keyClick(row, Qt.Key.Key_Right)
    QTest.keyClick(row, Qt.Key.Key_Left)
    assert stage.live.page.pane.preview.overlay_style.threshold == 0.05
    assert "5" in row.accessibleName()
    QTest.keyClick(row, Qt.Key.Key_Down)
    assert menu.activeAction() is menu.actions()[-2]
    menu.close()


def test_masks_can_be_changed_by_command(stage: Stage) -> None:
    commands = {command.id: command for command in stage.live.page.commands()}

    def checked(name: str) -> bool:
        ask = commands[name].checked
        return ask is not None and ask()

    before = checked("view.masks.colors"), checked("view.layer.trails")
    commands["view.masks.remove"].run()
    commands["view.layer.trails"].run()
    after = checked("view.masks.colors"), checked("view.layer.trails")
    assert (before, after) == ((True, True), (False, False))
    assert checked("view.masks.remove")
    assert stage.store.current.view.masks == "remove"


def test_a_threshold_takes_objects_out_of_the_counts_too(stage: Stage) -> None:
    session, page = started(stage), stage.live.page
    menu_of(stage).sliders["threshold"].slider.setValue(95)
    page.show_result(answer(session, 0, boxes("face")))
    assert page.pane.preview._following.counts == ()
