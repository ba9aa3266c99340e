"""A recording as a source: what was sent once, at its own pace or as fast as it is taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.core.flow import DrainLog
from backend.core.samples import AudioBlock, Captured, Frame, MediaKind
from backend.core.status import Notice, Severity, SourceInfo
from backend.sources.kind import Pace
from backend.sources.playback import Jump, Playback
from backend.sources.source import EndOfSource
from backend.wire.recording.given import GivenMoments
from backend.wire.recording.items import RecordedPicture, RecordedSound
from backend.wire.recording.places import ROUNDED_NS, RecordedSample, SamplePlaces, samples_of
from backend.wire.recording.reader import SAMPLES, RecordingReader


class RecordingSource:
    """The pictures or the sound of a recording, once or in a loop, with their names and places.

    It gives what its first sample is, pictures or sound; what else was recorded is passed over
    with a notice. A picture that was sent as a file keeps it, so that it can be sent as the same
    bytes. Raises SourceError when it is made of a file that holds no sample.
    """

    def __init__(
        self, path: Path, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0
    ) -> None:
        self._path = path
        self._loop = loop
        self.playback = Playback(pace, speed)
        self._reader = RecordingReader(path, SAMPLES)
        self._items: Iterator[RecordedSample] | None = None
        self._next: RecordedSample | None = None
        self._places: SamplePlaces | None = None
        self._first_ns = self._seq = 0
        self._jumped = False
        self._given = GivenMoments()
        self._reported: set[str] = set()
        self._notices: DrainLog[Notice] = DrainLog(capacity=16)
        self._info = self._look()

    @property
    def info(self) -> SourceInfo:
        """The file's name and kind, and the size or rate of its first sample."""
        return self._info

    @property
    def recording(self) -> Path:
        """The file, for whoever shows what was answered."""
        return self._path

    def recorded_ns(self, captured_ns: int) -> int | None:
        """See `RecordedSource.recorded_ns`."""
        return self._given.recorded_ns(captured_ns)

    @property
    def _wanted(self) -> type[RecordedPicture] | type[RecordedSound]:
        return RecordedPicture if self._info.kind is MediaKind.IMAGE else RecordedSound

    @property
    def notices(self) -> DrainLog[Notice]:
        """What of the recording is not played."""
        return self._notices

    def open(self, stop: threading.Event) -> SourceInfo:
        """Start from the beginning; raises SourceError if it cannot be read."""
        self._seq = 0
        self._begin_pass(stop)
        self._places = self._places or SamplePlaces(self._path, self._wanted, self._first_ns)
        self.playback.begin(max(0, self._places.newest_ns(stop) - self._first_ns) / 1e9)
        return self._info

    def read(self, stop: threading.Event) -> Captured | None:
        """The next sample, in its own time; raises EndOfSource after the last.

        Raises SourceError where the recording is damaged.
        """
        if self._items is None:
            raise SourceError(SourceFault.LOST, f"{self._path.name} is not open.")
        jump = self.playback.take_jump()
        if jump is not None:
            self._go(jump, stop)
        item = self._next or self._following(stop)
        if item is None or stop.is_set():
            return None
        self._next = item
        at_s = self._place_s(item)
        if not self.playback.wait(at_s, stop):
            return None
        self._next = None
        self.playback.given(at_s)
        sample = self._sample(item, stop)
        self._given.note(sample.captured_ns, item.captured_ns)
        return sample

    def close(self) -> None:
        """Let go of the file."""
        self._items = self._next = None

    def _look(self) -> SourceInfo:
        with closing(self._samples(threading.Event())) as samples:
            first = next(samples, None)
        name = self._path.name
        match first:
            case RecordedPicture():
                return SourceInfo(
                    MediaKind.IMAGE, name, live=False, width=first.width, height=first.height
                )
            case RecordedSound():
                return SourceInfo(MediaKind.AUDIO, name, live=False, rate=float(first.rate))
        raise SourceError(
            SourceFault.UNREADABLE, f"The recording {name} holds no pictures and no sound."
        )

    def _begin_pass(self, stop: threading.Event) -> None:
        self._items = self._samples(stop)
        self._next = next(self._items, None)
        self._first_ns = self._next.captured_ns if self._next is not None else 0
        self._jumped = True
        self.playback.restart()

    def _samples(self, stop: threading.Event) -> Generator[RecordedSample, None, None]:
        return samples_of(self._reader.items(stop))

    def _place_s(self, item: RecordedSample) -> float:
        return (item.captured_ns - self._first_ns) / 1e9

    def _go(self, jump: Jump, stop: threading.Event) -> None:
        """Read on from the sample at a place, or so many before it."""
        places = self._places
        assert places is not None
        at_ns = self._first_ns + round(jump.to_s * 1e9)
        for _ in range(jump.back):
            at_ns = places.before_ns(at_ns, stop)
        at_ns = min(at_ns, places.newest_ns(stop))
        self._items = samples_of(self._reader.items_in(places.chunk_for(at_ns), None, stop))
        self._next, self._jumped = None, True
        for item in self._items:
            if isinstance(item, self._wanted) and item.captured_ns >= at_ns - ROUNDED_NS:
                self._next = item
                return

    def _following(self, stop: threading.Event) -> RecordedSample | None:
        """The next sample of our kind, in a loop that of the beginning after the last one."""
        assert self._items is not None
        span = self.playback.status().span
        for item in self._items:
            if isinstance(item, self._wanted):
                if span is None or self._place_s(item) < span[1]:
                    return item
                break
            self._report_once(
                "Part of the recording is left out",
                f"{self._path.name} holds pictures and sound; what came first is played.",
            )
        if stop.is_set() or self.playback.holds_at_end(stop, loop=self._loop):
            return None
        if span is not None:
            self._go(Jump(span[0]), stop)
            self.playback.restart()
            return self._next
        if self._reader.unfinished:
            self._report_once(
                "The recording breaks off",
                f"{self._path.name} was not ended properly; what came until then was played.",
            )
        if not self._loop:
            raise EndOfSource
        self._begin_pass(stop)
        return self._next

    def _sample(self, item: RecordedSample, stop: threading.Event) -> Frame | AudioBlock:
        number, now = self._seq, time.monotonic_ns()
        self._seq += 1
        if isinstance(item, RecordedSound):
            block = item.block(number, now, item.media_time_s)
            return self._after_jump(block, item.captured_ns, stop) if self._jumped else block
        try:
            return item.frame(number, now, self._place_s(item))
        except InvalidInput as error:
            raise SourceError(
                SourceFault.UNREADABLE,
                f"A picture of the recording {self._path.name} cannot be read: {error.message}",
            ) from error

    def _after_jump(self, block: AudioBlock, recorded_ns: int, stop: threading.Event) -> AudioBlock:
        """The first block at a place, with where the sound from there was cut when recorded."""
        self._jumped = False
        assert self._places is not None
        grid = self._places.grid_at(recorded_ns, stop)
        return replace(block, follows=False, grid=grid)

    def _report_once(self, title: str, body: str) -> None:
        if title not in self._reported:
            self._reported.add(title)
            self._notices.put(Notice(Severity.WARNING, title, body))
