"""Shows what was recorded as a run gives it, without a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from backend.core.choices import RunSettings
from backend.core.errors import ConsoleError, InvalidInput, SourceError, SourceFault
from backend.core.rings import RateMeter, TraceRing
from backend.core.samples import Frame, MediaKind
from backend.core.status import RunState, RunStatus, SourceInfo, SourceState, SourceStatus
from backend.core.worker import Worker
from backend.recording.results import (
    counts_of,
    failure_of,
    notice_of,
    result_of,
    settings_of,
    word_of,
)
from backend.recording.sound_window import SoundHeard
from backend.session.lanes import TRACE_COLUMNS, TRACES_KEPT
from backend.session.run import Summary, summarise
from backend.session.sinks import (
    AUDIO,
    FAILURES,
    FRAMES,
    NOTICES,
    RESULTS,
    STATUS,
    WORDS,
    Publisher,
)
from backend.sources.playback import Jump, Playback
from backend.sources.source import Source
from backend.wire.recording.given import GivenMoments
from backend.wire.recording.items import RecordedPicture, RecordedSound
from backend.wire.recording.moments import Moment, Moments
from backend.wire.recording.places import ROUNDED_NS, SamplePlaces
from backend.wire.recording.reader import RecordingReader

_HOLD_S = 0.05
_STATUS_EVERY_S = 0.5


class Showing(Publisher):
    """A recording that is looked at, with the face of a run; nothing is sent anywhere.

    It begins paused at its first sample and stays at its last. A sample comes together with what
    was answered to it. Whoever changes settings changes nothing: what was recorded has its own.
    Made of a file that cannot be read or holds no sample, it raises SourceError.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._reader = RecordingReader(path)
        first = self._first()
        self._kind = type(first.sample)
        self._first_ns = first.sample.captured_ns
        self._places = SamplePlaces(path, self._kind, self._first_ns)
        self._moments: Iterator[Moment] = iter(())
        self._settings = first.settings
        self._ledger = first.ledger
        self._heard = SoundHeard()
        self._shown = GivenMoments()
        self._given = RateMeter()
        self._answered = RateMeter()
        self._started_at = self._status_at = 0.0
        self._worker = Worker("showing", self._run)
        self.traces = TraceRing(TRACE_COLUMNS, TRACES_KEPT)
        self.info = _info(path, first.sample)
        self.error: ConsoleError | None = None
        self.playback = Playback()
        self.playback.pause()
        newest_ns = self._places.newest_ns(threading.Event())
        self.playback.begin(max(0, newest_ns - self._first_ns) / 1e9)

    @property
    def settings(self) -> RunSettings:
        """How what is shown was sent; the target without its addresses."""
        return settings_of(self._settings)

    @property
    def recording(self) -> Path:
        """The file."""
        return self._path

    def recorded_ns(self, captured_ns: int) -> int | None:
        """See `RecordedSource.recorded_ns`; of sound, for the windows that were answered."""
        return self._shown.recorded_ns(captured_ns)

    @property
    def first_ns(self) -> int:
        """When the first sample was captured for the recording, since 1970."""
        return self._first_ns

    def place_s(self, recorded_ns: int) -> float:
        """Where in the recording what was captured then is."""
        return (recorded_ns - self._first_ns) / 1e9

    def start(self) -> None:
        """Show the first sample; may be called once."""
        self._started_at = time.monotonic()
        self._subscriptions.start()
        self._worker.start()

    def request_stop(self) -> None:
        """Let go of the file."""
        self._worker.request_stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; True if it has come."""
        return self._worker.join(timeout_s)

    def change(self, settings: RunSettings | None = None, source: Source | None = None) -> None:
        """Nothing changes what was recorded."""

    def retry_now(self) -> None:
        """There is nothing to wait for."""

    def status(self) -> RunStatus:
        """A snapshot; the counts are those of the run at this place."""
        return RunStatus(
            state=RunState.STREAMING,
            source=SourceStatus(SourceState.LIVE, self.info),
            counts=counts_of(self._ledger),
            rate_in=self._given.per_second(),
            rate_out=self._answered.per_second(),
        )

    def summary(self) -> Summary:
        """The totals of the run at this place."""
        seconds = self.playback.status().position_s
        return summarise(
            counts_of(self._ledger),
            None,
            state="shown",
            seconds=seconds,
            error=str(self.error or ""),
        )

    # -- its thread ----------------------------------------------------------------------------

    def _run(self, stop: threading.Event) -> None:
        try:
            self._moments = iter(Moments(self._reader.items(stop)))
            while not stop.is_set():
                self._show_next(stop)
                self._publish_status()
        except ConsoleError as error:
            self.error = error
        finally:
            self._subscriptions.finish(stop)

    def _show_next(self, stop: threading.Event) -> None:
        jump = self.playback.take_jump()
        if jump is not None:
            self._go(jump, stop)
        moment = next(self._moments, None)
        while moment is not None and not isinstance(moment.sample, self._kind):
            moment = next(self._moments, None)
        at_s = 0.0 if moment is None else self.place_s(moment.sample.captured_ns)
        if moment is None or self.playback.is_past(at_s):
            self._at_end(stop)
            return
        while not self.playback.wait(at_s, stop):
            if stop.is_set() or self.playback.has_jump:
                return
            self._publish_status()
        self.playback.given(at_s)
        self._publish(moment)

    def _at_end(self, stop: threading.Event) -> None:
        span = self.playback.status().span
        if span is not None:
            self._go(Jump(span[0]), stop)
            self.playback.restart()
            return
        self.playback.pause()
        while not (stop.is_set() or self.playback.has_jump):
            if not self.playback.paused:  # played on from the end: from the start again
                self.playback.seek(0.0)
            stop.wait(_HOLD_S)
            self._publish_status()

    def _go(self, jump: Jump, stop: threading.Event) -> None:
        """Read on from the sample at a place, or so many before it."""
        at_ns = self._first_ns + round(jump.to_s * 1e9)
        for _ in range(jump.back):
            at_ns = self._places.before_ns(at_ns, stop)
        at_ns = min(at_ns, self._places.newest_ns(stop)) - ROUNDED_NS
        items = self._reader.items_in(self._places.chunk_for(at_ns), None, stop)
        moments = Moments(items, self._settings)
        self._heard.clear()
        self._moments = (each for each in moments if each.sample.captured_ns >= at_ns)

    def _publish(self, moment: Moment) -> None:
        self._settings = moment.settings or self._settings
        self._ledger = moment.ledger or self._ledger
        now_ns = time.monotonic_ns()
        self._given.add()
        frame = self._publish_sample(moment.sample, now_ns)
        for each in moment.answers:
            sample = frame if frame is not None else self._heard.window(each, now_ns)
            self._shown.note(sample.captured_ns, each.answer.captured_ns)
            result = result_of(each, sample, self.settings, now_ns)
            self._answered.add()
            self.traces.append(
                {
                    "at_s": now_ns / 1e9,
                    **result.timeline.spans_ms(),
                    "bytes_out": result.traffic.bytes_out,
                    "bytes_in": result.traffic.bytes_in,
                    "lane": result.lane,
                }
            )
            self._subscriptions.publish(RESULTS, result)
        for failed in moment.failures:
            self._subscriptions.publish(FAILURES, failure_of(failed))
        for word in moment.words:
            self._subscriptions.publish(WORDS, word_of(word))
        for note in moment.notices:
            self._subscriptions.publish(NOTICES, notice_of(note))

    def _publish_sample(self, sample: RecordedPicture | RecordedSound, now_ns: int) -> Frame | None:
        if isinstance(sample, RecordedSound):
            block = sample.block(0, now_ns, sample.media_time_s)
            self._heard.add(sample, block)
            self._subscriptions.publish(AUDIO, block)
            return None
        try:
            frame = sample.frame(sample.seq, now_ns, self.place_s(sample.captured_ns))
        except InvalidInput as error:
            raise SourceError(
                SourceFault.UNREADABLE,
                f"A picture of the recording {self._path.name} cannot be read: {error.message}",
            ) from error
        self._subscriptions.publish(FRAMES, frame)
        return frame

    def _publish_status(self) -> None:
        now = time.monotonic()
        if now - self._status_at >= _STATUS_EVERY_S:
            self._status_at = now
            self._subscriptions.publish(STATUS, self.status())

    def _first(self) -> Moment:
        for moment in Moments(self._reader.items()):
            return moment
        raise SourceError(
            SourceFault.UNREADABLE,
            f"The recording {self._path.name} holds no pictures and no sound.",
        )


def _info(path: Path, first: RecordedPicture | RecordedSound) -> SourceInfo:
    if isinstance(first, RecordedSound):
        return SourceInfo(MediaKind.AUDIO, path.name, live=False, rate=float(first.rate))
    return SourceInfo(
        MediaKind.IMAGE, path.name, live=False, width=first.width, height=first.height
    )
