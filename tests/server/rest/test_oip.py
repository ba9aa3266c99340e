"""The Open Inference Protocol over REST, on real sockets."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import numpy as np
import pytest
import requests

from backend.core.inference import InferRequest, RequestedOutput
from backend.core.tensors import Array, Datatype, Tensor
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.rest.body import accepted_encoding
from backend.server.settings.options import ServerOptions
from backend.wire.oip.rest import HEADER_LENGTH, decode_response, encode_request
from backend.wire.oip.timing import timing_from_header

DATA = np.random.default_rng(2).integers(0, 255, 5_000, dtype=np.uint8)


def bytes_of(*values: int) -> dict[str, Any]:
    return {"name": "INPUT0", "shape": [len(values)], "datatype": "UINT8", "data": list(values)}


def infer(
    http: requests.Session,
    server: EmbeddedServer,
    body: Any,
    model: str = "identity",
    **headers: str,
) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body)
    url = f"{server.rest_url}/v2/models/{model}/infer"
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    return http.post(url, data=data, headers={"Accept-Encoding": "identity"} | names, timeout=30)


def identity(*, binary: bool, data: Array = DATA) -> tuple[dict[str, str], bytes]:
    request = InferRequest("identity", (Tensor("INPUT0", Datatype.UINT8, data),), id="seven")
    return encode_request(request, binary=binary)


def test_the_server_describes_itself(http: requests.Session, server: EmbeddedServer) -> None:
    about = http.get(f"{server.rest_url}/v2", timeout=30).json()
    assert about["name"] == "inferdeck"
    assert {"binary_tensor_data", "inferdeck_timing"} <= set(about["extensions"])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/pair/ready", {"name": "pair", "ready": True}),
        ("/v2/models/pair/versions/1/ready", {"name": "pair", "ready": True}),
    ],
)
def test_health_is_a_200_that_says_so(
    http: requests.Session, server: EmbeddedServer, path: str, said: object
) -> None:
    reply = http.get(server.rest_url + path, timeout=30)
    assert (reply.status_code, reply.json()) == (200, said)


@pytest.mark.parametrize("path", ["/v2/models/pair", "/v2/models/pair/versions/1"])
def test_a_model_describes_its_tensors(
    http: requests.Session, server: EmbeddedServer, path: str
) -> None:
    assert http.get(server.rest_url + path, timeout=30).json() == {
        "name": "pair",
        "versions": ["1"],
        "platform": "inferdeck",
        "inputs": [
            {"name": "A", "datatype": "FP32", "shape": [-1, 2]},
            {"name": "B", "datatype": "INT32", "shape": [1]},
        ],
        "outputs": [
            {"name": "SCALED", "datatype": "FP32", "shape": [-1, 2]},
            {"name": "NAME", "datatype": "BYTES", "shape": [1]},
        ],
    }


@pytest.mark.parametrize("rest", ["", "/ready", "/versions/7", "/versions/7/ready"])
def test_an_unknown_model_or_version_is_a_404(
    http: requests.Session, server: EmbeddedServer, rest: str
) -> None:
    model = "pair" if "7" in rest else "nobody"
    reply = http.get(f"{server.rest_url}/v2/models/{model}{rest}", timeout=30)
    assert reply.status_code == 404
    assert f"Request for unknown model: '{model}'" in reply.json()["error"]


def test_json_in_json_out(http: requests.Session, server: EmbeddedServer) -> None:
    reply = infer(http, server, {"id": "7", "inputs": [bytes_of(1, 2, 3)]})
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert timing_from_header(reply.headers["Server-Timing"]) is not None
    assert reply.json() == {
        "model_name": "identity",
        "model_version": "1",
        "id": "7",
        "outputs": [{"name": "OUTPUT0", "datatype": "UINT8", "shape": [3], "data": [1, 2, 3]}],
    }


@pytest.mark.parametrize("binary", [True, False])
def test_our_own_codec_is_understood(
    http: requests.Session, server: EmbeddedServer, binary: bool
) -> None:
    headers, body = identity(binary=binary)
    reply = infer(http, server, body, **headers)
    answer = decode_response(reply.headers, reply.content)
    assert answer.id == "seven"
    np.testing.assert_array_equal(answer.outputs[0].data, DATA)
    assert (HEADER_LENGTH in reply.headers) == binary


def test_each_output_comes_as_it_was_asked_for(
    http: requests.Session, server: EmbeddedServer
) -> None:
    request = InferRequest(
        "pair",
        (
            Tensor("A", Datatype.FP32, np.array([[1, 2]], np.float32)),
            Tensor("B", Datatype.INT32, np.array([3], np.int32)),
        ),
        outputs=(
            RequestedOutput("NAME", {"binary_data": False}),
            RequestedOutput("SCALED", {"binary_data": True}),
        ),
    )
    headers, body = encode_request(request, binary=True)
    reply = infer(http, server, body, "pair", **headers)
    size = int(reply.headers[HEADER_LENGTH])
    outputs = json.loads(reply.content[:size])["outputs"]
    assert [output["name"] for output in outputs] == ["NAME", "SCALED"]
    assert outputs[0]["data"] == ["pair"]
    assert np.frombuffer(reply.content[size:], "<f4").tolist() == [3.0, 6.0]


def test_a_body_without_a_header_is_the_bytes_of_the_only_input(
    http: requests.Session, server: EmbeddedServer
) -> None:
    reply = infer(http, server, DATA.tobytes(), **{HEADER_LENGTH: "0"})
    assert reply.content.endswith(DATA.tobytes())


def test_the_content_type_decides_nothing(http: requests.Session, server: EmbeddedServer) -> None:
    headers, body = identity(binary=True)
    reply = infer(http, server, body, **(headers | {"Content-Type": "image/gif"}))
    assert decode_response(reply.headers, reply.content).outputs[0].shape == DATA.shape


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[1]", "must be an object"),
        (b"{}", "inputs"),
        ({"inputs": []}, "missing required input(s) ['INPUT0']"),
        ({"inputs": [bytes_of(1) | {"name": "X"}]}, "unexpected inference input 'X'"),
        ({"inputs": [bytes_of(1), bytes_of(1)]}, "input 'INPUT0' already exists in request"),
        ({"inputs": [bytes_of(1) | {"datatype": "INT8"}]}, "data-type is 'INT8'"),
        ({"inputs": [bytes_of(1) | {"datatype": "uint8"}]}, "Unknown datatype 'uint8'"),
        ({"inputs": [bytes_of(1, 2) | {"shape": [1, 2]}]}, "Expected [-1], got [1,2]"),
        ({"inputs": [bytes_of(1, 2) | {"shape": [3]}]}, "INPUT0"),
        ({"inputs": [bytes_of(1)], "outputs": [{"name": "Y"}]}, "inference output 'Y'"),
        ({"inputs": [bytes_of(1)], "parameters": {"triton_x": True}}, "reserved, got 'triton_x'"),
        ({"inputs": [bytes_of(1)], "parameters": {"a": None}}, "got null"),
        (
            {"inputs": [bytes_of(1) | {"data": None, "parameters": {"binary_data_size": 4}}]},
            "additional bytes",
        ),
    ],
)
def test_a_wrong_request_is_a_400_that_says_why(
    http: requests.Session, server: EmbeddedServer, body: Any, text: str
) -> None:
    reply = infer(http, server, body)
    assert reply.status_code == 400
    assert text in reply.json()["error"]


@pytest.mark.parametrize("length", ["-1", "99999", "two"])
def test_a_header_length_out_of_range_is_refused(
    http: requests.Session, server: EmbeddedServer, length: str
) -> None:
    reply = infer(http, server, {"inputs": [bytes_of(1)]}, **{HEADER_LENGTH: length})
    assert reply.status_code == 400
    assert "inference header size should be in range" in reply.json()["error"]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)],
)
def test_compressed_requests_are_read(
    http: requests.Session, server: EmbeddedServer, coding: str, pack: Any, binary: bool
) -> None:
    headers, body = identity(binary=binary)
    reply = infer(http, server, pack(body), **headers, **{"Content-Encoding": coding})
    np.testing.assert_array_equal(
        decode_response(reply.headers, reply.content).outputs[0].data, DATA
    )


@pytest.mark.parametrize(
    ("accepted", "coding", "local"),
    [
        ("gzip", "gzip", "identity"),
        ("deflate, gzip;q=0.5", "gzip", "identity"),
        ("deflate", "deflate", "identity"),
        ("*", "gzip", "identity"),
        ("gzip, identity;q=0", "gzip", "gzip"),
        ("deflate, *;q=0", "deflate", "deflate"),
        ("gzip;q=0, *;q=0", "identity", "identity"),
        ("br", "identity", "identity"),
        ("", "identity", "identity"),
    ],
)
def test_replies_are_compressed_when_asked_on_this_machine_only_when_nothing_else_is_taken(
    http: requests.Session, server: EmbeddedServer, accepted: str, coding: str, local: str
) -> None:
    assert accepted_encoding(accepted) == coding
    headers, body = identity(binary=True)
    reply = infer(http, server, body, **headers, **{"Accept-Encoding": accepted})
    assert reply.headers.get("Content-Encoding", "identity") == local
    np.testing.assert_array_equal(
        decode_response(reply.headers, reply.content).outputs[0].data, DATA
    )


@pytest.mark.parametrize(
    ("coding", "body", "status", "text"),
    [
        ("br", b"x", 501, "Content-Encoding 'br' is not supported"),
        ("gzip, gzip", b"x", 501, "not supported"),
        ("gzip", b"no gzip at all", 400, "not valid gzip"),
        ("gzip", gzip.compress(b"x" * 500, mtime=0)[:-9], 400, "cut short"),
        ("deflate", b"", 400, "cut short"),
    ],
)
def test_a_body_that_cannot_be_decompressed_is_refused(
    http: requests.Session,
    server: EmbeddedServer,
    coding: str,
    body: bytes,
    status: int,
    text: str,
) -> None:
    reply = infer(http, server, body, Content_Encoding=coding)
    assert reply.status_code == status
    assert text in reply.json()["error"]
    assert ("gzip" in reply.headers.get("Accept-Encoding", "")) == (status == 501)


class TestWithALimitOfOneMebibyte:
    @pytest.fixture
    def options(self) -> ServerOptions:
        return ServerOptions(message_limit=1 << 20)

    def test_a_body_over_the_limit_is_a_413(
        self, http: requests.Session, server: EmbeddedServer
    ) -> None:
        reply = infer(http, server, bytes(2 << 20))
        assert reply.status_code == 413
        assert "Message is 2.0 MiB; the limit is 1.0 MiB" in reply.json()["error"]

    def test_a_body_of_unknown_length_is_stopped_at_the_limit(
        self, http: requests.Session, server: EmbeddedServer
    ) -> None:
        pieces = (bytes(64 << 10) for _ in range(20))
        reply = http.post(f"{server.rest_url}/predict", data=pieces, timeout=30)
        assert reply.status_code == 413

    def test_a_small_body_that_unpacks_to_a_huge_one_is_stopped_at_the_limit(
        self, http: requests.Session, server: EmbeddedServer
    ) -> None:
        bomb = gzip.compress(bytes(64 << 20))
        assert len(bomb) < 1 << 17
        reply = infer(http, server, bomb, Content_Encoding="gzip")
        assert reply.status_code == 413

    def test_a_reply_over_the_limit_is_not_sent(
        self, http: requests.Session, server: EmbeddedServer
    ) -> None:
        headers, body = encode_request(
            InferRequest(
                "identity",
                (Tensor("INPUT0", Datatype.UINT8, np.full(500_000, 255, np.uint8)),),
                outputs=(RequestedOutput("OUTPUT0", {"binary_data": False}),),
            ),
            binary=True,
        )
        reply = infer(http, server, body, **headers)
        assert reply.status_code == 413
        assert "the limit is 1.0 MiB" in reply.json()["error"]

    def test_the_connection_serves_on_after_a_refusal(
        self, http: requests.Session, server: EmbeddedServer
    ) -> None:
        assert infer(http, server, bytes(3 << 20)).status_code == 413
        assert infer(http, server, {"inputs": [bytes_of(4)]}).json()["outputs"][0]["data"] == [4]
