"""Which points are joined by lines."""

from __future__ import annotations

from backend.core.skeletons import BODY, BODY_POINTS, CORNERS, HAND, HAND_POINTS, edges_between
from backend.profiles.outputs.coco import COCO_POINTS
from backend.profiles.outputs.mediapipe import BLAZEFACE_POINTS, PALM_POINTS
from backend.profiles.outputs.mediapipe import HAND_POINTS as NAMES_OF_HANDS
from backend.profiles.outputs.yunet import YUNET_POINTS


def test_bodies_and_hands_are_joined_by_their_names_or_their_number() -> None:
    for points, named in ((BODY_POINTS, BODY), (HAND_POINTS, HAND)):
        edges = edges_between(points)
        assert edges_between([""] * len(points)) == edges
        assert edges_between([name.upper().replace(" ", "_") for name in points]) == edges
        assert tuple((points[one], points[other]) for one, other in edges) == named
        assert {place for edge in edges for place in edge} == set(range(len(points)))
    for strangers in ([""] * 5, ["corner", "other"], ["nose", "left eye", "tail"], [""] * 10_000):
        assert edges_between(strangers) == ()


def test_the_corners_of_a_line_of_text_are_joined_all_around() -> None:
    assert edges_between(CORNERS) == ((0, 1), (1, 2), (2, 3), (3, 0))
    assert edges_between([""] * 4) == edges_between(CORNERS[:3]) == ()


def test_makers_words_for_fingers_are_known() -> None:
    names = ["WRIST", *(f"THUMB_{part}" for part in ("CMC", "MCP", "IP", "TIP"))]
    for finger in ("INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY"):
        names += [f"{finger}_{part}" for part in ("MCP", "PIP", "DIP", "TIP")]
    assert edges_between(names) == edges_between(HAND_POINTS)


def test_points_that_are_missing_take_their_lines_along() -> None:
    seen = ("left wrist", "left shoulder", "left elbow")
    assert set(edges_between(seen)) == {(1, 2), (2, 0)}


def test_every_line_of_a_face_joins_two_of_its_points_once() -> None:
    for count, lines in ((468, 124), (478, 132)):
        edges = edges_between([""] * count)
        assert len({frozenset(edge) for edge in edges}) == len(edges) == lines
        assert max(place for edge in edges for place in edge) < count


def test_the_names_that_profiles_give_are_those_of_the_skeletons() -> None:
    assert (COCO_POINTS, NAMES_OF_HANDS) == (BODY_POINTS, HAND_POINTS)
    for names in (YUNET_POINTS, BLAZEFACE_POINTS, ("left knee", "left ankle") * 100):
        assert edges_between(names) == ()
    assert edges_between(PALM_POINTS)  # a palm is a part of a hand
