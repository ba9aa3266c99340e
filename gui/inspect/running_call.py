"""A call on another thread that may be cancelled at any time."""

from __future__ import annotations

import threading

from backend.inspector.calls import Call, Exchange


class RunningCall:
    """Runs one call, or several in turn; cancelled, also before it has begun, it runs none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._call: Call | None = None
        self.cancelled = False

    def run(self, call: Call) -> Exchange:
        """Run it, at once cancelled if that was asked for already."""
        with self._lock:
            self._call = call
            cancelled = self.cancelled
        if cancelled:
            call.cancel()
        return call.run()

    def cancel(self) -> None:
        """End it."""
        with self._lock:
            self.cancelled = True
            call = self._call
        if call is not None:
            call.cancel()
