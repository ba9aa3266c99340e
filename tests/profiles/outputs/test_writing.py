"""Lines of text are found as they are read, and read character by character."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend.core.predictions import Detection, Detections, Text
from backend.core.skeletons import CORNERS
from backend.core.tensors import Array, Datatype, Tensor
from backend.profiles.geometry import Fit, Geometry
from backend.profiles.outputs.view import SampleView
from backend.profiles.outputs.writing import CtcDecoder, TextBoxDecoder
from backend.wire.media.opencv import cv2

# A source of 200 x 100 in a model's 100 x 100: half as large, 25 pixels lower.
SEEN = SampleView(Geometry.fitted((200, 100), (100, 100), Fit.LETTERBOX), ("text",))


def found(decoder: TextBoxDecoder, scores: Array) -> tuple[Detection, ...]:
    output = Tensor("o", Datatype.FP32, scores.astype(np.float32)[np.newaxis, np.newaxis])
    (detections,) = decoder.decode({"o": output}, SEEN)
    assert isinstance(detections, Detections)
    return detections.items


def test_a_level_line_is_grown_as_the_model_shrank_it() -> None:
    scores = np.zeros((100, 100))
    scores[45:51, 20:80] = 0.9
    (item,) = found(TextBoxDecoder(grow=1.6), scores)
    margin = 60 * 6 * 1.6 / (2 * (60 + 6))
    expected = [20 - margin, 45 - margin, 80 + margin, 51 + margin]
    in_source = [value * 2 - (50 if place % 2 else 0) for place, value in enumerate(expected)]
    assert item.box == pytest.approx(in_source, abs=0.1)
    assert item.label == "text"
    assert item.score == pytest.approx(0.9)
    assert tuple(point.label for point in item.points) == CORNERS
    x0, y0, x1, y1 = item.box
    corners = [(point.x, point.y) for point in item.points]
    assert np.abs(np.subtract(corners, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])).max() < 0.1


@pytest.mark.parametrize("degrees", [-40, -15, 15, 40])
def test_a_tilted_line_begins_at_its_upper_left(degrees: float) -> None:
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    across = np.array([-along[1], along[0]])
    middle = np.array([50, 50])
    corners = [
        middle + a * 30 * along + b * 4 * across for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    scores = np.zeros((100, 100), np.uint8)
    cv2.fillPoly(scores, [np.rint(corners).astype(np.int32)], 1)
    (item,) = found(TextBoxDecoder(grow=0), scores)
    expected = (np.array(corners) - (0, 25)) * 2
    assert np.abs(np.subtract([(p.x, p.y) for p in item.points], expected)).max() < 6


def test_what_is_unsure_or_tiny_is_left_out_and_the_surest_comes_first() -> None:
    scores = np.zeros((100, 100))
    scores[30:36, 10:50] = 0.7
    scores[45:51, 10:50] = 0.8
    scores[60:66, 10:50] = 0.4  # pixels that count, of a line that does not
    scores[70, 10] = 1  # a speck
    assert [round(item.score, 2) for item in found(TextBoxDecoder(), scores)] == [0.8, 0.7]
    assert found(TextBoxDecoder(), np.zeros((8, 8))) == ()
    assert found(TextBoxDecoder(), np.full((8, 8), np.nan)) == ()


LETTERS = ("", "a", "b", "")
"""The blank, two letters and the space."""


def read(decoder: CtcDecoder, best: list[int], score: float = 0.9) -> str:
    table = np.zeros((1, len(best), len(LETTERS)), np.float32)
    table[0, np.arange(len(best)), best] = score
    (text,) = decoder.decode({"o": Tensor("o", Datatype.FP32, table)}, SampleView(labels=LETTERS))
    assert isinstance(text, Text)
    return text.text


@pytest.mark.parametrize(
    ("best", "text"),
    [
        ([1, 1, 0, 1, 2, 2, 3, 0, 2], "aab b"), ([0, 0, 0], ""), ([], ""), ([2], "b"),
        ([3, 1, 3], " a "),
    ],
)  # fmt: skip
def test_repetitions_are_one_character_unless_a_blank_parts_them(
    best: list[int], text: str
) -> None:
    assert read(CtcDecoder(), best) == text


def test_a_text_that_is_unsure_is_none() -> None:
    assert read(CtcDecoder(threshold=0.5), [1, 0, 2], 0.4) == ""
    assert read(CtcDecoder(blank=2), [1, 2, 1]) == "aa"
    with pytest.raises(ValueError, match="no characters"):
        CtcDecoder().decode({"o": Tensor("o", Datatype.FP32, np.zeros((1, 4, 0)))}, SampleView())
