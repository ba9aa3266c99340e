"""A server's other address, where people usually put it: Triton's 8000 and 8001 and the like."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from backend.clients.addresses import ServerAddress
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults.preflight import Preflight, Speech, preflight_grpc, preflight_http

_PREFLIGHT_S = 0.4
_REST_PORTS = (8000, 8080)
_GRPC_PORTS = (8001, 8081, 9000)


def find_usual_port(known: ServerAddress, missing: AddressKind) -> int | None:
    """A port of the known address's host where the missing address's protocol is spoken.

    The port beside the known one comes first, then the usual ones; nothing is asked of who
    answers there.
    """
    beside = known.port + (1 if missing is AddressKind.GRPC else -1)
    usual = _GRPC_PORTS if missing is AddressKind.GRPC else _REST_PORTS
    ports: list[int] = [
        port for port in dict.fromkeys((beside, *usual)) if port not in (0, known.port)
    ]
    call = preflight_grpc if missing is AddressKind.GRPC else preflight_http
    wanted = Speech.GRPC if missing is AddressKind.GRPC else Speech.HTTP
    with ThreadPoolExecutor(len(ports), "usual-port") as pool:
        preflights: list[Preflight] = list(
            pool.map(lambda port: call(known.host, port, _PREFLIGHT_S, tls=known.secure), ports)
        )
    for port, preflight in zip(ports, preflights, strict=True):
        if preflight.speech is wanted:
            return port
    return None
