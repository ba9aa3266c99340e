"""What a source promised and never gave."""

from __future__ import annotations

import pytest

from backend.core.samples import MediaKind
from backend.core.status import SourceInfo
from backend.session.run import promise
from backend.session.run.promise import Promise

CAMERA = SourceInfo(MediaKind.IMAGE, "camera", live=True, width=8, height=8, rate=10.0)
VIDEO = SourceInfo(MediaKind.IMAGE, "video", live=False, width=8, height=8, rate=10.0, items=5)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(promise, "time", made)
    return made


def test_a_camera_owes_the_frames_of_its_rate(clock: Clock) -> None:
    owed = Promise()
    owed.opened(CAMERA)
    clock.now += 5  # until the first frame nothing is owed
    for _ in range(11):
        owed.given()
        clock.now += 0.2
    assert owed.never_made == 11
    owed.closed()
    clock.now += 100
    assert owed.never_made == 11


def test_a_camera_that_keeps_its_promise_owes_nothing(clock: Clock) -> None:
    owed = Promise()
    owed.opened(CAMERA)
    for _ in range(50):
        owed.given()
        clock.now += 0.1
    assert owed.never_made == 0


@pytest.mark.parametrize(("ended", "missing"), [(True, 2), (False, 0)])
def test_a_video_owes_its_length_once_it_has_ended(clock: Clock, ended: bool, missing: int) -> None:
    owed = Promise()
    owed.opened(VIDEO)
    for _ in range(3):
        owed.given()
    owed.closed(ended=ended)
    assert owed.never_made == missing
