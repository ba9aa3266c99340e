"""Points that belong together are joined, by their names alone."""

from __future__ import annotations

from backend.core.skeletons import BODY, HAND, edges_between
from backend.profiles.outputs.coco import COCO_POINTS
from backend.profiles.outputs.mediapipe import BLAZEFACE_POINTS, HAND_POINTS, PALM_POINTS
from backend.profiles.outputs.yunet import YUNET_POINTS


def test_every_point_of_a_body_and_a_hand_is_reached() -> None:
    for names, skeleton in ((COCO_POINTS, BODY), (HAND_POINTS, HAND)):
        edges = edges_between(names)
        assert len(edges) == len(skeleton) == len(set(edges))
        assert {place for edge in edges for place in edge} == set(range(len(names)))


def test_points_that_are_missing_leave_their_lines_out() -> None:
    assert edges_between(("left knee", "left ankle", "nose")) == ((0, 1),)
    assert edges_between(("wrist", "thumb tip")) == ()


def test_faces_and_strangers_have_no_lines() -> None:
    for names in (YUNET_POINTS, BLAZEFACE_POINTS, (), ("", ""), ("nose", "left eye", "tail")):
        assert edges_between(names) == ()
    assert edges_between(("left knee", "left ankle") * 100) == ()
    assert edges_between(PALM_POINTS)  # a palm is a part of a hand
