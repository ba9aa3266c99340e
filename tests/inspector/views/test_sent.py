"""The picture in a request that was sent, to draw over when its reply is looked at again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.core.choices import ImageEncoding, Serialization
from backend.core.inference import InferRequest
from backend.core.tensors import Array, Datatype, Tensor
from backend.inspector.calls import Request
from backend.inspector.forms import to_request
from backend.inspector.views import sent_picture
from backend.wire.media.images import encode_image

PIXELS = np.full((4, 6, 3), (200, 10, 30), np.uint8)


def request(tensor: Tensor, way: Serialization = Serialization.RAW) -> Request:
    return to_request(InferRequest("m", (tensor,)), way, "here")


@pytest.mark.parametrize("way", [Serialization.RAW, Serialization.BINARY, Serialization.JSON])
@pytest.mark.parametrize("pixels", [PIXELS, PIXELS[np.newaxis]])
def test_pixels_are_found_however_they_were_sent(way: Serialization, pixels: Array) -> None:
    frame = sent_picture(request(Tensor("IMAGE", Datatype.UINT8, pixels), way))
    assert frame is not None
    assert frame.pixels.tolist() == PIXELS.tolist()


def test_a_file_is_read() -> None:
    data = encode_image(PIXELS, ImageEncoding.PNG, 90)
    frame = sent_picture(request(Tensor.of_bytes("IMAGE_ENCODED", data)))
    assert frame is not None
    assert frame.pixels.tolist() == PIXELS.tolist()


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor("X", Datatype.FP32, np.zeros((1, 3, 4, 4), np.float32)),
        Tensor("X", Datatype.UINT8, np.zeros((0, 0, 3), np.uint8)),
        Tensor.of_bytes("X", b"\x89PNG\r\n\x1a\n and no more"),
        Tensor.of_bytes("X", b"words"),
    ],
)
def test_where_there_is_none_nothing_is_said(tensor: Tensor) -> None:
    assert sent_picture(request(tensor)) is None


def test_what_cannot_be_read_holds_none() -> None:
    sent = request(Tensor("IMAGE", Datatype.UINT8, PIXELS))
    assert sent_picture(replace(sent, messages=(b"\xff\xff",))) is None
    assert sent_picture(replace(sent, messages=())) is None
