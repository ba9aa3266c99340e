"""Simple serving over REST, on real sockets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests

from backend.core.choices import ImageEncoding
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.wire.media.images import decode_image, encode_image
from backend.wire.media.sound import encode_wav
from backend.wire.oip.timing import timing_from_header

RNG = np.random.default_rng(1)
PICTURE = RNG.integers(0, 255, (24, 32, 3), dtype=np.uint8)
PNG = encode_image(PICTURE, ImageEncoding.PNG, 85)
JPEG = encode_image(PICTURE, ImageEncoding.JPEG, 85)
SOUND = RNG.uniform(-1, 1, 800).astype(np.float32)
WAV = encode_wav(SOUND, 16_000)


def predict(
    http: requests.Session, server: EmbeddedServer, model: str, body: bytes | str, **query: str
) -> requests.Response:
    kind = query.pop("content_type", "application/octet-stream")
    return http.post(
        f"{server.rest_url}/predict",
        params={"model": model, **query},
        data=body,
        headers={"Content-Type": kind},
        timeout=30,
    )


def test_the_root_tells_a_person_what_there_is(
    http: requests.Session, server: EmbeddedServer
) -> None:
    reply = http.get(server.rest_url, timeout=30)
    assert reply.headers["Content-Type"].startswith("text/plain")
    for route in ("/predict", "/models", "/v2/models/NAME/infer", server.rest_url, "identity"):
        assert route in reply.text


def test_models_are_listed(http: requests.Session, server: EmbeddedServer) -> None:
    answer = http.get(f"{server.rest_url}/models", timeout=30).json()
    assert answer["default"] == "shapes"
    rows = {row["name"]: row for row in answer["models"]}
    assert list(rows) == [row.name for row in server.models()]
    assert rows["shapes"]["kind"] == "image"
    assert "circle" in rows["shapes"]["labels"]
    assert rows["identity"]["description"]


@pytest.mark.parametrize(
    ("value", "prediction"), [(5, [5]), ([1, 2, 3], [1, 2, 3]), ([[1, 2], [3, 4]], [1, 2, 3, 4])]
)
def test_numbers_in_numbers_out(
    http: requests.Session, server: EmbeddedServer, value: object, prediction: object
) -> None:
    reply = predict(http, server, "identity", json.dumps({"input": value}))
    answer = reply.json()
    assert reply.status_code == 200
    assert answer["prediction"] == prediction
    assert answer["model"] == "identity"
    assert answer["timing"].keys() == {
        "decode_us",
        "encode_us",
        "queue_us",
        "compute_input_us",
        "compute_infer_us",
        "compute_output_us",
    }
    of_header = timing_from_header(reply.headers["Server-Timing"])
    assert of_header is not None
    assert of_header.whole


@pytest.mark.parametrize("content_type", ["image/jpeg", "text/plain", "application/json", ""])
@pytest.mark.parametrize("file", [PNG, JPEG], ids=["png", "jpeg"])
def test_a_picture_is_known_by_its_first_bytes(
    http: requests.Session, server: EmbeddedServer, file: bytes, content_type: str
) -> None:
    reply = predict(http, server, "seen", file, content_type=content_type)
    np.testing.assert_array_equal(reply.json()["prediction"], decode_image(file))


def test_a_wav_file_is_known_by_its_first_bytes(
    http: requests.Session, server: EmbeddedServer
) -> None:
    answer = predict(http, server, "heard", WAV, content_type="image/png").json()
    np.testing.assert_array_equal(np.float32(answer["prediction"]), SOUND)


def test_a_wav_file_of_another_rate_is_resampled(
    http: requests.Session, server: EmbeddedServer
) -> None:
    answer = predict(http, server, "heard", encode_wav(SOUND, 8_000)).json()
    assert len(answer["prediction"]) == 2 * len(SOUND)


@pytest.mark.parametrize(
    ("layout", "body", "seen"),
    [
        ("rgb", PICTURE, PICTURE),
        ("bgr", PICTURE[:, :, ::-1], PICTURE),
        ("gray", PICTURE[:, :, 0], np.repeat(PICTURE[:, :, :1], 3, axis=2)),
    ],
)
def test_raw_pixels_say_their_size_in_the_query(
    http: requests.Session,
    server: EmbeddedServer,
    layout: str,
    body: np.ndarray,
    seen: np.ndarray,
) -> None:
    reply = predict(
        http,
        server,
        "seen",
        body.tobytes(),
        content_type="application/x-raw",
        height="24",
        width="32",
        format=layout,
    )
    np.testing.assert_array_equal(reply.json()["prediction"], seen)


def test_raw_pixels_that_look_like_a_jpeg_stay_pixels(
    http: requests.Session, server: EmbeddedServer
) -> None:
    pixels = np.array([[[0xFF, 0xD8, 0xFF]]], np.uint8)
    reply = predict(
        http,
        server,
        "seen",
        pixels.tobytes(),
        content_type="application/x-raw",
        height="1",
        width="1",
    )
    assert reply.json()["prediction"] == pixels.tolist()


def test_a_picture_may_be_nested_lists(http: requests.Session, server: EmbeddedServer) -> None:
    colour = predict(http, server, "seen", json.dumps({"input": PICTURE.tolist()}))
    np.testing.assert_array_equal(colour.json()["prediction"], PICTURE)
    grey = predict(http, server, "seen", json.dumps({"input": PICTURE[:, :, 0].tolist()}))
    assert np.shape(grey.json()["prediction"]) == (24, 32, 3)


@pytest.mark.parametrize(
    ("model", "body", "query", "text"),
    [
        ("identity", b"", {}, "Expected a JPEG, PNG or WAV file or JSON, got 0 bytes"),
        ("identity", b"\x00\x01garbage", {}, "begin with 00 01 67 61."),
        ("identity", b"{", {}, "not JSON"),
        ("identity", b"{}", {}, '"input"'),
        ("identity", b'{"input": "text"}', {}, "number or a nested list of numbers, got text"),
        ("identity", b'{"input": [1, [2]]}', {}, "not all of one length"),
        ("identity", b'{"input": [300]}', {}, "0 to 255"),
        ("identity", b"x", {"content_type": "multipart/form-data"}, "curl --data-binary"),
        ("heard", b'{"input": [0.5], "rate": -1}', {}, "rate"),
        ("seen", b'{"input": 5}', {}, "A picture is [height][width][3]"),
        ("seen", JPEG[:100], {}, "damaged or cut short"),
        ("seen", WAV, {}, "takes pictures, got sound"),
        ("heard", PNG, {}, "takes sound, got a picture"),
        ("heard", WAV[:40], {}, "WAV"),
        ("seen", b"abc", {"content_type": "application/x-raw"}, "height, which is missing"),
        (
            "seen",
            b"abc",
            {"content_type": "application/x-raw", "height": "1", "width": "2x"},
            "width, got '2x'",
        ),
        (
            "seen",
            b"abc",
            {"content_type": "application/x-raw", "height": "1", "width": "2"},
            "6 bytes, got 3",
        ),
        (
            "seen",
            b"abc",
            {"content_type": "application/x-raw", "height": "1", "width": "1", "format": "xyz"},
            "xyz",
        ),
    ],
)
def test_a_wrong_body_is_the_callers_fault_and_says_why(
    http: requests.Session,
    server: EmbeddedServer,
    model: str,
    body: bytes,
    query: dict[str, str],
    text: str,
) -> None:
    reply = predict(http, server, model, body, **query)
    assert reply.status_code == 400
    assert text in reply.json()["error"]


def test_an_unknown_model_is_named(http: requests.Session, server: EmbeddedServer) -> None:
    reply = predict(http, server, "nobody", b'{"input": 1}')
    assert reply.status_code == 404
    assert "Request for unknown model: 'nobody' is not found" in reply.json()["error"]


def test_the_default_model_answers_when_none_is_named(
    http: requests.Session, server: EmbeddedServer
) -> None:
    reply = http.post(f"{server.rest_url}/predict", data=PNG, timeout=30)
    assert reply.json()["model"] == "shapes"
    assert list(reply.json()["prediction"]) == ["detections"]


def test_a_model_that_breaks_is_the_servers_fault(
    http: requests.Session, server: EmbeddedServer
) -> None:
    reply = predict(http, server, "failing", b'{"input": 1}')
    assert reply.status_code == 500
    assert "the weights are gone" in reply.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("POST", "/models", 405),
        ("DELETE", "/v2/models/identity/infer", 405),
        ("GET", "/nothing", 404),
        ("GET", "/v2/", 404),
        ("POST", "/v2/models/identity/versions/1/nothing", 404),
    ],
)
def test_other_routes_and_methods_are_refused(
    http: requests.Session, server: EmbeddedServer, method: str, path: str, status: int
) -> None:
    reply = http.request(method, server.rest_url + path, timeout=30)
    assert reply.status_code == status
    assert reply.json()["error"]


def test_the_curl_line_of_the_readme_finds_the_faces_of_a_photo(
    server: EmbeddedServer, data_dir: Path, program: Callable[[str], str]
) -> None:
    photo = data_dir / "photos" / "9.jpg"
    url = f"{server.rest_url}/predict?model=faces"
    done = subprocess.run(
        [program("curl"), "--silent", "--show-error", "--data-binary", f"@{photo}", url],
        check=True,
        capture_output=True,
        timeout=30,
    )
    answer = json.loads(done.stdout)
    assert answer["model"] == "faces"
    found = answer["prediction"]["detections"]
    height, width, _ = decode_image(photo.read_bytes()).shape
    assert found
    for face in found:
        left, top, right, bottom = face["box"]
        assert face["label"] == "face"
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
