"""What is shown is smoothed; the answer itself, and what is no box, stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import EMBEDDED, RunSettings
from backend.core.predictions import Detection, Detections, Predictions, Text
from backend.core.samples import Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.core.timing import Timeline
from backend.core.traffic import Traffic
from gui.state.tracking.smoother import BoxSmoother


def answer(step: int, *predictions: Text | Detections) -> Result:
    frame = Frame(step, 10**9 + step * 33_000_000, np.zeros((4, 4, 3), np.uint8))
    settings = RunSettings(Target(EMBEDDED), "faces")
    return Result(step, frame, predictions, Timeline(), Traffic(), settings)


def seen(side: float) -> Detections:
    return Detections((Detection((10, 10, 10 + side, 10 + side), "face", 0.5),))


def sides(predictions: Predictions) -> list[float]:
    (found,) = [p for p in predictions if isinstance(p, Detections)]
    return [item.box[2] - item.box[0] for item in found.items]


def test_boxes_are_smoothed_for_the_eye_only() -> None:
    smoother = BoxSmoother()
    smoother.shown(answer(0, seen(100)))
    result = answer(1, Text("a"), seen(110))
    shown = smoother.shown(result)
    assert 100 < sides(shown.predictions)[0] < 105
    assert sides(result.predictions) == [110]
    assert shown.predictions[0] is result.predictions[0]
    assert shown.sample is result.sample
    assert shown.timeline is result.timeline


def test_switched_off_the_result_is_the_answer_and_tracks_go_on() -> None:
    smoother = BoxSmoother()
    smoother.enabled = False
    for step in range(3):
        result = answer(step, seen(100 + 10 * step))
        assert smoother.shown(result) is result
    (track,) = smoother.tracks
    assert track is not None
    assert (track.id, track.age) == (1, 3)


def test_cleared_it_takes_the_next_box_as_it_comes() -> None:
    smoother = BoxSmoother()
    smoother.shown(answer(0, seen(100)))
    smoother.clear()
    assert smoother.tracks == ()
    assert sides(smoother.shown(answer(1, seen(110))).predictions) == pytest.approx([110])


def test_a_result_without_boxes_is_left_alone() -> None:
    result = answer(0, Text("a"))
    assert BoxSmoother().shown(result) is result
