"""Every serialisation writes what the readers of its protocol understand."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import Serialization
from backend.core.errors import InvalidInput
from backend.core.inference import InferRequest
from backend.core.tensors import Datatype, Tensor
from backend.wire.oip import grpc, rest
from backend.wire.oip.requests import encode_request


@pytest.mark.parametrize("serialization", Serialization)
def test_what_is_written_is_read_back(serialization: Serialization) -> None:
    values = np.array([[1.5, -2.0], [0.0, 3.25]], np.float32)
    request = InferRequest("m", (Tensor("x", Datatype.FP32, values),), id="7")
    headers, body = encode_request(request, serialization)
    assert bool(headers) is serialization.over_rest
    if serialization.over_rest:
        read = rest.decode_request(headers, body, "m")
    else:
        read = grpc.decode_request(body)
    (tensor,) = read.inputs
    assert (read.model, read.id, tensor.name, tensor.datatype) == ("m", "7", "x", Datatype.FP32)
    assert np.array_equal(tensor.data, values)


def test_only_json_cannot_carry_nan_and_may_where_the_server_reads_it() -> None:
    nothing = np.array([np.nan], np.float32)
    request = InferRequest("m", (Tensor("x", Datatype.FP32, nothing),))
    with pytest.raises(InvalidInput, match="x"):
        encode_request(request, Serialization.JSON)
    _, body = encode_request(request, Serialization.JSON, bare_nan=True)
    assert b"NaN" in body
    for other in set(Serialization) - {Serialization.JSON}:
        assert encode_request(request, other)[1]
