"""Pictures that claim more than they are: refused before OpenCV allocates anything for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import InvalidInput, SourceError
from backend.sources.files.image import read_picture
from backend.wire.media.images import FILE_FORMATS, decode_image
from backend.wire.media.opencv import cv2
from backend.wire.picture_headers import MAX_PIXELS, PictureFormat, read_size
from tests.attacks.growth import assert_linear, cost_of
from tests.attacks.picture_bombs import (
    BOMBS,
    ORDINARY,
    animated_png,
    black_png,
    drawing,
    png_chunk,
    png_header,
    written,
)

_MIB = 1 << 20
_MUTATIONS = 100
_DECODED_PIXELS = 1 << 18


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_nothing_and_is_named(name: str) -> None:
    data, words = BOMBS[name]

    def refused() -> None:
        with pytest.raises(InvalidInput, match=words):
            decode_image(data, FILE_FORMATS)

    cost = cost_of(refused)
    assert cost.peak_bytes < 8 * _MIB
    assert cost.seconds < 5


def test_a_bomb_in_a_file_is_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(BOMBS["png_chunk_2_gib"][0])

    with pytest.raises(SourceError, match=r"bomb\.png cannot be read: The PNG is damaged"):
        read_picture(path)


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_pictures_are_decoded_as_opencv_does(name: str) -> None:
    assert np.array_equal(decode_image(ORDINARY[name], FILE_FORMATS), _by_opencv(ORDINARY[name]))


def test_real_photos_are_decoded_as_opencv_does(data_dir: Path) -> None:
    files = [path for folder in ("photos", "things") for path in (data_dir / folder).iterdir()]
    pictures = [path.read_bytes() for path in files if path.suffix in (".jpg", ".bmp", ".png")]
    assert len(pictures) > 5
    for data in pictures:
        assert np.array_equal(decode_image(data, FILE_FORMATS), _by_opencv(data))


@pytest.mark.parametrize("suffix", [".ppm", ".pfm", ".hdr", ".ras", ".jp2", ".gif", ".avif"])
def test_other_formats_are_refused_by_naming_those_that_are_read(suffix: str) -> None:
    pixels = drawing()
    data = written(suffix, pixels.astype(np.float32) if suffix in (".pfm", ".hdr") else pixels)

    with pytest.raises(InvalidInput, match="Expected a JPEG, PNG, WebP, BMP or TIFF file"):
        decode_image(data, FILE_FORMATS)


def test_messages_take_two_formats_only() -> None:
    with pytest.raises(InvalidInput, match="Expected a JPEG or PNG file"):
        decode_image(ORDINARY["webp"])


def test_every_accepted_format_is_tried() -> None:
    for kind in PictureFormat:
        assert any(name.startswith(kind.lower()) for name in ORDINARY)
        assert any(name.startswith(kind.lower()) for name in BOMBS)


_BLACK = np.zeros((2048, 2048, 3), np.uint8)


@pytest.mark.parametrize(
    "data",
    [
        black_png(2048, 2048),
        animated_png(2048),
        written(".jpg", _BLACK),
        written(".jpg", _BLACK, cv2.IMWRITE_JPEG_PROGRESSIVE, 1,
                cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
        written(".webp", _BLACK, cv2.IMWRITE_WEBP_QUALITY, 101),
        written(".tiff", _BLACK.astype(np.uint16)),
    ],
    ids=["png", "animated png", "jpeg", "progressive jpeg", "webp", "tiff"],
)  # fmt: skip
def test_decoding_takes_no_more_than_sixteen_bytes_a_pixel(data: bytes) -> None:
    cost = cost_of(lambda: decode_image(data, FILE_FORMATS))

    assert cost.peak_bytes <= 16 * _BLACK.shape[0] * _BLACK.shape[1] + 4 * _MIB


def _png_chunks(size: int) -> bytes:
    return png_header(8, 8) + png_chunk(b"prVt") * (size // 12)


def _jpeg_escapes(size: int) -> bytes:
    start = ORDINARY["jpeg"][: ORDINARY["jpeg"].index(b"\xff\xda") + 14]
    return start + b"\xff\x00" * (size // 2)


def _jpeg_fill(size: int) -> bytes:
    return b"\xff\xd8" + b"\xff" * size


def _webp_chunks(size: int) -> bytes:
    return b"RIFF" + (size + 4).to_bytes(4, "little") + b"WEBP" + b"none\0\0\0\0" * (size // 8)


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (_png_chunks, 700_000),
        (_jpeg_escapes, 4 * _MIB),
        (_jpeg_fill, 4 * _MIB),
        (_webp_chunks, 480_000),
    ],
)
def test_headers_are_read_in_linear_time(make: Callable[[int], bytes], size: int) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = make(size)

        def read() -> None:
            with suppress(InvalidInput):
                read_size(data, FILE_FORMATS)

        return read

    assert_linear(reading, size, seconds=20, peak_bytes_per_byte=0)


@pytest.mark.parametrize("name", ORDINARY)
def test_damaged_files_are_refused_or_no_larger_than_they_say(name: str) -> None:
    """What passes is given to OpenCV: it must neither find a larger picture nor take more."""
    largest = 0

    def decode_all() -> None:
        nonlocal largest
        for data in _mutations(ORDINARY[name]):
            with suppress(InvalidInput):
                size = read_size(data, FILE_FORMATS)
                pixels = size.width * size.height
                assert pixels <= MAX_PIXELS
                if pixels <= _DECODED_PIXELS:
                    found = decode_image(data, FILE_FORMATS)
                    assert found.shape[0] * found.shape[1] <= pixels
                    largest = max(largest, pixels)

    cost = cost_of(decode_all)
    assert cost.peak_bytes < 16 * _MIB + 16 * largest


def _mutations(data: bytes) -> Iterator[bytes]:
    """The file with a few bytes changed, cut short or put in, mostly near its beginning."""
    numbers = random.Random(data)
    for _ in range(_MUTATIONS):
        damaged = bytearray(data)
        for _ in range(numbers.randint(1, 4)):
            at = int(len(damaged) * numbers.random() ** 2)
            match numbers.randrange(4):
                case 0:
                    damaged[at : at + 1] = numbers.choice((b"\0", b"\x7f", b"\xff", b"\x01"))
                case 1:
                    damaged[at : at + 4] = numbers.choice((b"\xff\xff\xff\xff", b"\0\0\0\x40"))
                case 2:
                    damaged[at : at + 2] = numbers.randbytes(2)
                case _:
                    del damaged[at : at + numbers.choice((1, 4, 1000))]
        yield bytes(damaged)


def _by_opencv(data: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
