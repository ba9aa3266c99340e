"""Network cameras: real ones made by ffmpeg and GStreamer, and servers that misbehave."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import NoReturn

import pytest
import requests

from backend.core.errors import SourceError, SourceFault
from backend.core.files.concealment import concealed_address
from backend.core.samples import Frame
from backend.sources.network.address import parse_camera_address
from backend.sources.network.camera import NetworkCamera
from backend.sources.network.http_faults import connection_fault
from tests.real_sources import ChildCamera, free_port, rtsp_camera, rtsp_is_available
from tests.sources.network.scripted_server import http_reply, multipart, scripted_server
from tests.sources.reading import jpeg, mean, read_until_error, read_until_item
from tests.waiting import WAIT_S

MULTIPART = "multipart/x-mixed-replace; boundary=cut"


def error_at_open(url: str, **limits: float) -> SourceError:
    with closing(NetworkCamera(url, **limits)) as camera:
        with pytest.raises(SourceError) as caught:
            camera.open(threading.Event())
        return caught.value


@pytest.mark.network_camera
def test_motion_jpeg_is_live_and_fresh(mjpeg: ChildCamera, stop: threading.Event) -> None:
    with closing(NetworkCamera(mjpeg.url)) as camera:
        info = camera.open(stop)
        assert (info.live, info.width, info.height) == (True, 640, 480)
        last = read_until_item(camera, stop)
        passed_over = 0
        while not passed_over:  # a reader that takes its time misses pictures, and gets no old ones
            time.sleep(0.2)
            newest = read_until_item(camera, stop)
            passed_over, last = newest.seq - last.seq - 1, newest


@pytest.mark.network_camera
def test_an_unplugged_camera_is_lost_then_absent_and_comes_back(
    mjpeg: ChildCamera, stop: threading.Event
) -> None:
    with closing(NetworkCamera(mjpeg.url)) as camera:
        camera.open(stop)
        mjpeg.unplug()
        with pytest.raises(SourceError) as caught:
            read_until_error(camera, stop)
        assert caught.value.fault is SourceFault.LOST
        camera.close()
        with pytest.raises(SourceError) as caught:
            camera.open(stop)
        assert caught.value.fault is SourceFault.ABSENT
        camera.close()
        mjpeg.plug_in()
        camera.open(stop)
        assert read_until_item(camera, stop) is not None


@pytest.mark.network_camera
@pytest.mark.parametrize("scheme", ["mjpeg", "rtsp"])
def test_a_frozen_camera_is_silent_and_can_be_left_at_once(
    request: pytest.FixtureRequest,
    stop: threading.Event,
    scheme: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.sources.network.opencv_stream._TIMEOUT_MS", round(WAIT_S * 1000))
    child: ChildCamera = request.getfixturevalue(scheme)
    with closing(NetworkCamera(child.url)) as camera:
        camera.open(stop)
        child.freeze()
        with pytest.raises(SourceError) as caught:
            read_until_error(camera, stop)
        assert caught.value.fault is SourceFault.SILENT
        camera.close()
        if scheme == "rtsp":  # FFmpeg cannot be interrupted, so its thread has been left behind
            assert camera._reader is not None
            assert camera._reader.alive


@pytest.mark.network_camera
def test_rtsp_pictures_come_one_after_the_other(rtsp: ChildCamera, stop: threading.Event) -> None:
    with closing(NetworkCamera(rtsp.url)) as camera:
        info = camera.open(stop)
        assert (info.width, info.height, info.rate) == (640, 480, 30.0)
        frames = [read_until_item(camera, stop) for _ in range(15)]
    assert [frame.seq for frame in frames] == sorted({frame.seq for frame in frames})


@pytest.mark.network_camera
def test_an_unknown_rtsp_path_is_told_from_a_dead_camera(rtsp: ChildCamera) -> None:
    missing_path = error_at_open(rtsp.url + "/other")
    rtsp.unplug()
    dead = error_at_open(rtsp.url)
    assert missing_path.fault is dead.fault is SourceFault.ABSENT
    assert "404" in missing_path.message
    assert "refused" in dead.message


@pytest.mark.network_camera
def test_rtsp_sign_in(missing: Callable[[str], NoReturn], stop: threading.Event) -> None:
    if not rtsp_is_available():
        missing("GStreamer's RTSP server, or its H.264 encoder, is not installed")
    with rtsp_camera("jpeg", user="me", password="open@sesame") as child:
        without = error_at_open(child.url)
        wrong = error_at_open(child.url.replace("//", "//me:wrong@"))
        assert without.fault is wrong.fault is SourceFault.REFUSED
        assert "asks for a user" in without.message
        assert "does not accept" in wrong.message
        assert "wrong" not in str(wrong)
        url = child.url.replace("//", "//me:open%40sesame@")
        with closing(NetworkCamera(url)) as camera:
            info = camera.open(stop)
            assert read_until_item(camera, stop) is not None
            assert "sesame" not in info.name


def test_pictures_are_decoded_in_order_and_the_end_is_a_loss(stop: threading.Event) -> None:
    body = http_reply(multipart(jpeg(50)) + b"--cut\r\n", MULTIPART)
    with (
        scripted_server(body) as server,
        closing(NetworkCamera(f"http://127.0.0.1:{server.port}/v")) as camera,
    ):
        camera.open(stop)
        frame = read_until_item(camera, stop)
        assert isinstance(frame, Frame)
        assert mean(frame.pixels) == pytest.approx(50, abs=2)
        with pytest.raises(SourceError) as caught:
            read_until_error(camera, stop)
        assert caught.value.fault is SourceFault.LOST


def test_a_damaged_picture_is_passed_over(stop: threading.Event) -> None:
    body = multipart(jpeg(9)[:80], jpeg(200)) + b"--cut\r\n"
    with (
        scripted_server(http_reply(body, MULTIPART), hold=True) as server,
        closing(NetworkCamera(f"http://127.0.0.1:{server.port}/v")) as camera,
    ):
        camera.open(stop)
        frame = read_until_item(camera, stop)
        assert isinstance(frame, Frame)
        assert mean(frame.pixels) == pytest.approx(200, abs=2)


def test_a_body_that_does_not_say_it_is_multipart_is_known_by_its_beginning(
    stop: threading.Event,
) -> None:
    body = http_reply(multipart(jpeg(1)) + b"--cut\r\n", "application/octet-stream")
    with (
        scripted_server(body, hold=True) as server,
        closing(NetworkCamera(f"http://127.0.0.1:{server.port}/v")) as camera,
    ):
        assert camera.open(stop).width == 64


@pytest.mark.parametrize(
    ("status", "fault", "words"),
    [
        ("401 Unauthorized", SourceFault.REFUSED, "asks for a user and password"),
        ("403 Forbidden", SourceFault.REFUSED, "asks for a user and password"),
        ("404 Not Found", SourceFault.ABSENT, "there is nothing at"),
        ("503 Service Unavailable", SourceFault.BUSY, "too busy"),
        ("500 Oops", SourceFault.UNREADABLE, "status 500"),
    ],
)
def test_statuses_are_told_apart(status: str, fault: SourceFault, words: str) -> None:
    with scripted_server(http_reply(b"no", "text/plain", status)) as server:
        error = error_at_open(f"http://127.0.0.1:{server.port}/v")
    assert error.fault is fault
    assert words in error.message


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [
        ('Digest realm="cam", nonce="abc", qop="auth"', b'Authorization: Digest username="me"'),
        ('Basic realm="cam"', b"Authorization: Basic bWU6czNjcmV0"),
    ],
)
def test_user_and_password_are_sent_as_asked_for_and_shown_nowhere(
    stop: threading.Event, challenge: str, answer: bytes
) -> None:
    extra = f"Content-Length: 0\r\nWWW-Authenticate: {challenge}\r\n"
    asks = http_reply(b"", "text/plain", "401 Unauthorized", extra)
    gives = http_reply(multipart(jpeg(70)) + b"--cut\r\n", MULTIPART)
    visits = [asks, asks, gives] if "Digest" in challenge else [asks, gives]
    with (
        scripted_server(*visits, hold=True) as server,
        closing(NetworkCamera(f"http://me:s3cret@127.0.0.1:{server.port}/v")) as camera,
    ):
        info = camera.open(stop)
        assert info.name == f"http://***@127.0.0.1:{server.port}/v"
        assert b"Authorization" not in server.requests[0]
        assert answer in server.requests[-1]


def test_a_wrong_password_is_told_from_a_missing_one() -> None:
    asks = http_reply(b"", "text/plain", "401 Unauthorized", "Content-Length: 0\r\n")
    with scripted_server(asks) as server:
        error = error_at_open(f"http://me:s3cret@127.0.0.1:{server.port}/v")
    assert "does not accept this user and password" in error.message
    assert "s3cret" not in str(error)


def test_a_page_is_not_a_camera() -> None:
    with scripted_server(http_reply(b"<html>hello</html>", "text/html")) as server:
        error = error_at_open(f"http://127.0.0.1:{server.port}/")
    assert error.fault is SourceFault.UNREADABLE
    assert "text/html" in error.message


def test_garbage_with_a_good_status_is_no_video() -> None:
    reply = http_reply(bytes(range(256)) * 64, "application/octet-stream")
    with scripted_server(reply) as server:
        error = error_at_open(f"http://127.0.0.1:{server.port}/v")
    assert error.fault is SourceFault.UNREADABLE


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_garbage_instead_of_the_protocol_is_no_video(scheme: str) -> None:
    with scripted_server(b"\x00\xffgarbage\r\n\r\n" * 100) as server:
        error = error_at_open(f"{scheme}://127.0.0.1:{server.port}/v")
    assert error.fault is SourceFault.UNREADABLE
    assert "not with video" in error.message


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_nobody_at_the_port_is_a_refused_connection(scheme: str) -> None:
    error = error_at_open(f"{scheme}://127.0.0.1:{free_port()}/v")
    assert error.fault is SourceFault.ABSENT
    assert "refused" in error.message


def test_a_server_that_never_answers_is_silent_after_three_seconds() -> None:
    with scripted_server(b"", hold=True) as server:
        error = error_at_open(f"http://127.0.0.1:{server.port}/v")
    assert error.fault is SourceFault.SILENT


def test_waiting_for_an_answer_can_be_stopped() -> None:
    stop = threading.Event()
    with (
        scripted_server(b"", hold=True) as server,
        closing(NetworkCamera(f"http://127.0.0.1:{server.port}/v")) as camera,
    ):
        threading.Timer(0.1, stop.set).start()
        camera.open(stop)  # or it would raise that the camera is silent
        camera.close()


def test_tls_to_a_server_without_it_is_a_handshake_fault() -> None:
    with scripted_server(http_reply(b"", "text/plain")) as server:
        error = error_at_open(f"https://127.0.0.1:{server.port}/v")
    assert error.fault is SourceFault.REFUSED
    assert "TLS" in error.message
    assert "http://" in error.hint


def test_an_untrusted_certificate_is_named_as_such() -> None:
    cause = ssl.SSLCertVerificationError("self-signed certificate")
    error = connection_fault(ADDRESS, requests.exceptions.SSLError(cause))
    assert error.fault is SourceFault.REFUSED
    assert "certificate" in error.message


def test_an_unknown_name_is_told() -> None:
    error = connection_fault(ADDRESS, requests.ConnectionError(socket.gaierror(-2, "unknown")))
    assert error.fault is SourceFault.ABSENT
    assert "name cam.local is not known" in error.message


ADDRESS = parse_camera_address("http://me:s3cret@cam.local:8080/v.mjpg?size=4&token=abc")


def test_an_address_is_taken_apart() -> None:
    assert (ADDRESS.user, ADDRESS.password) == ("me", "s3cret")
    assert ADDRESS.place == "cam.local:8080"
    assert ADDRESS.without_credentials() == "http://cam.local:8080/v.mjpg?size=4&token=abc"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://host/v?size=4", "http://host/v?size=4"),
        ("http://me:pw@host:81/v", "http://***@host:81/v"),
        ("http://me:p@ss@host/v", "http://***@host/v"),
        ("rtsp://host/s?user=me&password=pw&ch=1", "rtsp://host/s?user=***&password=***&ch=1"),
        ("http://[bad:pw@host/", "http://***@host/"),
    ],
)
def test_secrets_are_hidden(text: str, shown: str) -> None:
    assert concealed_address(text) == shown
