"""The thread that owns a source: opens it, reads it, and opens it again when it was lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from backend.core.errors import SourceError
from backend.core.flow import Backoff
from backend.core.rings import RateMeter
from backend.core.samples import AudioWindow, Captured, Frame, Sample
from backend.core.status import SourceState, SourceStatus
from backend.core.worker import Worker
from backend.profiles.model_profile import AudioFormat
from backend.session.lanes import Feed
from backend.session.run.companions import Companions
from backend.session.run.promise import Promise
from backend.session.run.windower import Windower
from backend.session.sinks import AUDIO, FRAMES, Subscriptions
from backend.sources.source import EndOfSource, Source

_SILENT_AFTER_S = 2.0
_POLL_S = 0.1
_MOST_PATIENCE_S = 0.05


class Capture:
    """Reads one source into the feed until it is stopped or the source ends.

    A source that can wait is not read on while a reader that must get every item has no room.
    While companions are present, it is read in step with them whatever it is.

    A live source that cannot be opened or is lost is tried again with growing pauses, forever; a
    file that cannot be read ends the capture with `error` set, and so does a live source with
    `retry=False`.
    """

    def __init__(
        self,
        source: Source,
        feed: Feed,
        subscriptions: Subscriptions,
        *,
        audio_format: AudioFormat,
        rate: RateMeter,
        promise: Promise,
        companions: Companions,
        retry: bool,
        on_change: Callable[[], None],
    ) -> None:
        self._source = source
        self._feed = feed
        self._writer = 0
        self._audio_format = audio_format
        self._windower = Windower(audio_format)
        self._subscriptions = subscriptions
        self._rate = rate
        self._promise = promise
        self._companions = companions
        self._retry = retry
        self._on_change = on_change
        self._backoff = Backoff()
        self._retry_at = 0.0
        self._retry_now = threading.Event()
        self._status = SourceStatus(info=source.info)
        self._worker = Worker("capture", self._run)
        self.error: SourceError | None = None

    @property
    def ended(self) -> bool:
        """Whether the source has given its last item, or the capture has failed."""
        return not self._worker.alive

    @property
    def lossless(self) -> bool:
        """Whether a sample waits until it is taken, instead of being replaced by a newer one."""
        return not self._source.info.live or self._companions.present

    def status(self) -> SourceStatus:
        """The source's state, with the seconds left until the next attempt."""
        status = self._status
        if status.state is SourceState.LOST:
            return replace(status, retry_in_s=max(0.0, self._retry_at - time.monotonic()))
        return status

    def start(self) -> None:
        """Become the feed's writer and begin."""
        self._writer = self._feed.new_writer()
        self._worker.start()

    def use_audio_format(self, audio_format: AudioFormat) -> None:
        """Cut windows of another format from the next block on."""
        self._audio_format = audio_format

    def retry_now(self) -> None:
        """Do not wait for the pause to pass."""
        self._retry_now.set()

    def request_stop(self) -> None:
        """Ask the thread to end; it may linger in a driver, which harms nobody."""
        self._worker.request_stop()
        self._retry_now.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True if it has ended."""
        return self._worker.join(timeout_s)

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._open_and_read(stop)
            except EndOfSource:
                self._promise.closed(ended=True)
                self._finish(stop)
            except SourceError as error:
                if self._retry and self._source.info.live:
                    self._source.close()
                    self._pause(error, stop)
                    continue
                self.error = error
                self._set(SourceStatus(SourceState.CLOSED, self._source.info, str(error)))
            finally:
                self._promise.closed()
                self._source.close()
            self._companions.end()
            return

    def _open_and_read(self, stop: threading.Event) -> None:
        self._set(
            SourceStatus(SourceState.OPENING, self._source.info, attempt=self._backoff.attempt)
        )
        info = self._source.open(stop)
        self._promise.opened(info)
        live = SourceStatus(SourceState.LIVE, info)
        last = time.monotonic()
        while not stop.is_set():
            item = self._source.read(stop)
            if item is None:
                if info.live and time.monotonic() - last > _SILENT_AFTER_S:
                    self._set(SourceStatus(SourceState.SILENT, info, f"{info.name} gives nothing."))
                continue
            read_ns = time.monotonic_ns()
            self._promise.given()
            if self._status is not live:
                self._set(live)
                self._backoff.reset()
            if self.lossless:
                self._wait_for_room(stop)
            if not self._hand_over(item, read_ns, stop):
                return
            last = time.monotonic()

    def _wait_for_room(self, stop: threading.Event) -> None:
        while not (stop.is_set() or self._subscriptions.wait_for_room(_POLL_S)):
            pass

    def _hand_over(self, item: Captured, read_ns: int, stop: threading.Event) -> bool:
        """Publish and put what was read at that moment; cutting windows is work of the source."""
        if isinstance(item, Frame):
            self._subscriptions.publish(FRAMES, item)
            return self._put(item, read_ns, stop)
        if isinstance(item, AudioWindow):
            return self._put(item, read_ns, stop)
        self._subscriptions.publish(AUDIO, item)
        if self._windower_is_stale():
            self._windower = Windower(self._audio_format)
        began_ns = time.monotonic_ns()
        windows = list(self._windower.push(item))
        read_ns += time.monotonic_ns() - began_ns
        patience_s = 0.0 if self.lossless else self._patience_s()
        return all(self._put(window, read_ns, stop, patience_s=patience_s) for window in windows)

    def _patience_s(self) -> float:
        """How long a window of live sound waits for the one before it to be taken.

        Microphones give several windows at once, of which none need be lost if the model is fast
        enough; half of the time between two leaves the rest of it for reading on.
        """
        return min(_MOST_PATIENCE_S, self._audio_format.hop / self._audio_format.rate / 2)

    def _windower_is_stale(self) -> bool:
        return self._windower.sound is not self._audio_format

    def _finish(self, stop: threading.Event) -> None:
        if not stop.is_set():
            for window in self._windower.flush():
                self._put(window, time.monotonic_ns(), stop)
        self._set(SourceStatus(SourceState.ENDED, self._source.info))

    def _put(
        self, sample: Sample, read_ns: int, stop: threading.Event, *, patience_s: float = 0.0
    ) -> bool:
        self._rate.add()
        self._companions.offer(sample, stop)
        return self._feed.put(
            self._writer,
            sample,
            lossless=self.lossless,
            patience_s=patience_s,
            handed_over_ns=read_ns,
        )

    def _pause(self, error: SourceError, stop: threading.Event) -> None:
        pause_s = self._backoff.next_pause_s()
        self._retry_at = time.monotonic() + pause_s
        self._retry_now.clear()
        self._set(
            SourceStatus(
                SourceState.LOST, self._source.info, str(error), attempt=self._backoff.attempt
            )
        )
        if not stop.is_set():
            self._retry_now.wait(pause_s)

    def _set(self, status: SourceStatus) -> None:
        changed = status != self._status
        self._status = status
        if changed:
            self._on_change()
