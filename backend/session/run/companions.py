"""What a run reads, for a second run beside it: the same samples, in step."""

from __future__ import annotations

import threading
from dataclasses import replace

from backend.core.samples import Captured, Sample
from backend.core.status import SourceInfo
from backend.sources.source import EndOfSource, Source

_POLL_S = 0.1
_HEAD_START_S = 0.05


class Companion:
    """The samples of a run as the source of another run; windows of sound as the run cut them.

    The run takes its next sample when the one before was taken here too, so that the slower of
    the two sets the pace. One that joins a run before it reads gets its first sample, any other
    what comes once it is opened. One that is closed holds nobody up.
    """

    def __init__(self, source: Source, *, joined: bool) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._sample: Sample | None = None
        self._joined = joined
        self._reading = self._ended = self._closed = False

    @property
    def info(self) -> SourceInfo:
        """The source's, of which nothing is dropped, but which may be at any place."""
        return replace(self._source.info, live=False, items=None)

    @property
    def present(self) -> bool:
        """Whether the run is to wait for it."""
        return self._joined and not self._closed

    @property
    def left(self) -> bool:
        """Whether it takes part no longer."""
        return self._closed

    def open(self, stop: threading.Event) -> SourceInfo:  # noqa: ARG002 - opens at once
        """Take part from now on."""
        self._joined = True
        return self.info

    def read(self, stop: threading.Event) -> Captured | None:
        """The run's next sample, None if there is none yet; raises EndOfSource after the last."""
        with self._changed:
            self._reading = True
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._sample is not None or self._ended or stop.is_set(), _POLL_S
            )
            sample, self._sample = self._sample, None
            if sample is not None:
                self._reading = False
                self._changed.notify_all()
            elif self._ended:
                raise EndOfSource
            return sample

    def close(self) -> None:
        """Take part no longer; from any thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # -- the run's thread ----------------------------------------------------------------------

    def offer(self, sample: Sample, stop: threading.Event, *, first: bool) -> None:
        """Hand a sample over once the one before is on its way.

        With `first`, wait until this one is on its way too, unless its reader is busy.
        """
        with self._changed:
            at_once = self._free
            while not (self._free or self._closed or stop.is_set()):
                self._changed.wait(_POLL_S)
            if self._closed or stop.is_set():
                return
            self._sample = sample
            self._changed.notify_all()
            if first and at_once:
                self._changed.wait_for(lambda: self._free or self._closed, _HEAD_START_S)

    @property
    def _free(self) -> bool:
        return self._sample is None and self._reading

    def end(self) -> None:
        """The run reads no more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Companions:
    """All that read one source of a run beside it."""

    def __init__(self) -> None:
        self._all: tuple[Companion, ...] = ()
        self._begun = self._ended = False
        self._turn = 0

    @property
    def present(self) -> bool:
        """Whether there are any: then no sample is dropped, as each is to reach all."""
        return any(each.present for each in self._all)

    def add(self, source: Source) -> Companion:
        """One more reader of the source."""
        companion = Companion(source, joined=not self._begun)
        self._all = (*(each for each in self._all if not each.left), companion)
        if self._ended:
            companion.end()
        return companion

    def offer(self, sample: Sample, stop: threading.Event) -> None:
        """Give each the sample before the run has it, or at the same time, in turn.

        On one server the first to ask is answered first: neither side is to be that always.
        """
        self._begun = True
        self._turn += 1
        for each in self._all:
            if each.present:
                each.offer(sample, stop, first=self._turn % 2 == 0)

    def end(self) -> None:
        """The run reads this source no more."""
        self._ended = True
        for each in self._all:
            each.end()
