"""The place of a connection's requests in a sequence, for models that remember."""

from __future__ import annotations

import random
import threading

from backend.core.inference import Parameters

_ID_BITS = 62
"""Every server takes such an id, also those that know numbers with a sign only."""


class RequestSequence:
    """Parameters `sequence_id` and `sequence_start` for one request after the other.

    Thread-safe. A sequence is begun anew after a request that failed: the server may have
    forgotten what it knew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._id = 0

    def next(self) -> Parameters:
        """The parameters of the next request."""
        with self._lock:
            if start := not self._id:
                self._id = random.getrandbits(_ID_BITS) + 1
            return {"sequence_id": self._id, "sequence_start": start}

    def restart(self) -> None:
        """Let the next request be the first of another sequence."""
        with self._lock:
            self._id = 0
