"""Pictures and sound that claim more than they are, sent to a server by each of its ways in."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import numpy as np
import pytest
import requests

from backend.core.inference import InferRequest
from backend.core.tensors import Tensor
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.wire.generated import modelserving_pb2 as serving
from backend.wire.oip import grpc as oip_grpc
from backend.wire.serving import grpc as serving_grpc
from tests.attacks.growth import cost_of
from tests.attacks.picture_bombs import BOMBS, ORDINARY
from tests.server.grpc_calls import unary

_MIB = 1 << 20
_NAMES = ("png_chunk_2_gib", "png_size", "jpeg_size", "jpeg_no_pixels")


@pytest.mark.parametrize("name", _NAMES)
def test_a_picture_over_rest_is_refused_for_nothing(
    http: requests.Session, server: EmbeddedServer, name: str
) -> None:
    data, words = BOMBS[name]

    def send() -> None:
        url = f"{server.rest_url}/predict"
        reply = http.post(url, params={"model": "shapes"}, data=data, timeout=30)
        assert reply.status_code == 400
        assert words in reply.json()["error"]

    send()  # what a first call costs is not the picture's
    assert cost_of(send).peak_bytes < 16 * _MIB


@pytest.mark.parametrize("name", _NAMES)
def test_a_picture_over_grpc_is_refused_for_nothing(channel: grpc.Channel, name: str) -> None:
    data, words = BOMBS[name]
    image = serving.Image(encoding=serving.Image.ENCODING_FILE, data=data)
    simple = serving.InputData(model="shapes", image=image).SerializeToString()
    tensors = (Tensor.of_bytes("IMAGE_ENCODED", data),)
    infer = oip_grpc.encode_request(InferRequest("shapes", tensors), raw=True)
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: unary(channel, serving_grpc.PREDICT)(simple, timeout=30),
        lambda: unary(channel, oip_grpc.MODEL_INFER)(infer, timeout=30),
    )

    def send() -> None:
        for way in ways:
            with pytest.raises(grpc.RpcError, match=words) as caught:
                way()
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    send()
    assert cost_of(send).peak_bytes < 16 * _MIB


def test_sound_of_a_rate_that_makes_it_endless_is_refused(channel: grpc.Channel) -> None:
    pcm = np.zeros(100_000, "<f4").tobytes()
    message = serving.InputData(model="pitch", audio=serving.Audio(rate=1, pcm=pcm))

    def send() -> None:
        with pytest.raises(grpc.RpcError, match="become 1,600,000,000"):
            unary(channel, serving_grpc.PREDICT)(message.SerializeToString(), timeout=30)

    send()
    assert cost_of(send).peak_bytes < 16 * _MIB


def test_an_ordinary_picture_is_answered_after_them(
    http: requests.Session, server: EmbeddedServer
) -> None:
    url = f"{server.rest_url}/predict"
    for data in (BOMBS["png_chunk_2_gib"][0], ORDINARY["png"]):
        reply = http.post(url, params={"model": "shapes"}, data=data, timeout=30)
    assert reply.status_code == 200
