"""A server's other address, where people usually put it: Triton's 8000 and 8001 and the like."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from backend.clients.dialects.rules import Door
from backend.clients.knock import Knock, Speech, knock_grpc, knock_http
from backend.clients.places import Place

_KNOCK_S = 0.4
_REST_PORTS = (8000, 8080)
_GRPC_PORTS = (8001, 8081, 9000)


def find_neighbour(known: Place, missing: Door) -> int | None:
    """A port of the known place's host where the missing door's protocol is spoken.

    The port beside the known one comes first, then the usual ones; nothing is asked of who
    answers there.
    """
    beside = known.port + (1 if missing is Door.GRPC else -1)
    usual = _GRPC_PORTS if missing is Door.GRPC else _REST_PORTS
    ports: list[int] = [
        port for port in dict.fromkeys((beside, *usual)) if port not in (0, known.port)
    ]
    call = knock_grpc if missing is Door.GRPC else knock_http
    wanted = Speech.GRPC if missing is Door.GRPC else Speech.HTTP
    with ThreadPoolExecutor(len(ports), "neighbour") as pool:
        knocks: list[Knock] = list(
            pool.map(lambda port: call(known.host, port, _KNOCK_S, tls=known.tls), ports)
        )
    for port, knock in zip(ports, knocks, strict=True):
        if knock.speech is wanted:
            return port
    return None
