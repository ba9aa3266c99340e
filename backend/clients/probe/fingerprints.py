"""Model servers and other HTTP servers that do not speak the Open Inference Protocol."""

from __future__ import annotations

import time
from dataclasses import dataclass

from backend.clients.codecs import RestCall, RestReply
from backend.clients.connections.rest import RestConnection
from backend.core.errors import ConsoleError


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A path whose answer gives a server away: its body holds one of the `signs`."""

    server: str
    path: str
    signs: tuple[bytes, ...]


FINGERPRINTS = (
    Fingerprint("Ray Serve", "/-/routes", (b'{"/',)),
    Fingerprint("Ray Serve", "/-/healthz", (b"success",)),
    Fingerprint("TorchServe", "/ping", (b'"status"', b"Healthy", b"Unhealthy")),
    Fingerprint("BentoML", "/schema.json", (b"routes",)),
    Fingerprint("BentoML", "/docs.json", (b"BentoML", b"bentoml", b"livez")),
    Fingerprint("KServe with version 1 of its protocol", "/v1/models", (b'"models"',)),
    Fingerprint("OpenVINO Model Server", "/v1/config", (b"model_version_status",)),
    Fingerprint("a Prometheus metrics port", "/metrics", (b"# HELP",)),
    Fingerprint("LitServe", "/info", (b'"server"', b'"model"')),
)
"""From the surest sign to the vaguest."""


def recognise(connection: RestConnection, end: float) -> str:
    """The server whose fingerprint is found first, '' if none is before `end` (monotonic s)."""
    for mark in FINGERPRINTS:
        left_s = end - time.monotonic()
        if left_s <= 0:
            return ""
        try:
            reply = connection.send(RestCall(mark.path, {}, b"", "GET"), deadline_s=left_s)
        except ConsoleError:
            return ""  # it spoke HTTP a moment ago: it is too slow, or gone
        if _matches(mark, reply):
            return mark.server
    return ""


def _matches(mark: Fingerprint, reply: RestReply) -> bool:
    if reply.status != 200:
        return False
    body = bytes(reply.body[:20_000])
    return any(sign in body for sign in mark.signs)
