"""`people` on drawn figures, and on photos that show nobody from head to feet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import ImageEncoding
from backend.models.bundled.people import People
from backend.profiles.bundled import profile_for
from backend.wire.media.images import decode_image
from tests.models.bundled.drawn_people import people_scene
from tests.models.bundled.model_scoring import Score, ask, detections

MODEL = People(profile_for("people"))


def test_recall_and_precision_on_drawn_figures() -> None:
    """At least 0.9 each at IoU 0.5 in 25 drawn scenes (measured: 1.00 each).

    The figures are drawings, not people: this shows that boxes, sizes and scores are right, not
    how well the detector does on a street.
    """
    score = Score()
    for seed in range(25):
        pixels, truth = people_scene(seed)
        score.add(detections(ask(MODEL, pixels)), truth, least_overlap=0.5)
    assert score.recall >= 0.9
    assert score.precision >= 0.9


@pytest.mark.parametrize("name", ["2", "5", "9", "13", "21"])
def test_faces_and_busts_are_not_taken_for_standing_people(name: str, data_dir: Path) -> None:
    pixels = decode_image((data_dir / "photos" / f"{name}.jpg").read_bytes())
    assert detections(ask(MODEL, pixels)) == ()


def test_real_people_are_found_in_a_crowd(data_dir: Path) -> None:
    """Of about ten people in the front row who are seen from head to feet, some are found."""
    pixels = decode_image((data_dir / "photos" / "1.jpg").read_bytes())
    found = detections(ask(MODEL, pixels))
    assert found
    height, width = pixels.shape[:2]
    for person in found:
        x0, y0, x1, y1 = person.box
        assert 0 <= x0 < x1 <= width
        assert height / 3 < y0 < y1 <= height
        assert 0.5 <= person.score <= 1


def test_png_says_exactly_what_raw_says() -> None:
    pixels, _ = people_scene(4)
    raw = detections(ask(MODEL, pixels))
    assert raw
    assert detections(ask(MODEL, pixels, ImageEncoding.PNG)) == raw


@pytest.mark.parametrize("size", [(1, 1), (60, 640), (640, 40), (112, 48), (480, 640)])
def test_nobody_in_grey_or_noise(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    assert detections(ask(MODEL, np.full((*size, 3), 127, np.uint8))) == ()
    assert detections(ask(MODEL, random.integers(0, 256, (*size, 3), np.uint8))) == ()
