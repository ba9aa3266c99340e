"""What is read from OpenCV, by a scripted capture whose pictures come by a scripted clock."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pytest

from backend.core.tensors import Array
from backend.sources.network.address import parse_camera_address
from backend.sources.network.opencv_stream import OpenCvStream
from backend.wire.media.opencv import cv2
from tests.sources.clock import Clock
from tests.sources.reading import mean

ADDRESS = parse_camera_address("rtsp://camera.local/stream")
_FACTS = {
    cv2.CAP_PROP_FRAME_WIDTH: 64.0,
    cv2.CAP_PROP_FRAME_HEIGHT: 48.0,
    cv2.CAP_PROP_FPS: 25.0,
}


class ScriptedCapture:
    """Its first `backlog` pictures are there at once, each later one takes its time to come.

    Picture n has the grey value n; the first is 1.
    """

    def __init__(self, clock: Clock, backlog: int) -> None:
        self._clock, self._backlog = clock, backlog
        self._grabbed = 0

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def get(self, property_number: int) -> float:
        return _FACTS.get(property_number, 0.0)

    def grab(self) -> bool:
        self._grabbed += 1
        self._clock.now_s += 0.04 if self._grabbed > self._backlog else 0.0001
        return True

    def retrieve(self) -> tuple[bool, Array]:
        return True, np.full((48, 64, 3), self._grabbed, np.uint8)

    def release(self) -> None:
        pass


def _why_not() -> NoReturn:
    raise AssertionError("it is open")


@pytest.mark.parametrize("backlog", [0, 20])
def test_what_piled_up_while_the_stream_was_studied_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, backlog: int
) -> None:
    clock = Clock()
    capture = ScriptedCapture(clock, backlog)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
    stream = OpenCvStream(ADDRESS, _why_not, clock)
    shown = [mean(stream.read()()) for _ in range(3)]
    assert shown == [backlog + 1, backlog + 2, backlog + 3]
    assert stream.rate == 25.0
