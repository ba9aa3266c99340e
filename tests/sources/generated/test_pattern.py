"""The test pattern: repeatable pictures with known shapes, in even steps of time."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from backend.core.errors import UsageError
from backend.core.samples import Frame, MediaKind
from backend.profiles.bundled import SHAPE_LABELS
from backend.sources.generated.pattern import TestPattern
from backend.sources.generated.pattern_drawing import clock_text
from backend.sources.generated.ticker import Ticker
from tests.sources.clock import Clock, Sleep
from tests.sources.generated.pattern_truth import truth

SIZES = [(640, 480), (1920, 1080), (480, 640), (160, 160), (1000, 200)]


def test_the_same_seed_gives_the_same_pictures() -> None:
    first, again, other = TestPattern(seed=7), TestPattern(seed=7), TestPattern(seed=8)
    for seq in (0, 17, 1_000_000):
        assert np.array_equal(first.paint(seq, 5), again.paint(seq, 5))
    assert not np.array_equal(first.paint(0, 5), other.paint(0, 5))
    assert truth(0, seed=7) != truth(0, seed=8)


def test_every_class_is_shown() -> None:
    for seed in range(20):
        labels = [label for label, _ in truth(0, seed)]
        assert set(labels) == set(SHAPE_LABELS)
        assert len(labels) == 6


@pytest.mark.parametrize("size", SIZES)
def test_shapes_stay_inside_and_apart(size: tuple[int, int]) -> None:
    width, height = size
    for seed in range(10):
        for seq in range(0, 3000, 97):
            boxes = [box for _, box in truth(seq, seed, size)]
            for index, (x0, y0, x1, y1) in enumerate(boxes):
                assert x0 >= 0
                assert y0 >= 0
                assert x1 <= width
                assert y1 <= height - 40 * min(width / 640, height / 480)
                for u0, v0, u1, v1 in boxes[:index]:
                    assert x1 <= u0 or u1 <= x0 or y1 <= v0 or v1 <= y0


def test_the_shapes_are_drawn_where_the_truth_says() -> None:
    """What differs from the ground and is bright lies inside the boxes, and reaches their sides."""
    pattern = TestPattern(seed=2)
    for seq in (0, 100, 2000):
        bright = pattern.paint(seq, 0).max(axis=2) > 130
        bright[440:] = False  # the text
        for _, (x0, y0, x1, y1) in truth(seq, seed=2):
            rows, columns = slice(int(y0), int(y1) + 1), slice(int(x0), int(x1) + 1)
            ys, xs = np.nonzero(bright[rows, columns])
            assert abs(int(y0) + ys.min() - y0) <= 2
            assert abs(int(y0) + ys.max() + 1 - y1) <= 2
            assert abs(int(x0) + xs.min() - x0) <= 2
            assert abs(int(x0) + xs.max() + 1 - x1) <= 2
            bright[rows, columns] = False
        assert not bright.any()


def test_number_and_clock_are_burnt_in() -> None:
    pattern = TestPattern()
    pixels = pattern.paint(10, 1000)
    later = pattern.paint(10, 1001)
    changed = np.nonzero((pixels != later).any(axis=2))
    assert changed[0].min() > 440
    assert changed[1].min() > 600  # only the clock's last digit
    assert not np.array_equal(pixels[440:, :200], pattern.paint(11, 1000)[440:, :200])


def test_the_clock_is_read_as_people_write_it() -> None:
    assert clock_text(0) == "00:00:00.000"
    assert clock_text(3_723_045) == "01:02:03.045"
    assert clock_text(100 * 3_600_000) == "00:00:00.000"


def test_frames_are_numbered_timed_and_never_shared() -> None:
    pattern, stop = TestPattern(fps=200), threading.Event()
    info = pattern.open(stop)
    assert (info.kind, info.live, info.width, info.height) == (MediaKind.IMAGE, True, 640, 480)
    frames = [pattern.read(stop) for _ in range(5)]
    pattern.close()
    assert all(isinstance(frame, Frame) for frame in frames)
    taken = [frame for frame in frames if isinstance(frame, Frame)]
    assert [frame.seq for frame in taken] == [0, 1, 2, 3, 4]
    times = [frame.captured_ns for frame in taken]
    assert times == sorted(times)
    assert taken[0].pixels is not taken[1].pixels
    assert taken[0].pixels.dtype == np.uint8
    pattern.open(stop)
    again = pattern.read(stop)
    assert isinstance(again, Frame)
    assert again.seq == 0


def test_a_stopped_reader_is_let_go_at_once() -> None:
    # The next picture is due long after the test's own end.
    pattern, stop = TestPattern(fps=0.001), threading.Event()
    pattern.open(stop)
    assert pattern.read(stop) is not None
    threading.Timer(0.05, stop.set).start()
    assert pattern.read(stop) is None


def test_small_delays_do_not_add_up() -> None:
    clock = Clock()
    beat = Ticker(0.1, clock)
    stop = Sleep(clock, oversleep_s=0.004)
    beat.restart()
    for _ in range(1001):
        assert beat.wait(stop)
    assert clock.now_s - 100.0 == pytest.approx(100.0 + 0.004, abs=1e-6)


def test_a_late_reader_is_not_flooded() -> None:
    clock = Clock()
    beat = Ticker(0.1, clock)
    stop = Sleep(clock, oversleep_s=0.0)
    beat.restart()
    beat.wait(stop)
    clock.now_s += 5.0
    clock.waits.clear()
    for _ in range(4):
        beat.wait(stop)
    assert clock.waits == pytest.approx([0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"width": 10}, "got 10 x 480"),
        ({"height": 10_000}, "got 640 x 10000"),
        ({"fps": 0}, "got 0"),
        ({"fps": float("nan")}, "got nan"),
        ({"fps": 1000}, "got 1000"),
    ],
)
def test_impossible_patterns_are_refused(wanted: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TestPattern(**wanted)  # type: ignore[arg-type]
