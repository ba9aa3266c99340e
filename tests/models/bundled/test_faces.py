"""`faces` on real photos, measured against YuNet, a neural detector, run by OpenCV.

YuNet's faces at its default threshold (52 in six photos) are those that should be found. At that
threshold it misses real faces in the group photo, so a face counts as wrong only if YuNet does not
see it at a threshold of 0.5 either. Steps and sizes were chosen on these photos: the numbers say
how good it is here. docs/bundled_models.md has those of other photos.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import ImageEncoding
from backend.core.predictions import Detection
from backend.core.tensors import Array
from backend.models.bundled.faces import Faces
from backend.profiles.bundled import profile_for
from backend.wire.media.images import decode_image
from backend.wire.media.opencv import cv2
from tests.models.bundled.model_scoring import Box, Score, ask, detections, overlap

KNOWN_FACES = {"1": 32, "2": 4, "5": 1, "9": 8, "13": 2, "21": 5}
SAME_FACE = 0.4  # IoU
SIZES = ((640, 480), (1024, 768))


@pytest.fixture(scope="module")
def model() -> Faces:
    return Faces(profile_for("faces"))


@pytest.fixture(scope="module")
def photos(data_dir: Path) -> dict[str, Array]:
    return {
        name: decode_image((data_dir / "photos" / f"{name}.jpg").read_bytes())
        for name in KNOWN_FACES
    }


def yunet(data_dir: Path, pixels: Array, threshold: float) -> list[tuple[str, Box]]:
    path = data_dir / "models" / "face_detection_yunet" / "face_detection_yunet_2023mar.onnx"
    height, width = pixels.shape[:2]
    detector = cv2.FaceDetectorYN.create(str(path), "", (width, height), threshold)
    rows = detector.detect(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1]
    return [
        ("face", (x, y, x + w, y + h)) for x, y, w, h, *_ in ([] if rows is None else rows.tolist())
    ]


@pytest.mark.parametrize("half", [("1", "5", "13"), ("2", "9", "21")])
def test_recall_and_precision_on_real_photos(
    model: Faces, photos: dict[str, Array], data_dir: Path, half: tuple[str, ...]
) -> None:
    """Recall at least 0.85 and precision at least 0.93 in each half (measured: 0.91, 0.94; 1.0)."""
    certain, possible = Score(), Score()
    for name in half:
        pixels = photos[name]
        found = detections(ask(model, pixels))
        truth = yunet(data_dir, pixels, 0.9)
        assert len(truth) == KNOWN_FACES[name]
        certain.add(found, truth, SAME_FACE)
        possible.add(found, yunet(data_dir, pixels, 0.5), SAME_FACE)
    assert certain.recall >= 0.85
    assert possible.precision >= 0.93


@pytest.mark.parametrize("size", SIZES)
def test_small_faces_are_found_beside_larger_ones_at_any_size(
    model: Faces, photos: dict[str, Array], size: tuple[int, int]
) -> None:
    """One large face in the corner of the group photo does not stop the search for small ones."""
    group = np.asarray(cv2.resize(photos["1"], size, interpolation=cv2.INTER_AREA))
    height, width = size[1] // 3, size[0] // 3
    around = beside(detections(ask(model, group)), width, height)
    front = cv2.resize(photos["5"], (width, height), interpolation=cv2.INTER_AREA)
    group[:height, :width] = front
    faces = detections(ask(model, group))
    assert around >= 26
    assert beside(faces, width, height) >= around - 3
    assert any(face.box[2] < width and face.box[3] < height for face in faces)


def beside(faces: tuple[Detection, ...], width: int, height: int) -> int:
    """How many faces lie outside of the picture's upper left corner of that size."""
    return sum(face.box[2] >= width or face.box[3] >= height for face in faces)


def test_one_face_in_front_of_the_camera_is_one_face(
    model: Faces, photos: dict[str, Array]
) -> None:
    (face,) = detections(ask(model, photos["5"]))
    assert face.label == "face"
    assert 0.4 < face.score < 1


def test_most_heads_that_lean_over_are_seen(
    model: Faces, photos: dict[str, Array], data_dir: Path
) -> None:
    """Recall at least 0.5 of 39 (measured: 0.67; without turning the picture 0.18)."""
    certain, possible = Score(), Score()
    for name in ("2", "9", "13"):
        for degrees in (-30, -25, 25, 30):
            leaning = leaned(photos[name], degrees)
            found = detections(ask(model, leaning))
            certain.add(found, yunet(data_dir, leaning, 0.9), SAME_FACE)
            possible.add(found, yunet(data_dir, leaning, 0.5), SAME_FACE)
    assert certain.recall >= 0.5
    assert possible.precision >= 0.9


def leaned(pixels: Array, degrees: float) -> Array:
    """The picture turned around its middle, its edges drawn out."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned)


def test_a_face_that_fills_the_picture_is_seen(
    model: Faces, photos: dict[str, Array], data_dir: Path
) -> None:
    """Hair, ears and chin are cut off, as of who sits close: 8 of 11 (2 without the margin)."""
    seen = Score()
    for name in ("2", "13", "21"):
        for _, box in yunet(data_dir, photos[name], 0.9):
            left, top, right, bottom = (max(0, round(edge)) for edge in box)
            close = np.asarray(cv2.resize(photos[name][top:bottom, left:right], (480, 640)))
            found = detections(ask(model, close))
            seen.add(found, [("face", (0, 0, 480, 640))], SAME_FACE)
            for face in found:
                assert 0 <= face.box[0] < face.box[2] <= 480
                assert 0 <= face.box[1] < face.box[3] <= 640
    assert seen.recall >= 0.6
    assert seen.precision >= 0.85


def test_png_says_exactly_what_raw_says(model: Faces, photos: dict[str, Array]) -> None:
    for pixels in photos.values():
        assert detections(ask(model, pixels, ImageEncoding.PNG)) == detections(ask(model, pixels))


@pytest.mark.parametrize("name", ["2", "5", "9", "13", "21"])
def test_jpeg_says_nearly_what_raw_says(model: Faces, photos: dict[str, Array], name: str) -> None:
    raw = detections(ask(model, photos[name]))
    jpeg = detections(ask(model, photos[name], ImageEncoding.JPEG))
    assert len(jpeg) == len(raw)
    assert agreeing(raw, jpeg) == len(raw)


def test_jpeg_changes_few_of_the_smallest_faces(model: Faces, photos: dict[str, Array]) -> None:
    """In the group photo at least 0.85 of 40 faces near the smallest size stay.

    A cascade decides window by window, and those of the smallest faces are at its limit.
    """
    raw = detections(ask(model, photos["1"]))
    jpeg = detections(ask(model, photos["1"], ImageEncoding.JPEG))
    assert agreeing(raw, jpeg) >= 0.85 * len(raw)
    assert agreeing(jpeg, raw) >= 0.85 * len(jpeg)


def agreeing(faces: tuple[Detection, ...], others: tuple[Detection, ...]) -> int:
    """How many faces have a twin with IoU of at least 0.6 and a score within 0.3."""
    twins = ((face, max(others, key=lambda o: overlap(face.box, o.box))) for face in faces)
    return sum(
        overlap(face.box, twin.box) >= 0.6 and abs(face.score - twin.score) <= 0.3
        for face, twin in twins
    )


def test_the_same_answer_again_and_from_another_instance(
    model: Faces, photos: dict[str, Array]
) -> None:
    first = detections(ask(model, photos["9"]))
    assert detections(ask(model, photos["9"])) == first
    assert detections(ask(Faces(profile_for("faces")), photos["9"])) == first


def test_boxes_are_in_pixels_of_the_picture_sent(model: Faces, photos: dict[str, Array]) -> None:
    small = photos["2"]
    large = cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    ours, twice = detections(ask(model, small)), detections(ask(model, np.asarray(large)))
    assert len(ours) == len(twice) == 4

    def left_edges(faces: tuple[Detection, ...]) -> list[float]:
        return sorted(face.box[0] for face in faces)

    assert left_edges(twice) == pytest.approx([2 * x for x in left_edges(ours)], abs=16)


@pytest.mark.parametrize("size", [(1, 1), (19, 400), (400, 19), (480, 640)])
def test_no_faces_in_grey_or_noise(model: Faces, size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    assert detections(ask(model, np.full((*size, 3), 127, np.uint8))) == ()
    assert detections(ask(model, random.integers(0, 256, (*size, 3), np.uint8))) == ()
