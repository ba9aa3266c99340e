"""What is looked at before Ray joins a cluster: it waits for minutes where none answers."""

from __future__ import annotations

import os
import re

import grpc

from backend.clients.faults.preflight import Speech, preflight_grpc
from backend.core.errors import TargetUnreachable, UsageError

_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")
_WITHIN_S = 5.0
_QUESTION = "/ray.rpc.NodeInfoGcsService/GetClusterId"
_FORM = "Give HOST:PORT as `ray start --head` printed it, such as 10.0.0.1:6379."
_SPOKEN = {
    Speech.SILENCE: "what listens there says nothing",
    Speech.HTTP: "a web server answers there",
    Speech.TLS: "what answers there wants TLS, which Ray uses with RAY_USE_TLS=1",
    Speech.CLOSED: "what listens there closes the connection",
    Speech.OTHER: "something else answers there",
}


def check_address(address: str, *, within_s: float = _WITHIN_S) -> None:
    """Raise UsageError for what is no address, TargetUnreachable where no cluster answers."""
    match = _ADDRESS.fullmatch(address)
    if match is None or not 1 <= int(match["port"]) <= 65535:
        raise UsageError(f"'{address}' is no address of a Ray cluster.", hint=_FORM)
    tls = os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true")
    found = preflight_grpc(match["host"].strip("[]"), int(match["port"]), within_s, tls=tls)
    reason = _SPOKEN.get(found.speech, found.detail)
    if not reason and not tls and not _answers(address, within_s):
        reason = "a gRPC server answers there that is none of Ray's"
    if reason:
        raise TargetUnreachable(f"No Ray cluster answers at {address}: {reason}.", hint=_FORM)


def _answers(address: str, within_s: float) -> bool:
    """Whether the question is one that the server knows, whatever its answer."""
    with grpc.insecure_channel(address) as channel:
        try:
            channel.unary_unary(_QUESTION, None, None)(b"", timeout=within_s)
        except grpc.RpcError as error:
            unknown = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND)
            return error.code() not in unknown
    return True
