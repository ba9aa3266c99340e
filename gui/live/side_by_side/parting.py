"""When side B of a comparison is to be let go."""

from __future__ import annotations

import time

from backend.core.status import RunState, RunStatus
from gui.widgets.language import spoken, tr

_STALLED_S = 10.0
"""A side B that answers nothing for so long is let go: side A would wait for it forever."""
_MOST_REFUSED = 3


class Parting:
    """Watches one side B."""

    def __init__(self) -> None:
        self._stalled_at = 0.0

    def why(self, status: RunStatus) -> str:
        """Why it is to be let go now, or ''."""
        said = next((f"{a.title} {a.body}".strip() for a in status.alerts if a.id != "source"), "")
        if status.state is RunState.RECONNECTING and (
            status.attempt > 1 or not status.counts.answered
        ):
            return said or spoken(status.message)
        if not status.counts.answered and status.counts.failed >= _MOST_REFUSED:
            return said
        now = time.monotonic()
        if status.state is not RunState.STALLED:
            self._stalled_at = 0.0
        elif not self._stalled_at:
            self._stalled_at = now
        elif now - self._stalled_at > _STALLED_S:
            return tr("It gave no answer for {seconds} s.", seconds=round(_STALLED_S))
        return ""
