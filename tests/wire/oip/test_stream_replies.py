"""Both message types of a stream, told apart by their tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.inference import InferResponse
from backend.core.tensors import Datatype, Tensor
from backend.wire.oip.grpc import encode_response, encode_stream_response
from backend.wire.oip.stream_replies import decode_stream_reply, is_bare

RESPONSE = InferResponse(
    "m",
    (Tensor("OUT", Datatype.UINT8, np.arange(6, dtype=np.uint8).reshape(2, 3)),),
    version="1",
    id="7",
)


@pytest.mark.parametrize("raw", [True, False])
def test_a_wrapped_and_a_bare_reply_are_told_apart_and_read_alike(raw: bool) -> None:
    wrapped = encode_stream_response(RESPONSE, raw=raw)
    bare = encode_response(RESPONSE, raw=raw)
    assert (is_bare(wrapped), is_bare(bare)) == (False, True)
    for message in (wrapped, bare):
        error, response = decode_stream_reply(message, bare=is_bare(message))
        assert error == ""
        assert response is not None
        assert (response.id, response.outputs[0].data.tolist()) == ("7", [[0, 1, 2], [3, 4, 5]])


def test_a_bare_reply_without_version_is_not_taken_for_an_error() -> None:
    """As the wrapper it would decode, with the model's name for the error."""
    message = encode_response(InferResponse("m", RESPONSE.outputs, id="7"), raw=True)
    assert is_bare(message)


def test_an_error_in_the_stream_is_wrapped_and_names_its_request() -> None:
    message = encode_stream_response(None, raw=True, error="no such input", request_id="7")
    assert not is_bare(message)
    error, response = decode_stream_reply(message, bare=False)
    assert error == "no such input"
    assert response is not None
    assert response.id == "7"


@given(st.binary(max_size=64))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    assert is_bare(data) in (True, False)
