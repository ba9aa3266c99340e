"""Pictures as JPEG and PNG files."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from backend.core.choices import ImageEncoding
from backend.core.errors import InvalidInput
from backend.wire.media.images import BodyKind, body_kind, decode_image, encode_image

# Red grows to the right, green downwards: a swap of channels or axes shows.
PIXELS = np.zeros((40, 60, 3), np.uint8)
PIXELS[:, :, 0] = np.linspace(0, 255, 60)
PIXELS[:, :, 1] = np.linspace(0, 255, 40)[:, None]


def test_raw_is_the_pixels_own_bytes() -> None:
    assert encode_image(PIXELS, ImageEncoding.RAW, 85) == PIXELS.tobytes()


def test_png_loses_nothing() -> None:
    data = encode_image(PIXELS, ImageEncoding.PNG, 85)

    assert body_kind(data) is BodyKind.PNG
    assert np.array_equal(decode_image(data), PIXELS)


def test_jpeg_stays_close_and_quality_costs_bytes() -> None:
    fine, coarse = (encode_image(PIXELS, ImageEncoding.JPEG, quality) for quality in (95, 20))

    assert body_kind(fine) is BodyKind.JPEG
    assert np.abs(decode_image(fine).astype(int) - PIXELS).mean() < 3
    assert len(coarse) < len(fine)


def test_pixels_of_another_layout_are_written_in_their_own_order() -> None:
    turned = PIXELS.transpose(1, 0, 2)

    assert np.array_equal(decode_image(encode_image(turned, ImageEncoding.PNG, 85)), turned)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", BodyKind.WAV),
        (b"RF64\xff\xff\xff\xffWAVE", BodyKind.WAV),
        (b"RIFF\0\0\0\0AVI ", None),
        (b'{"inputs"', None),
        (b"", None),
    ],
)
def test_other_bodies_are_told_by_their_first_bytes(data: bytes, kind: BodyKind | None) -> None:
    assert body_kind(data) is kind


PNG = encode_image(PIXELS, ImageEncoding.PNG, 85)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "Expected a JPEG or PNG file, got 0 bytes"),
        (b"GIF89a..", "begin with 'GIF8'"),
        (b"\xff\xd8\xff" + bytes(50), "JPEG is damaged or cut short"),
        (PNG[:16] + struct.pack(">II", 100_000, 100_000) + PNG[24:], "claims 100000 x 100000"),
        (PNG[:20], "PNG is damaged or cut short"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        decode_image(data)
