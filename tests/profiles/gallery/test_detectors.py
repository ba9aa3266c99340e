"""The gallery's detectors of things and faces find what is there, as a plain reading finds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.core.samples import Frame
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2
from tests.profiles.gallery.reference import (
    Box,
    cornered,
    letterboxed,
    overlap,
    same,
    thinned,
)
from tests.profiles.gallery.running import RealModel, items_of, load, picture, predict, profile_of

NO_POINTS = np.zeros((0, 2))
THINGS = {
    "things/cat_720p.jpg": {"cat"},
    "things/parrot.jpg": {"bird"},
    "things/grace_hopper.bmp": {"person", "tie"},
    "things/squat.bmp": {"person"},
    "things/kite_and_cold.jpg": {"person", "kite"},
}
PEOPLE = ("photos/2.jpg", "photos/9.jpg")


def raw(model: RealModel, data: Array) -> list[Array]:
    """The outputs for the one input, without their batch."""
    feed = {model.inputs[0].name: np.ascontiguousarray(data[np.newaxis], np.float32)}
    return [tensor.data[0] for tensor in model.run_with(feed)]


def fastestdet(model: RealModel, frame: Frame) -> list[Box]:
    """BGR / 255, stretched to 352; one grid of 22 cells."""
    height, width = frame.pixels.shape[:2]
    seen = cv2.resize(frame.pixels, (352, 352))[:, :, ::-1].transpose(2, 0, 1) / 255
    (out,) = raw(model, seen)
    boxes = []
    for row in range(22):
        for column in range(22):
            cell = out[:, row, column].astype(float)
            score = cell[0] ** 0.6 * cell[5:].max() ** 0.4
            if score < 0.6:
                continue
            x, y = (column + np.tanh(cell[1])) / 22, (row + np.tanh(cell[2])) / 22
            w, h = 1 / (1 + np.exp(-cell[3])), 1 / (1 + np.exp(-cell[4]))
            corners = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
            size = np.array([width, height, width, height])
            boxes.append(Box(corners * size, score, int(cell[5:].argmax()), NO_POINTS))
    return thinned(boxes, 0.45)


def yolox(model: RealModel, frame: Frame) -> list[Box]:
    """BGR 0 to 255 in the corner of 416, grey beside it; grids of 52, 26 and 13 cells."""
    canvas, scale = cornered(frame.pixels, 416, 114)
    (out,) = raw(model, canvas[:, :, ::-1].transpose(2, 0, 1))
    boxes, place = [], 0
    for stride in (8, 16, 32):
        for row in range(416 // stride):
            for column in range(416 // stride):
                cell = out[place].astype(float)
                place += 1
                score = cell[4] * cell[5:].max()
                if score < 0.3:
                    continue
                middle = np.add(cell[:2], (column, row)) * stride
                half = np.exp(cell[2:4]) * stride / 2
                corners = np.concatenate((middle - half, middle + half)) / scale
                boxes.append(Box(corners, score, int(cell[5:].argmax()), NO_POINTS))
    assert place == len(out) == 3549
    return thinned(boxes, 0.45)


@pytest.mark.parametrize("name", ["fastestdet", "yolox_nano"])
def test_detectors_of_things(data_dir: Path, name: str) -> None:
    model = load(data_dir, name)
    profile = profile_of(data_dir, name, model)
    reference = {"fastestdet": fastestdet, "yolox_nano": yolox}[name]
    for file, labels in THINGS.items():
        frame = picture(data_dir, file)
        items = items_of(predict(model, profile, frame))
        same(items, reference(model, frame))
        assert items[0].label in labels, file
        assert labels <= {item.label for item in items}, file
    for file in PEOPLE:
        frame = picture(data_dir, file)
        items = items_of(predict(model, profile, frame))
        same(items, reference(model, frame))
        assert sum(item.label == "person" for item in items) >= 4, file


def anchored(model: RealModel, frame: Frame, side: int, least: float) -> list[Box]:
    """Letterboxed; two anchors a cell of stride 8, then six a cell of stride 16."""
    canvas, scale, start = letterboxed(frame.pixels, side)
    numbers = canvas / 127.5 - 1 if side == 128 else canvas / 255
    table, logits = raw(model, numbers)
    anchors = [
        ((column + 0.5) * stride, (row + 0.5) * stride)
        for stride, each in ((8, 2), (16, 6))
        for row in range(side // stride)
        for column in range(side // stride)
        for _ in range(each)
    ]
    assert len(anchors) == len(table)
    boxes = []
    for cell, logit, anchor in zip(table.astype(float), logits[:, 0], anchors, strict=True):
        score = 1 / (1 + np.exp(-max(float(logit), -80)))
        if score < least:
            continue
        middle, half = cell[:2] + anchor, cell[2:4] / 2
        places = np.array([middle - half, middle + half, *(cell[4:].reshape(-1, 2) + anchor)])
        source = (places - start) / scale
        boxes.append(Box(source[:2].reshape(-1), score, 0, source[2:]))
    return thinned(boxes, 0.3)


FACES = {
    "photos/2.jpg": 4, "photos/9.jpg": 5, "photos/13.jpg": 2, "things/grace_hopper.bmp": 1,
    "things/squat.bmp": 1, "things/cat_720p.jpg": 0, "things/parrot.jpg": 0,
}  # fmt: skip
"""How many faces BlazeFace is sure of; it is made for those close to the camera."""


def test_blazeface(data_dir: Path) -> None:
    model, yunet = load(data_dir, "blazeface"), load(data_dir, "yunet")
    profile = profile_of(data_dir, "blazeface", model)
    for file, count in FACES.items():
        frame = picture(data_dir, file)
        items = items_of(predict(model, profile, frame))
        same(items, anchored(model, frame, 128, 0.5))
        assert len(items) >= count, file
        assert not (items and not count), file
        others = items_of(predict(yunet, profile_of(data_dir, "yunet", yunet), frame))
        for item in items:
            assert item.label == "face"
            assert max(overlap(np.array(item.box), np.array(o.box)) for o in others) > 0.4, file
            right, left = item.points[0], item.points[1]
            assert (right.label, left.label) == ("right eye", "left eye")
            assert right.x < left.x


def test_palm(data_dir: Path) -> None:
    model = load(data_dir, "palm")
    profile = profile_of(data_dir, "palm", model)
    for file in ("things/squat.bmp", "photos/9.jpg", "photos/5.jpg", "things/grace_hopper.bmp"):
        frame = picture(data_dir, file)
        items = items_of(predict(model, profile, frame))
        same(items, anchored(model, frame, 192, 0.7))
        if file == "things/squat.bmp":  # the fists at the bar
            assert items[0].score > 0.9
            assert items[0].points[0].label == "wrist"


def rfb(model: RealModel, frame: Frame) -> list[Box]:
    """(RGB - 127) / 128, stretched to 320 x 240; corners in parts of the picture."""
    height, width = frame.pixels.shape[:2]
    seen = (cv2.resize(frame.pixels, (320, 240)).transpose(2, 0, 1) - 127.0) / 128
    scores, boxes = raw(model, seen)
    size = np.array([width, height, width, height])
    sure = [
        Box(box.astype(float) * size, float(score), 1, NO_POINTS)
        for box, score in zip(boxes, scores[:, 1], strict=True)
        if score >= 0.7
    ]
    return thinned(sure, 0.3)


def test_rfb_320_and_yunet_count_the_same_faces(data_dir: Path) -> None:
    model, yunet = load(data_dir, "rfb_320"), load(data_dir, "yunet")
    for file, count in (("photos/2.jpg", 4), ("photos/9.jpg", 8), ("photos/13.jpg", 2)):
        frame = picture(data_dir, file)
        items = items_of(predict(model, profile_of(data_dir, "rfb_320", model), frame))
        same(items, rfb(model, frame))
        assert {item.label for item in items} == {"face"}
        others = items_of(predict(yunet, profile_of(data_dir, "yunet", yunet), frame))
        assert len(others) == count
        assert len(items) >= count - 1
        for item in items:
            assert max(overlap(np.array(item.box), np.array(o.box)) for o in others) > 0.4
