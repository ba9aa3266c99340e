"""A gRPC service as the library wants it: a handler for each call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import grpc

from backend.server.grpc.edge import GrpcEdge, Handler

if TYPE_CHECKING:
    _Services = grpc.GenericRpcHandler[bytes, bytes]
else:
    _Services = grpc.GenericRpcHandler


class Service(_Services):
    """One gRPC service: its methods by name, and a clear answer for those it does not have."""

    def __init__(self, name: str, methods: Mapping[str, Handler], edge: GrpcEdge) -> None:
        self._prefix = f"/{name}/"
        self._methods = methods
        self._edge = edge

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """The handler of a method of this service; None leaves the call to the next service."""
        path = handler_call_details.method
        if not path.startswith(self._prefix):
            return None
        name = path.removeprefix(self._prefix)
        refusal = self._edge.refusal(name, _authorization(handler_call_details))
        if refusal is not None:
            return refusal
        return self._methods.get(name) or self._edge.absent(name)


def _authorization(details: grpc.HandlerCallDetails) -> str:
    for key, value in details.invocation_metadata or ():
        if key == "authorization" and isinstance(value, str):
            return value
    return ""
