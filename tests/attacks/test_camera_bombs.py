"""Videos, cameras and folders that are meant to take memory, to never end, or to lead elsewhere."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.core.samples import Frame
from backend.core.tensors import Datatype, TensorSpec
from backend.inspector.forms.input_files import read_input_file
from backend.sources.files.folder import FolderSource
from backend.sources.files.image import read_picture
from backend.sources.files.kinds import kind_of_file
from backend.sources.files.video import VideoSource
from backend.sources.network.address import parse_camera_address
from backend.sources.network.camera import NetworkCamera
from backend.sources.network.multipart import pictures
from backend.sources.network.rtsp_probe import why_no_video
from backend.sources.pixels import check_frames
from backend.wire.elements import TensorRef
from backend.wire.media.opencv import cv2
from tests.attacks.growth import assert_linear, cost_of
from tests.attacks.picture_bombs import BOMBS, ORDINARY, drawing, written
from tests.sources.network.scripted_server import http_reply, multipart, scripted_server
from tests.sources.reading import jpeg, mean, read_until_item

_MIB = 1 << 20
MULTIPART = "multipart/x-mixed-replace; boundary=cut"


def gif(side: int) -> bytes:
    """A GIF of one frame, all of one colour, of which only the size is told."""
    screen = struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\2\2L\1\0;"


def opening(url: str, **limits: float) -> SourceError:
    with closing(NetworkCamera(url, **limits)) as camera:
        with pytest.raises(SourceError) as caught:
            camera.open(threading.Event())
        return caught.value


def test_a_video_that_claims_huge_frames_costs_nothing_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "huge.gif"
    path.write_bytes(gif(16_000))

    def refused() -> None:
        with pytest.raises(SourceError, match=r"16000 x 16000 pixels = 256\.0 megapixels"):
            VideoSource(path, loop=False).open(threading.Event())

    assert cost_of(refused).peak_bytes < 16 * _MIB


@pytest.mark.skipif(sys.platform == "win32", reason="FFmpeg is inside of one library there")
def test_ffmpeg_itself_refuses_a_huge_frame_because_a_stream_may_grow(tmp_path: Path) -> None:
    path = tmp_path / "huge.gif"
    path.write_bytes(gif(16_000))

    def read() -> None:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        assert capture.isOpened()
        assert not capture.read()[0]
        capture.release()

    assert cost_of(read).peak_bytes < 16 * _MIB


class Claiming:
    """A video that is open and says this of itself; a real one of that size takes gigabytes."""

    def __init__(self, width: int, height: int) -> None:
        self._values = {cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height}

    def get(self, prop: int) -> float:
        return float(self._values[prop])


def test_what_an_open_stream_says_of_its_frames_is_checked() -> None:
    for known in (Claiming(0, 0), Claiming(7680, 4320)):
        check_frames(cast("cv2.VideoCapture", known), "rtsp://cam/1")
    with pytest.raises(SourceError, match="rtsp://cam/1 claims 30000 x 30000 pixels"):
        check_frames(cast("cv2.VideoCapture", Claiming(30_000, 30_000)), "rtsp://cam/1")


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile other.mp4\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 26\n",
        '<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:1/</BaseURL></MPD>',
    ],
    ids=["m3u8", "concat", "sdp", "dash"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".avi"])
def test_a_text_that_leads_elsewhere_is_no_video(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    path.write_text(text)
    with pytest.raises(SourceError, match="is no picture, video or sound"):
        kind_of_file(path)


def test_a_playlist_of_a_camera_does_not_open_files_of_ours(tmp_path: Path) -> None:
    clip = tmp_path / "clip.ts"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
    for _ in range(50):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    assert cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG).read()[0]
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:2,\n{clip.as_uri()}\n#EXT-X-ENDLIST\n"
    reply = http_reply(playlist.encode(), "application/vnd.apple.mpegurl")
    with scripted_server(reply) as server:
        error = opening(f"http://127.0.0.1:{server.port}/live.m3u8")
    assert error.fault is SourceFault.UNREADABLE


def test_a_bomb_among_a_cameras_pictures_is_passed_over() -> None:
    bomb = BOMBS["png_chunk_2_gib"][0]
    body = multipart(bomb, bomb, jpeg(200)) + b"--cut\r\n"
    with (
        scripted_server(http_reply(body, MULTIPART), hold=True) as server,
        closing(NetworkCamera(f"http://127.0.0.1:{server.port}/v")) as camera,
    ):
        camera.open(threading.Event())
        frame = read_until_item(camera, threading.Event())
        assert isinstance(frame, Frame)
        assert mean(frame.pixels) == pytest.approx(200, abs=2)


def test_a_camera_of_nothing_but_bombs_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many of a burst are looked at depends on the machine, so one must be enough here."""
    monkeypatch.setattr("backend.sources.cameras.live._BAD_IN_A_ROW", 1)
    body = multipart(*repeat(BOMBS["jpeg_size"][0], 100)) + b"--cut\r\n"
    with scripted_server(http_reply(body, MULTIPART), hold=True) as server:
        error = opening(f"http://127.0.0.1:{server.port}/v")
    assert error.fault is SourceFault.UNREADABLE
    assert "65000 x 65000 pixels" in error.message


@pytest.mark.parametrize("line", [b"\r\n", b"\n", b" \n"])
def test_a_body_of_empty_lines_ends(line: bytes) -> None:
    with pytest.raises(SourceError, match="sends a header of more than"):
        next(pictures(lambda: line * 1000))


@pytest.mark.parametrize("boundary", [b"--", b"--" + b"x" * 16_000])
def test_parts_are_cut_in_linear_time(boundary: bytes) -> None:
    def cutting(size: int) -> Callable[[], object]:
        almost = boundary[:-1] + b"y"
        part = (almost * (size // len(almost) + 1))[:size]
        body = boundary + b"\r\n\r\n" + part + b"\r\n" + boundary + b"--\r\n"
        pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]

        def cut() -> None:
            waiting = iter(pieces)
            list(pictures(lambda: next(waiting, b"")))

        return cut

    assert_linear(cutting, 4 * _MIB, seconds=20, peak_bytes_per_byte=4)


def test_a_camera_that_does_not_finish_its_answer_is_given_up() -> None:
    with scripted_server(b"HTTP/1.1 200 OK\r\nX-Slow: ", hold=True) as server:
        error = opening(f"http://127.0.0.1:{server.port}/v", connect_within_s=0.2)
    assert error.fault is SourceFault.SILENT
    assert "has not opened within" in error.message


def test_an_rtsp_server_that_dribbles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.sources.network.rtsp_probe.NETWORK_CAMERA_TIMEOUT_S", 0.5)
    over = threading.Event()

    def dribble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while not over.wait(0.05):
                connection.sendall(b"R")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dribble, args=(listener,))
        thread.start()
        try:
            address = parse_camera_address(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/v")
            assert why_no_video(address).fault is SourceFault.SILENT
        finally:
            over.set()
            thread.join()


_SPEC = TensorSpec("X", Datatype.UINT8, (-1, -1, 3))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """To open a pipe waits for a writer, and a device never ends."""
    pipe, device, loop = (tmp_path / name for name in ("pipe.png", "device.png", "loop.png"))
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    loop.symlink_to(loop)
    for path, words in ((pipe, "a named pipe"), (device, "a device")):
        for read in (read_picture, kind_of_file):
            with pytest.raises(SourceError, match=words):
                read(path)
        with pytest.raises(InvalidInput, match=words):
            read_input_file(str(path), _SPEC, TensorRef("input", "X", "m"))
    with pytest.raises(SourceError, match="cannot be read"):
        kind_of_file(loop)

    (tmp_path / "real.png").write_bytes(written(".png", drawing()))
    folder = FolderSource(tmp_path, loop=False)
    assert folder.open(threading.Event()).items == 1


def test_a_bomb_in_a_folder_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(BOMBS["png_chunk_4_gib"][0])
    (tmp_path / "b.png").write_bytes(ORDINARY["png"])
    folder = FolderSource(tmp_path, loop=False)
    folder.open(threading.Event())
    frame = folder.read(threading.Event())
    assert isinstance(frame, Frame)
    assert frame.name == "b.png"
    (notice,) = folder.notices.drain()
    assert "a chunk claims" in notice.body
