"""A download's end from outside: from any thread, and at once."""

from __future__ import annotations

from backend.core.cancelling import Cancellable
from backend.gallery.faults import DownloadError, DownloadFault


class Cancellation(Cancellable):
    """Whether a download was given up."""

    def check(self) -> None:
        """Raise DownloadError if it was cancelled."""
        if self.cancelled:
            raise DownloadError(DownloadFault.CANCELLED, "The download was cancelled.")

    def wait(self, timeout_s: float) -> None:
        """Let so much time pass, unless it is cancelled: raises DownloadError then."""
        self._given_up.wait(timeout_s)
        self.check()
