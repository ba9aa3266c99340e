"""The live page shows smoothed boxes, unless the user wants them as they came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from backend.core.predictions import Detection, Detections
from backend.core.status import Result
from gui.shell.settings.form import SettingsForm
from tests.gui.shell_stage import Stage

if TYPE_CHECKING:
    from tests.gui.shell_fakes import FakeSession

# The offscreen platform says so about every window with a smallest size.


def answer(session: FakeSession, step: int, side: float) -> Result:
    made = session.answer(step)
    sample = replace(made.sample, captured_ns=10**12 + step * 33_000_000)
    boxes = Detections((Detection((5, 5, 5 + side, 5 + side), "thing", 0.9),))
    return replace(made, sample=sample, predictions=(boxes,))


def shown_side(stage: Stage) -> float:
    result = stage.live.page.pane.preview._result
    assert result is not None
    (boxes,) = result.predictions
    assert isinstance(boxes, Detections)
    x0, _, x1, _ = boxes.items[0].box
    return x1 - x0


def test_boxes_are_smoothed_and_the_setting_holds_at_once(stage: Stage) -> None:
    stage.server_control.start()
    stage.live.start.toggle()
    page, session = stage.live.page, stage.session
    page.show_result(answer(session, 0, 20))
    page.show_result(answer(session, 1, 24))
    assert 20 < shown_side(stage) < 22
    stage.settings.open()
    form = stage.window.findChildren(SettingsForm)[0]
    form.smooth_boxes.setChecked(False)
    assert stage.store.current.preferences.smooth_boxes is False
    page.show_result(answer(session, 2, 24))
    assert shown_side(stage) == pytest.approx(24)
    form._restore()
    assert form.smooth_boxes.isChecked()
    page.show_result(answer(session, 3, 20))
    assert 20.5 < shown_side(stage) < 24
    form.close()


def test_another_model_starts_with_its_own_box(stage: Stage) -> None:
    stage.server_control.start()
    stage.live.start.toggle()
    page, session = stage.live.page, stage.session
    page.show_result(answer(session, 0, 20))
    page.forget_results()
    page.show_result(answer(session, 1, 24))
    assert shown_side(stage) == pytest.approx(24)
