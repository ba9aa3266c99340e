"""The last requests to the server, whoever sent them."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

_log = logging.getLogger("inferdeck.server")

KEPT_RECORDS = 100
"""How many requests the log remembers."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, or one message of a stream.

    `number` counts from 1 for the life of the log, `time_s` is seconds since the epoch, `api` is
    "REST" or "gRPC", `status` an HTTP code or the name of a gRPC status. `bytes_in` and `bytes_out`
    are body or message bytes as they crossed the wire.
    """

    number: int
    time_s: float
    api: str
    peer: str
    method: str
    model: str
    status: str
    failed: bool
    duration_ms: float
    bytes_in: int
    bytes_out: int


_Row: TypeAlias = tuple[int, float, str, str, str, str, str, bool, float, int, int]


class RequestLog:
    """The last hundred requests; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: deque[_Row] = deque(maxlen=KEPT_RECORDS)
        self._total = 0

    @property
    def total(self) -> int:
        """How many requests there have been since the log was made."""
        return self._total

    def snapshot(self) -> tuple[RequestRecord, ...]:
        """What is remembered, oldest first."""
        with self._lock:
            return tuple([RequestRecord(*row) for row in self._rows])

    def add(
        self,
        time_s: float,
        api: str,
        peer: str,
        method: str,
        model: str,
        status: str,
        failed: bool,
        duration_ms: float,
        bytes_in: int,
        bytes_out: int,
    ) -> None:
        """Remember one request."""
        with self._lock:
            self._total += 1
            # Few records are ever looked at: they are made when they are.
            self._rows.append(
                (
                    self._total,
                    time_s,
                    api,
                    peer,
                    method,
                    model,
                    status,
                    failed,
                    duration_ms,
                    bytes_in,
                    bytes_out,
                )
            )
        if _log.isEnabledFor(logging.DEBUG):
            # What the peer wrote is quoted: it stays one line.
            _log.debug(
                "%s %r of %s for model %r: %s after %.3f ms, %d bytes in, %d out",
                *(api, method, peer, model, status, duration_ms, bytes_in, bytes_out),
            )
