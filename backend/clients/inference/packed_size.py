"""How many bytes gRPC sends of a compressed message, which it shows nobody.

gRPC deflates by zlib with its default level in gzip's form, and sends a message that would grow as
it is (https://github.com/grpc/grpc/blob/v1.66.x/src/core/lib/compression/message_compress.cc).
"""

from __future__ import annotations

import threading
import time
import zlib

from backend.core.flow import LatestSlot
from backend.core.worker import Worker

_EVERY_S, _POLL_S = 1.0, 0.25
_GZIP_BITS = 31


class PackedSize:
    """Estimates sizes by the newest message that was compressed to see; safe from any thread.

    The first is compressed at once, so that there is something to go by; later ones, one a second,
    on a thread of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slot: LatestSlot[bytes] = LatestSlot()
        self._share: float | None = None
        self._next_at = 0.0
        self._worker: Worker | None = None
        self._closed = False

    def of(self, message: bytes) -> int:
        """About how many bytes the message has on the wire, without its frame."""
        now = time.monotonic()
        share = self._share
        if share is None:
            share = self._share = packed_share(message)
            self._next_at = now + _EVERY_S
        elif now >= self._next_at:
            self._next_at = now + _EVERY_S
            self._look_at(message)
        return round(len(message) * share)

    def close(self) -> None:
        """Look at no more messages; may be called twice."""
        with self._lock:
            self._closed = True
            worker = self._worker
        if worker is not None:
            worker.request_stop()
            self._slot.wake()

    def _look_at(self, message: bytes) -> None:
        with self._lock:
            if self._closed:
                return
            if self._worker is None:
                self._worker = Worker("packed-size", self._run).start()
        self._slot.put(message)

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            message = self._slot.take(_POLL_S)
            if message is not None:
                self._share = packed_share(message)


def packed_share(message: bytes) -> float:
    """What gRPC's gzip leaves of a message, 0 to 1."""
    if not message:
        return 1.0
    writer = zlib.compressobj(wbits=_GZIP_BITS)
    packed = len(writer.compress(message)) + len(writer.flush())
    return min(1.0, packed / len(message))
