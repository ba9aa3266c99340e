"""Still pictures and folders of them."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import SourceError, SourceFault
from backend.sources.files.folder import FolderSource, natural_key
from backend.sources.files.image import ImageSource, read_picture
from backend.sources.files.kinds import file_error
from backend.sources.kind import Pace
from backend.wire.media.opencv import cv2
from tests.sources.reading import mean, read_all, shade

Pictures = Callable[..., Path]


def test_a_picture_is_given_once(pictures: Pictures) -> None:
    source = ImageSource(pictures("one.png", 77), loop=False)
    frames = read_all(source)
    assert [(frame.seq, frame.name, shade(frame)) for frame in frames] == [(0, "one.png", 77)]
    assert not source.info.live
    assert (source.info.width, source.info.height, source.info.items) == (64, 48, 1)


def test_a_looping_picture_goes_on_with_rising_numbers(pictures: Pictures) -> None:
    frames = read_all(ImageSource(pictures("one.png"), loop=True, pace=Pace.FREE), limit=5)
    assert [frame.seq for frame in frames] == [0, 1, 2, 3, 4]


def test_pixels_are_rgb(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    assert cv2.imwrite(str(path), np.full((4, 4, 3), (0, 0, 255), np.uint8))
    assert read_picture(path)[0, 0].tolist() == [255, 0, 0]


def test_a_grey_picture_and_one_with_alpha_become_three_channels(tmp_path: Path) -> None:
    grey, alpha = tmp_path / "grey.png", tmp_path / "alpha.png"
    assert cv2.imwrite(str(grey), np.full((4, 5), 9, np.uint8))
    assert cv2.imwrite(str(alpha), np.full((4, 5, 4), 9, np.uint8))
    assert read_picture(grey).shape == read_picture(alpha).shape == (4, 5, 3)


def test_a_name_with_umlauts_can_be_read(tmp_path: Path, pictures: Pictures) -> None:
    path = pictures("plain.png", 30).rename(tmp_path / "Käfer 写真.png")
    assert mean(read_picture(path)) == 30


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_damaged_picture_is_named_with_the_reason(
    pictures: Pictures, stop: threading.Event, keep: int
) -> None:
    path = pictures("cut.png")
    path.write_bytes(path.read_bytes()[: min(keep, path.stat().st_size // 2)])
    with pytest.raises(SourceError, match=r"cut\.png cannot be read") as caught:
        ImageSource(path, loop=False).open(stop)
    assert caught.value.fault is SourceFault.UNREADABLE


def test_a_small_file_that_claims_a_huge_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(_png_header(60_000, 60_000))
    with pytest.raises(SourceError, match=r"3,600\.0 megapixels; at most 67\.1") as refused:
        read_picture(path)
    assert refused.value.hint == "Make it smaller first."


def test_a_text_with_the_name_of_a_picture_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    path.write_text("hello there")
    with pytest.raises(SourceError, match="it begins with 'hell', as no picture does") as refused:
        read_picture(path)
    assert "JPEG" in refused.value.hint


def test_a_large_picture_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    assert cv2.imwrite(str(path), np.full((5000, 7000, 3), 90, np.uint8))
    assert read_picture(path).shape == (5000, 7000, 3)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    error = file_error(tmp_path / "secret.png", PermissionError(13, "Permission denied"))
    assert error.fault is SourceFault.REFUSED
    assert "permissions" in error.hint


def test_a_folder_is_sorted_as_people_count(tmp_path: Path, pictures: Pictures) -> None:
    for name in ("photo10.png", "photo2.png", "Photo1.png"):
        pictures(name)
    frames = read_all(FolderSource(tmp_path, loop=False, pace=Pace.FREE))
    assert [frame.name for frame in frames] == ["Photo1.png", "photo2.png", "photo10.png"]
    assert [frame.seq for frame in frames] == [0, 1, 2]


def test_names_of_digits_and_letters_can_be_compared() -> None:
    names = ["b", "10", "a2", "2", "a10", "²", ""]
    assert sorted(names, key=natural_key) == ["", "2", "10", "a2", "a10", "b", "²"]


def test_what_is_no_picture_is_left_out_and_told_once(
    tmp_path: Path, pictures: Pictures, video: Path
) -> None:
    pictures("a.png")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".hidden.png").write_text("hello")
    source = FolderSource(tmp_path, loop=False, pace=Pace.FREE)
    assert len(read_all(source)) == 1
    (notice,) = source.notices.drain()
    assert notice.title == "2 files were left out"
    assert "notes.txt" in notice.body
    assert f"{video.name}: it is video" in notice.body


def test_a_damaged_picture_is_skipped_and_told_once_per_folder(
    tmp_path: Path, pictures: Pictures
) -> None:
    pictures("a.png", 10)
    broken = pictures("b.png", 20)
    broken.write_bytes(broken.read_bytes()[:60])
    pictures("c.png", 30)
    source = FolderSource(tmp_path, loop=True, pace=Pace.FREE)
    frames = read_all(source, limit=5)
    assert [shade(frame) for frame in frames] == [10, 30, 10, 30, 10]
    (notice,) = source.notices.drain()
    assert notice.title == "b.png was skipped"


def test_a_folder_without_one_good_picture_is_an_error_even_in_a_loop(
    tmp_path: Path, pictures: Pictures, stop: threading.Event
) -> None:
    broken = pictures("b.png")
    broken.write_bytes(broken.read_bytes()[:60])
    source = FolderSource(tmp_path, loop=True, pace=Pace.FREE)
    source.open(stop)
    with pytest.raises(SourceError, match="None of the 1 pictures"):
        source.read(stop)


def test_a_folder_without_pictures_says_what_could_be_in_it(
    tmp_path: Path, stop: threading.Event
) -> None:
    with pytest.raises(SourceError, match="There is no picture") as caught:
        FolderSource(tmp_path, loop=False).open(stop)
    assert "JPEG" in caught.value.hint


def test_a_stopped_folder_does_not_wait_for_the_next_picture(
    tmp_path: Path, pictures: Pictures, stop: threading.Event
) -> None:
    pictures("a.png")
    source = FolderSource(tmp_path, loop=True)
    source.open(stop)
    assert source.read(stop) is not None
    stop.set()
    assert source.read(stop) is None


def _png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = (head, data, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )
