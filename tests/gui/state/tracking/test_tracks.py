"""Objects are followed from result to result, and their boxes are smoothed without lagging."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from backend.core.predictions import Detection, KeyPoint
from backend.core.tensors import Array
from gui.state.tracking.tracks import MOST_TRACKS, TRAIL, Track, Tracker

START_NS = 10**12


def square(x: float, y: float, side: float = 80.0, index: int = 0) -> Detection:
    half = side / 2
    return Detection((x - half, y - half, x + half, y + half), "thing", 0.9, index)


def middle(track: Track) -> tuple[float, float]:
    x0, y0, x1, y1 = track.item.box
    return (x0 + x1) / 2, (y0 + y1) / 2


def follow(tracker: Tracker, steps: list[list[Detection]], rate: float) -> list[list[Track]]:
    """The tracks of each step."""
    seen = []
    for step, items in enumerate(steps):
        tracks = tracker.update(items, START_NS + round(step * 1e9 / rate))
        assert None not in tracks
        seen.append([track for track in tracks if track is not None])
    return seen


def shake(values: Array) -> float:
    """Root mean square of the change from one result to the next."""
    return float(np.sqrt(np.mean(np.diff(values) ** 2)))


@pytest.mark.parametrize("rate", [10.0, 30.0])
@pytest.mark.parametrize("measure", ["place", "size"])
def test_a_box_at_rest_shakes_at_most_a_third_as_much(rate: float, measure: str) -> None:
    """Boxes that pulse by 8 % from result to result, as those of cascades do."""
    random = np.random.default_rng(3)
    noise = random.normal(0, 0.08 / math.sqrt(2), (200, 3))
    steps = [[square(300 + 80 * x, 200 + 80 * y, 80 * (1 + s))] for x, y, s in noise]
    shown = [track for (track,) in follow(Tracker(), steps, rate)]
    raw = [item for (item,) in steps]

    def value(item: Detection) -> float:
        x0, _, x1, _ = item.box
        return (x0 + x1) / 2 if measure == "place" else x1 - x0

    before, after = (np.array(list(map(value, s))) for s in (raw, [t.item for t in shown]))
    assert shake(after[20:]) <= shake(before[20:]) / 3
    assert {track.id for track in shown} == {1}


@pytest.mark.parametrize("rate", [10.0, 30.0])
@pytest.mark.parametrize("speed", [20.0, 80.0, 400.0])
def test_a_moving_box_lags_by_less_than_an_eighth_of_its_side(rate: float, speed: float) -> None:
    steps = [[square(100 + speed * step / rate, 200)] for step in range(int(3 * rate))]
    shown = follow(Tracker(), steps, rate)
    for (item,), (track,) in zip(steps[int(rate) :], shown[int(rate) :], strict=True):
        assert middle(track)[0] == pytest.approx((item.box[0] + item.box[2]) / 2, abs=80 / 8)
    assert shown[-1][0].velocity[0] == pytest.approx(speed, rel=0.1)
    assert {track.id for (track,) in shown} == {1}


def test_a_jump_is_followed_at_once() -> None:
    tracker = Tracker()
    follow(tracker, [[square(300, 200)]] * 20, 30.0)
    (track,) = tracker.update([square(380, 200)], START_NS + 20 * 33_333_333)
    assert track is not None
    assert middle(track) == pytest.approx((380, 200))


def crossing(step: int) -> list[Detection]:
    """Two of one class that pass each other at half a side's distance."""
    there, back = square(100 + 6 * step, 200), square(520 - 6 * step, 245)
    return [there, back] if step % 2 else [back, there]


def walking(step: int) -> list[Detection]:
    """Two of two classes that walk through each other."""
    return [square(100 + 6 * step, 200, index=1), square(520 - 6 * step, 200, index=2)]


@pytest.mark.parametrize("scene", [crossing, walking])
def test_ids_stay_through_crossings(scene: Callable[[int], list[Detection]]) -> None:
    seen = follow(Tracker(), [scene(step) for step in range(70)], 30.0)
    ids = {(track.item.index, track.velocity[0] > 0): track.id for track in seen[10]}
    for tracks in seen[10:]:
        assert {(t.item.index, t.velocity[0] > 0): t.id for t in tracks} == ids


def test_an_id_stays_over_one_missed_result_and_nothing_is_shown_in_it() -> None:
    steps = [[square(100 + 10 * step, 200)] if step != 15 else [] for step in range(30)]
    seen = follow(Tracker(), steps, 30.0)
    assert seen[15] == []
    assert {track.id for tracks in seen for track in tracks} == {1}
    assert [track.age for track in seen[-1]] == [29]


def test_what_is_gone_for_longer_comes_back_as_another() -> None:
    steps = [[square(100, 200)] if not 10 <= step < 14 else [] for step in range(20)]
    seen = follow(Tracker(), steps, 30.0)
    assert [track.id for track in seen[9]] == [1]
    assert [track.id for track in seen[14]] == [2]


@pytest.mark.parametrize("later_ns", [-1, 0, 500_000_000])
def test_another_time_starts_anew(later_ns: int) -> None:
    tracker = Tracker()
    tracker.update([square(100, 100)], START_NS)
    (track,) = tracker.update([square(110, 100)], START_NS + later_ns)
    assert track is not None
    assert (track.id, track.age, middle(track)) == (2, 1, (110, 100))


def test_points_move_with_their_box() -> None:
    tracker = Tracker()
    for step, side in enumerate((80.0, 90.0)):
        item = square(100, 100, side)
        corner = KeyPoint(item.box[0], item.box[1])
        edge = Detection(item.box, "thing", 0.9, points=(corner,))
        (track,) = tracker.update([edge], START_NS + step * 33_000_000)
    assert track is not None
    assert 80 < track.item.box[2] - track.item.box[0] < 90
    (point,) = track.item.points
    assert (point.x, point.y) == pytest.approx(track.item.box[:2])


def test_trails_and_tracks_are_bounded() -> None:
    tracker = Tracker()
    crowd = [square(100 * (n % 40), 100 * (n // 40), 50) for n in range(MOST_TRACKS + 50)]
    for step in range(TRAIL + 10):
        tracks = tracker.update(crowd, START_NS + step * 33_000_000)
    assert len(tracks) == len(crowd)
    followed = [track for track in tracks if track is not None]
    assert len(followed) == MOST_TRACKS
    assert {len(track.trail) for track in followed} == {TRAIL}
    times = [point.at_ns for point in followed[0].trail]
    assert times == sorted(times)
    assert times[-1] == START_NS + (TRAIL + 9) * 33_000_000


@pytest.mark.parametrize("box", [(0.0, 0.0, math.nan, 5.0), (9.0, 9.0, 3.0, 20.0)])
def test_what_is_no_box_is_not_followed(box: tuple[float, float, float, float]) -> None:
    tracker = Tracker()
    for step in range(3):
        broken, whole = tracker.update(
            [Detection(box, "thing", 0.5), square(50, 50)], START_NS + step * 33_000_000
        )
        assert broken is None
        assert whole is not None
        assert whole.id == 1


@pytest.mark.parametrize(
    ("before_s", "at_s", "same"),
    [(5.0, 5.03, True), (5.0, 4.97, True), (5.0, 5.2, True), (5.0, 0.0, False), (0.0, 9.0, False)],
)
def test_a_jump_in_a_file_ends_what_was_followed(before_s: float, at_s: float, same: bool) -> None:
    tracker = Tracker()
    (before,) = tracker.update([square(100, 100)], START_NS, before_s)
    (after,) = tracker.update([square(101, 100)], START_NS + 33_000_000, at_s)
    assert before is not None
    assert after is not None
    assert (before.id == after.id) is same


def test_pictures_of_a_file_are_followed_however_slowly_they_are_answered() -> None:
    tracker = Tracker()
    tracks: list[Track | None] = []
    for step in range(5):
        at_ns = START_NS + step * 1_500_000_000
        tracks += tracker.update([square(100 + step, 100)], at_ns, 2.0 + step / 30)
    newest = tracks[-1]
    assert newest is not None
    assert (newest.id, newest.age, len(newest.trail)) == (1, 5, 5)
    assert newest.velocity[0] == pytest.approx(30, rel=0.5), "in pixels per second of the file"
