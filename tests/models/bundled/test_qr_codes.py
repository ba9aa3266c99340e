"""`qr_codes` on codes made by OpenCV's encoder: turned, scaled, blurred and noisy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import ImageEncoding
from backend.core.tensors import Array
from backend.models.bundled.qr_codes import QrCodes
from backend.profiles.bundled import profile_for
from backend.wire.media.images import decode_image
from backend.wire.media.opencv import cv2
from tests.models.bundled.model_scoring import ask, detections

MODEL = QrCodes(profile_for("qr_codes"))
_QUIET = 2  # cells of quiet zone that the encoder draws around a code


def draw_code(
    pixels: Array, text: str, centre: tuple[float, float], side: float, angle: float
) -> Array:
    """Draw a code with that side in pixels; returns its corners, clockwise from its top left."""
    code = cv2.QRCodeEncoder.create().encode(text)
    cells = code.shape[0]
    scale = side / (cells - 2 * _QUIET)
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    turn = np.array(((cosine, -sine), (sine, cosine)))
    middle = np.array((cells, cells)) / 2
    # OpenCV's coordinates are those of pixel centres, half a pixel from the edges.
    shift = np.array(centre) - turn @ (middle - 0.5) - 0.5
    matrix = np.column_stack((turn, shift))
    size = (pixels.shape[1], pixels.shape[0])
    drawn = cv2.warpAffine(code, matrix, size, flags=cv2.INTER_NEAREST)
    paper = cv2.warpAffine(np.full_like(code, 255), matrix, size, flags=cv2.INTER_NEAREST)
    pixels[paper > 0] = drawn[paper > 0, np.newaxis]
    low, high = _QUIET, cells - _QUIET
    own = np.array(((low, low), (high, low), (high, high), (low, high)))
    return np.asarray((own - middle) @ turn.T + centre)


def code_scene(seed: int, count: int, noise: float) -> tuple[Array, dict[str, Array]]:
    """A 640x480 picture with codes of 110 to 150 pixels a side at any angle."""
    random = np.random.default_rng(seed)
    pixels = np.full((480, 640, 3), random.integers(60, 200, 3), np.uint8)
    truth = {}
    for index in range(count):
        text = f"https://example.org/{seed}/{index}/{random.integers(10**9)}"
        centre = ((index + 0.5) * 640 / count, 240 + random.uniform(-60, 60))
        angle = random.uniform(-math.pi, math.pi)
        truth[text] = draw_code(pixels, text, centre, random.uniform(110, 150), angle)
    blurred = cv2.GaussianBlur(pixels, (3, 3), 0) + random.normal(0, noise, pixels.shape)
    return blurred.clip(0, 255).astype(np.uint8), truth


@pytest.mark.parametrize(("count", "noise"), [(1, 6.0), (3, 6.0), (2, 15.0)])
def test_codes_at_any_angle_are_read(count: int, noise: float) -> None:
    """At least 0.97 of the codes are read and none is read wrongly (measured: 179 of 180)."""
    read = wrong = 0
    for seed in range(30):
        pixels, truth = code_scene(seed, count, noise)
        texts = [code.text for code in detections(ask(MODEL, pixels)) if code.text]
        read += len(set(texts) & set(truth))
        wrong += len(set(texts) - set(truth))
    assert read >= 0.97 * 30 * count
    assert wrong == 0


def test_corners_follow_the_code() -> None:
    """Within 6 pixels, about a cell, and in the code's own order: they tell its direction."""
    for seed in range(10):
        pixels, truth = code_scene(seed, 2, noise=4.0)
        for code in detections(ask(MODEL, pixels)):
            corners = np.array([(point.x, point.y) for point in code.points])
            assert np.abs(corners - truth[code.text]).max() <= 6
            x0, y0, x1, y1 = code.box
            assert (x0, y0) == pytest.approx(tuple(corners.min(axis=0)), abs=0.01)
            assert (x1, y1) == pytest.approx(tuple(corners.max(axis=0)), abs=0.01)
            assert (code.label, code.score) == ("qr code", 1.0)


@pytest.mark.parametrize("side", [70, 110, 200, 380])
def test_small_and_large_codes(side: float) -> None:
    pixels = np.full((480, 640, 3), 230, np.uint8)
    draw_code(pixels, "Inferdeck", (320, 240), side, 0.2)
    (code,) = detections(ask(MODEL, pixels))
    assert code.text == "Inferdeck"


def tilted_scene(seed: int, count: int, shorter: float) -> tuple[Array, set[str]]:
    """Codes of 200 pixels a side, one side of each shorter by that part, turned and noisy."""
    random = np.random.default_rng(seed)
    light = np.full((480, 640), 150, np.uint8)
    texts = set()
    for index in range(count):
        text = f"https://example.org/{seed}/{index}"
        texts.add(text)
        code = cv2.QRCodeEncoder.create().encode(text)
        code = cv2.resize(code, None, fx=12, fy=12, interpolation=cv2.INTER_NEAREST)
        side = code.shape[0]
        flat = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32)
        seen = tilted(random, shorter) * 220 + ((index + 0.5) * 640 / count, 240)
        matrix = cv2.getPerspectiveTransform(flat, seen.astype(np.float32))
        drawn = cv2.warpPerspective(code, matrix, (640, 480), flags=cv2.INTER_AREA)
        paper = cv2.warpPerspective(np.full_like(code, 255), matrix, (640, 480))
        light = np.where(paper > 127, drawn, light)
    noisy = cv2.GaussianBlur(light, (3, 3), 0) + random.normal(0, 4, light.shape)
    return np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2), texts


def tilted(random: np.random.Generator, shorter: float) -> Array:
    """A unit square around 0, whose one side keeps 1 - `shorter` of its length, turned."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    one = int(random.integers(4))
    other = (one + 1) % 4
    moved = (corners[other] - corners[one]) * shorter / 2
    corners[one] += moved
    corners[other] -= moved
    angle = random.uniform(-0.5, 0.5)
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.asarray((corners - 0.5) @ np.array(((cosine, sine), (-sine, cosine))))


@pytest.mark.parametrize("shorter", [0.3, 0.5, 0.6])
@pytest.mark.parametrize("count", [1, 2])
def test_codes_in_perspective_are_read(shorter: float, count: int) -> None:
    """At least nine of ten, where the far side has 0.7 to 0.4 of the near side's length."""
    read = 0
    for seed in range(10):
        pixels, texts = tilted_scene(seed, count, shorter)
        found = {code.text for code in detections(ask(MODEL, pixels)) if code.text}
        assert found <= texts
        read += len(found)
    assert read >= 0.9 * 10 * count


def test_text_is_utf_8() -> None:
    pixels = np.full((480, 640, 3), 255, np.uint8)
    draw_code(pixels, "größer als π: 日本語", (320, 240), 300, 0.0)
    (code,) = detections(ask(MODEL, pixels))
    assert code.text == "größer als π: 日本語"


def test_a_damaged_code_is_found_but_not_read() -> None:
    pixels = np.full((480, 640, 3), 255, np.uint8)
    draw_code(pixels, "https://example.org/a/longer/address", (320, 240), 260, 0.0)
    pixels[230:350, 280:440] = 255
    (code,) = detections(ask(MODEL, pixels))
    assert (code.text, code.score) == ("", 0.5)


def test_png_says_exactly_what_raw_says_and_jpeg_reads_the_same() -> None:
    pixels, truth = code_scene(3, 3, noise=4.0)
    raw = detections(ask(MODEL, pixels))
    assert detections(ask(MODEL, pixels, ImageEncoding.PNG)) == raw
    jpeg = detections(ask(MODEL, pixels, ImageEncoding.JPEG))
    assert {code.text for code in raw} == {code.text for code in jpeg} == set(truth)


def test_no_codes_in_photos_grey_or_noise(data_dir: Path) -> None:
    for path in sorted((data_dir / "photos").glob("*.jpg")):
        assert detections(ask(MODEL, decode_image(path.read_bytes()))) == ()
    random = np.random.default_rng(0)
    for size in ((1, 1), (3, 700), (480, 640)):
        assert detections(ask(MODEL, np.full((*size, 3), 127, np.uint8))) == ()
        assert detections(ask(MODEL, random.integers(0, 256, (*size, 3), np.uint8))) == ()
