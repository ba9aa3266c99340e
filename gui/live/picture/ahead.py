"""Prepares pictures on a thread of the run, before the window paints them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from backend.core.flow import Policy
from backend.core.samples import Frame
from backend.core.status import Result
from backend.session.sinks import FRAMES, RESULTS, Item, Topic
from gui.state.live_session import ShownRun
from gui.views.preview import DrawingThread, PreviewView

_AT_MOST_EVERY_S = 0.016
"""A run that is faster than the display has most of its pictures shown to nobody."""


class PicturesAhead:
    """A sink that hands the newest frame and the newest answer to a function.

    It gives whether there was something to do. What lies over them is drawn on `thread`, which
    begins with the first of them and ends with the run.
    """

    topics: Collection[Topic[Item]] = (FRAMES, RESULTS)

    def __init__(self, prepare: Callable[[Frame | Result], bool], thread: DrawingThread) -> None:
        self._prepare, self._thread = prepare, thread
        self._begun = False
        self._free_s = 0.0

    def write(self, item: Item) -> None:
        """Prepare it, not oftener than pictures can be shown."""
        if not self._begun:
            self._begun = True
            self._thread.start()
        if isinstance(item, Frame | Result):
            time.sleep(max(0.0, self._free_s - time.monotonic()))
            if self._prepare(item):
                self._free_s = time.monotonic() + _AT_MOST_EVERY_S

    def close(self) -> None:
        """The run is over."""
        self._thread.close()


def prepare_pictures(session: ShownRun, preview: PreviewView) -> None:
    """Scale pictures and draw what lies over them on threads of the run, until it ends."""
    thread = DrawingThread()
    preview.ahead.use(thread)
    sink = PicturesAhead(preview.prepare, thread)
    session.subscribe(sink, Policy.NEWEST, "pictures", 1, None)
