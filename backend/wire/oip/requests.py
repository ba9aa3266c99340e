"""An inference in any serialisation: the one place that chooses what writes it."""

from __future__ import annotations

from typing import assert_never

from backend.core.choices import Serialization
from backend.core.inference import InferRequest
from backend.wire.oip import grpc, rest


def encode_request(
    request: InferRequest, serialization: Serialization, *, bare_nan: bool = False
) -> tuple[dict[str, str], bytes]:
    """Headers and body for REST; for gRPC no headers, and the ModelInferRequest.

    Raises InvalidInput for what the serialisation cannot carry; `bare_nan` lets JSON hold NaN.
    """
    match serialization:
        case Serialization.JSON:
            return rest.encode_request(request, binary=False, bare_nan=bare_nan)
        case Serialization.BINARY:
            return rest.encode_request(request, binary=True, bare_nan=bare_nan)
        case Serialization.TYPED:
            return {}, grpc.encode_request(request, raw=False)
        case Serialization.RAW:
            return {}, grpc.encode_request(request, raw=True)
        case _:
            assert_never(serialization)
