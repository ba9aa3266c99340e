"""Prepares pictures on a thread of the run, before the window paints them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from backend.core.flow import Policy
from backend.core.samples import Frame
from backend.core.status import Result
from backend.session.sinks import FRAMES, RESULTS, Item, Topic
from gui.state.live_session import ShownRun

_AT_MOST_EVERY_S = 0.008
"""A run that is faster than the display has most of its pictures shown to nobody."""


class PicturesAhead:
    """A sink that hands the newest frame and the newest answer to a function.

    It gives whether there was something to do.
    """

    topics: Collection[Topic[Item]] = (FRAMES, RESULTS)

    def __init__(self, prepare: Callable[[Frame | Result], bool]) -> None:
        self._prepare = prepare
        self._free_s = 0.0

    def write(self, item: Item) -> None:
        """Prepare it, not oftener than pictures can be shown."""
        if isinstance(item, Frame | Result):
            time.sleep(max(0.0, self._free_s - time.monotonic()))
            if self._prepare(item):
                self._free_s = time.monotonic() + _AT_MOST_EVERY_S

    def close(self) -> None:
        """Nothing to put away."""


def prepare_pictures(session: ShownRun, prepare: Callable[[Frame | Result], bool]) -> None:
    """Let `prepare` see what the window will show soon, until the run ends."""
    session.subscribe(PicturesAhead(prepare), Policy.NEWEST, "pictures", 1, None)
