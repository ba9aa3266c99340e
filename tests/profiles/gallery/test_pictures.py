"""The gallery's models of whole pictures: what it shows, where a person is, where points are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.core.predictions import Classification, KeyPoint, KeyPoints, Mask
from backend.core.samples import Frame
from backend.core.tensors import Array
from backend.wire.media.opencv import cv2
from tests.profiles.gallery.reference import letterboxed
from tests.profiles.gallery.running import RealModel, items_of, load, picture, predict, profile_of

CAT, PARROT, HOPPER = "things/cat_720p.jpg", "things/parrot.jpg", "things/grace_hopper.bmp"
SQUAT = "things/squat.bmp"


def raw(model: RealModel, data: Array) -> list[Array]:
    feed = {model.inputs[0].name: np.ascontiguousarray(data[np.newaxis])}
    return [tensor.data[0] for tensor in model.run_with(feed)]


def cropped(pixels: Array) -> Array:
    """The largest square in the middle."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def test_mobilenet_names_what_it_sees(data_dir: Path) -> None:
    model = load(data_dir, "mobilenet_v2")
    profile = profile_of(data_dir, "mobilenet_v2", model)
    assert len(profile.labels) == 1001
    expected = {CAT: "Egyptian cat", PARROT: "macaw", HOPPER: "military uniform"}
    for file, label in expected.items():
        frame = picture(data_dir, file)
        (classes,) = predict(model, profile, frame)
        assert isinstance(classes, Classification)
        assert classes.classes[0].label == label
        (scores,) = raw(model, cv2.resize(cropped(frame.pixels), (224, 224)))
        best = np.argsort(-scores, kind="stable")[:5]
        assert [item.score for item in classes.classes] == pytest.approx(scores[best], abs=0.01)
        assert classes.classes[0].index == best[0]


def test_movenet_sees_a_squatting_body(data_dir: Path) -> None:
    model = load(data_dir, "movenet")
    profile = profile_of(data_dir, "movenet", model)
    frame = picture(data_dir, SQUAT)
    points = _points(model, frame, data_dir)
    canvas, scale, start = letterboxed(frame.pixels, 192)
    (rows,) = raw(model, canvas)
    for point, (y, x, score) in zip(points, rows[0], strict=True):
        expected = (np.array([x, y]) * 192 - start) / scale
        assert (point.x, point.y) == pytest.approx(expected, abs=0.5)
        assert point.score == pytest.approx(score, abs=1e-6)
    assert [point.label for point in points] == list(profile.labels)
    at = {point.label: point for point in points}
    # Seen from the front: the thighs are level, the shoulders above the hips above the feet.
    for side in ("left", "right"):
        heights = [at[f"{side} {part}"].y for part in ("shoulder", "hip", "ankle")]
        assert heights == sorted(heights)
        assert abs(at[f"{side} knee"].y - at[f"{side} hip"].y) < 60
        assert at[f"{side} ankle"].y - at[f"{side} knee"].y > 80


def _points(model: RealModel, frame: Frame, data_dir: Path) -> tuple[KeyPoint, ...]:
    (points,) = predict(model, profile_of(data_dir, "movenet", model), frame)
    assert isinstance(points, KeyPoints)
    return points.points


SHARES = {HOPPER: (0.5, 0.7), SQUAT: (0.13, 0.2), "photos/2.jpg": (0.5, 0.7)}
"""How much of a photo its people fill, as both kinds of models see it."""


@pytest.mark.parametrize("name", ["selfie_segmentation", "selfie_segmentation_landscape"])
def test_selfie_segmentation_cuts_people_out(data_dir: Path, name: str) -> None:
    model = load(data_dir, name)
    profile = profile_of(data_dir, name, model)
    height, width = model.inputs[0].shape[1:3]
    for file, (least, most) in SHARES.items():
        frame = picture(data_dir, file)
        mask = _mask(model, data_dir, name, frame)
        assert mask.labels == ("background", "person") == profile.labels
        assert least < mask.classes.mean() < most, file
        seen = cv2.resize(frame.pixels, (width, height)).astype(np.float32) / np.float32(255)
        own = raw(model, seen)[0][:, :, 0] >= 0.5
        assert _agreement(mask.classes, own.astype(np.uint8)) > 0.995


def test_deeplab_tells_people_and_animals(data_dir: Path) -> None:
    model = load(data_dir, "deeplab_v3")
    for file, label, least, most in (
        (CAT, "cat", 0.3, 0.45), (PARROT, "bird", 0.15, 0.3),
        *((file, "person", *shares) for file, shares in SHARES.items()),
    ):  # fmt: skip
        frame = picture(data_dir, file)
        mask = _mask(model, data_dir, "deeplab_v3", frame)
        share = (mask.classes == mask.labels.index(label)).mean()
        assert least < share < most, (file, share)
        own = raw(model, cv2.resize(frame.pixels, (513, 513)))[0].astype(np.uint8)
        assert _agreement(mask.classes, own) > 0.995


def _mask(model: RealModel, data_dir: Path, name: str, frame: Frame) -> Mask:
    (mask,) = predict(model, profile_of(data_dir, name, model), frame)
    assert isinstance(mask, Mask)
    assert mask.classes.shape == frame.pixels.shape[:2]
    return mask


def _agreement(mask: Array, own: Array) -> float:
    """Which part of the source's pixels has the class of the model's pixel below it."""
    size = (mask.shape[1], mask.shape[0])
    return float((cv2.resize(own, size, interpolation=cv2.INTER_NEAREST) == mask).mean())


def test_face_mesh_lies_on_the_face_that_others_find(data_dir: Path) -> None:
    mesh, blazeface = load(data_dir, "face_mesh"), load(data_dir, "blazeface")
    frame = picture(data_dir, HOPPER)
    (face,) = items_of(predict(blazeface, profile_of(data_dir, "blazeface", blazeface), frame))
    x0, y0, x1, y1 = np.array(face.box)
    grown = np.array(
        [x0 - (x1 - x0) / 4, y0 - (y1 - y0) / 4, x1 + (x1 - x0) / 4, y1 + (y1 - y0) / 4]
    )
    left, top, right, bottom = np.rint(grown).astype(int)
    crop = Frame(0, 0, np.ascontiguousarray(frame.pixels[top:bottom, left:right]))
    (points,) = predict(mesh, profile_of(data_dir, "face_mesh", mesh), crop)
    assert isinstance(points, KeyPoints)
    assert len(points.points) == 468
    assert points.points[0].score > 0.9
    seen = cv2.resize(cropped(crop.pixels), (192, 192)).astype(np.float32) / np.float32(255)
    outputs = {t.name: t.data for t in mesh.run_with({mesh.inputs[0].name: seen[np.newaxis]})}
    own = outputs["conv2d_21"].reshape(468, 3)[:, :2]
    scale = min(crop.pixels.shape[:2]) / 192
    ours = np.array([(point.x, point.y) for point in points.points])
    assert np.abs(ours - own * scale).max() < 2
    # The corners of the eyes (33 and 133 right, 362 and 263 left) around BlazeFace's eyes.
    for eye, corners in ((face.points[0], (33, 133)), (face.points[1], (362, 263))):
        middle = np.add(ours[list(corners)].mean(axis=0), (left, top))
        assert (eye.x, eye.y) == pytest.approx(middle, abs=0.06 * (x1 - x0))


def test_face_mesh_sees_no_face_in_a_wall(data_dir: Path) -> None:
    mesh = load(data_dir, "face_mesh")
    wall = Frame(0, 0, np.full((240, 320, 3), 130, np.uint8))
    assert predict(mesh, profile_of(data_dir, "face_mesh", mesh), wall) == (KeyPoints(()),)


def test_hand_landmarks_are_where_the_model_says(data_dir: Path) -> None:
    """There is no photo of a hand: the fist that the palm detector is surest of stands in."""
    model, palm = load(data_dir, "hand_landmarks"), load(data_dir, "palm")
    frame = picture(data_dir, SQUAT)
    item = items_of(predict(palm, profile_of(data_dir, "palm", palm), frame))[0]
    x0, y0, x1, y1 = item.box
    middle, reach = ((x0 + x1) / 2, (y0 + y1) / 2), 1.5 * (x1 - x0)
    left, top = (round(place - reach) for place in middle)
    side = round(2 * reach)
    crop = Frame(0, 0, np.ascontiguousarray(frame.pixels[top : top + side, left : left + side]))
    profile = profile_of(data_dir, "hand_landmarks", model)
    (points,) = predict(model, profile, crop)
    assert isinstance(points, KeyPoints)
    seen = cv2.resize(crop.pixels, (224, 224)).astype(np.float32) / np.float32(255)
    outputs = {t.name: t.data for t in model.run_with({model.inputs[0].name: seen[np.newaxis]})}
    presence = float(outputs["Identity_1"].reshape(()))
    assert len(points.points) == (21 if presence >= 0.5 else 0)
    own = outputs["Identity"].reshape(21, 3)[:, :2] * side / 224
    for point, place, label in zip(points.points, own, profile.labels, strict=False):
        assert (point.x, point.y) == pytest.approx(place, abs=0.5)
        assert point.label == label
        assert point.score == pytest.approx(presence)
