"""ONNX files that name many places of weights, or hold many small parts: cost grows with size."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.message import DecodeError

from backend.models.repository.weights import MOST_PARTS, weight_places
from backend.wire.generated import onnx_weights_pb2 as pb
from tests.attacks.growth import assert_linear

_ONE = pb.Tensor(external_data=[pb.Entry(key="location", value="w")])
_EMPTY_NODE = b"\x0a\x00"


def tensors(size: int) -> bytes:
    """Tensors, each in a file of its own."""
    graph = pb.Graph()
    for number in range(size // 24):
        entry = pb.Entry(key="location", value=f"{number:08}")
        graph.initializer.append(pb.Tensor(external_data=[entry]))
    return pb.Model(graph=graph).SerializeToString()


def nodes(size: int) -> bytes:
    """The smallest nodes that there are, and one place."""
    graph = pb.Graph(initializer=[_ONE]).SerializeToString() + _EMPTY_NODE * (size // 2)
    return pb.Model(graph=pb.Graph.FromString(graph)).SerializeToString()


@pytest.mark.parametrize("make", [tensors, nodes])
def test_the_cost_grows_with_the_file(make: Callable[[int], bytes]) -> None:
    def call_with(size: int) -> Callable[[], object]:
        data = make(size)
        return lambda: weight_places(data)

    assert_linear(call_with, 1 << 17, seconds=10, peak_bytes_per_byte=300)


def test_there_is_an_end_to_parts() -> None:
    data = nodes(2 * (MOST_PARTS + 1))
    with pytest.raises(DecodeError, match="more than 1000000 nodes"):
        weight_places(data)


def test_graphs_within_graphs_end_somewhere() -> None:
    data = pb.Graph(initializer=[_ONE]).SerializeToString()
    for _ in range(60):
        attribute = _field(6, data)
        data = _field(1, _field(5, attribute))
    with pytest.raises(DecodeError):
        weight_places(_field(7, data))


def _field(number: int, data: bytes) -> bytes:
    """A message within another one, as protobuf writes it."""
    size, length = len(data), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + data
