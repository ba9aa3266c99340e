"""Moves what a run has to show to the screen: the window pulls, workers never push."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication

from backend.core.flow import Policy
from backend.core.samples import AudioBlock, Frame
from backend.core.status import Result, Word
from backend.session.sinks import AUDIO, FRAMES, RESULTS, WORDS
from gui.state.live_session import ShownRun

_PLOT_EVERY_NS = 33_000_000
_TEXT_EVERY_NS = 500_000_000
_PUT_OFF_NS = 16_000_000
"""For so long numbers and plots give way to pictures and to each other."""
_FASTEST_MS, _SLOWEST_MS = 4, 8


class Screen(Protocol):
    """What shows a run; every method is called on the window's thread and returns soon."""

    def show_frame(self, frame: Frame) -> None:
        """The newest captured frame, at display rate."""
        ...

    def show_result(self, result: Result) -> None:
        """The newest answer, at display rate."""
        ...

    def plot(self, results: list[Result], audio: list[AudioBlock], now_ns: int) -> None:
        """Everything since the last call, at most 30 times a second."""
        ...

    def show_words(self, words: list[Word]) -> None:
        """Words heard since the last call, if any, at most 30 times a second."""
        ...

    def write(self, session: ShownRun, now_ns: int) -> None:
        """Numbers and words, twice a second."""
        ...


class _Readers:
    """What the window takes from one run."""

    def __init__(self, session: ShownRun) -> None:
        self.session = session
        self.preview = session.subscribe(FRAMES, Policy.NEWEST, "preview")
        self.latest = session.subscribe(RESULTS, Policy.NEWEST, "latest")
        self.results = session.subscribe(RESULTS, Policy.DROP, "plots")
        self.audio = session.subscribe(AUDIO, Policy.DROP, "waveform")
        self.words = session.subscribe(WORDS, Policy.DROP, "words")


class Pump(QObject):
    """One timer at twice the display's rate; what is not due yet is left where it is.

    What is shown at one tick is not replaced at the next, for the display would not show both. A
    tick does one thing of what is due, so that none keeps mouse and keys waiting.
    """

    def __init__(self, screen: Screen, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._screen = screen
        self._readers: _Readers | None = None
        self._plot_at_ns = self._text_at_ns = 0
        self._new_frame = self._new_result = False
        self._timer = QTimer(self, interval=_interval_ms())
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def attach(self, session: ShownRun) -> None:
        """Show this run from now on."""
        self._readers = _Readers(session)
        self._text_at_ns = 0
        self._timer.start()

    def detach(self) -> None:
        """Show what is left of the run, then rest."""
        if (run := self._readers) is not None:
            self._new_frame = self._new_result = False
            self._show(run)
            now_ns = time.monotonic_ns()
            self._plot(run, now_ns)
            self._write(run, now_ns)
        self._timer.stop()
        self._readers = None

    @Slot()
    def _tick(self) -> None:
        run = self._readers
        if run is None:
            return
        patience_ns = _PUT_OFF_NS if self._show(run) else 0
        now_ns = time.monotonic_ns()
        if now_ns >= self._plot_at_ns + patience_ns:
            self._plot(run, now_ns)
            patience_ns = _PUT_OFF_NS
        if now_ns >= self._text_at_ns + patience_ns:
            self._write(run, now_ns)

    def _show(self, run: _Readers) -> bool:
        """Hand on the newest picture and answer; whether there was either."""
        frame = None if self._new_frame else run.preview.take(0.0)
        if frame is not None:
            self._screen.show_frame(frame)
        result = None if self._new_result else run.latest.take(0.0)
        if result is not None:
            self._screen.show_result(result)
        self._new_frame, self._new_result = frame is not None, result is not None
        return self._new_frame or self._new_result

    def _plot(self, run: _Readers, now_ns: int) -> None:
        self._plot_at_ns = now_ns + _PLOT_EVERY_NS
        self._screen.plot(run.results.drain(), run.audio.drain(), now_ns)
        if words := run.words.drain():
            self._screen.show_words(words)

    def _write(self, run: _Readers, now_ns: int) -> None:
        self._text_at_ns = now_ns + _TEXT_EVERY_NS
        self._screen.write(run.session, now_ns)


def _interval_ms() -> int:
    """Half a display period: a result waits a quarter of one on average; painting still merges."""
    screen = QGuiApplication.primaryScreen()
    rate = screen.refreshRate() if screen is not None else 60.0
    return max(_FASTEST_MS, min(_SLOWEST_MS, int(500 / max(rate, 1.0))))
