"""How late a 10 ms timer fires while the inspect page shows a huge reply and a long stream.

Run by hand, on a display (Xvfb will do): `python -m tests.benchmarks.inspect_tick`. The server is a
child process. Three rounds of: a reply of 100 MB looked at in every tab, and a stream of 10,000
messages sent one after another. The goal is at most 50 ms late at p99 in both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
from PySide6.QtCore import QObject, Qt, QTimer, Slot  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from backend.core.target import Target  # noqa: E402
from backend.inspector.forms.input_fills import Fill, FillKind  # noqa: E402
from gui.inspect.acts import CallPhase  # noqa: E402
from gui.inspect.page import InspectPage  # noqa: E402
from gui.widgets.stylesheet import stylesheet  # noqa: E402
from gui.widgets.theme import DARK  # noqa: E402
from tests.gui.inspect.inspect_stage import inspect_page, leave  # noqa: E402

_TICK_MS = 10
_LIMIT = 512 * 1024 * 1024
_ROUNDS = 3
_WAIT_S = 120.0
_INFER = "inference.GRPCInferenceService/ModelInfer"
_STREAM = "inference.GRPCInferenceService/ModelStreamInfer"


class Tick(QObject):
    """A precise timer that notes how late it fires."""

    def __init__(self) -> None:
        super().__init__()
        self._late_ms: list[float] = []
        self._last_ns = time.monotonic_ns()
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def take(self) -> list[float]:
        """What was noted since the last time, in ms."""
        taken, self._late_ms = self._late_ms, []
        return taken

    @Slot()
    def _tick(self) -> None:
        now_ns = time.monotonic_ns()
        self._late_ms.append((now_ns - self._last_ns) / 1e6 - _TICK_MS)
        self._last_ns = now_ns


def main() -> int:
    """Run and print."""
    app = QApplication([])
    app.setPalette(DARK.to_qt())
    app.setStyleSheet(stylesheet())
    command = [sys.executable, "main.py", "serve", "--message-limit-mib", "512"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server,
    ):
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        target = Target("serve", said["rest"], said["grpc"], message_limit=_LIMIT, deadline_s=60)
        page, host = inspect_page(target, Path(folder))
        _until(lambda: page.request.method is not None and page.request.draft() is not None)
        tick = Tick()
        for _ in range(_ROUNDS):
            _report("100 MB reply", tick, lambda: _huge_reply(page))
            _report("10,000 messages", tick, lambda: _long_stream(page))
        leave(page, host)
        server.terminate()
    return 0


def _huge_reply(page: InspectPage) -> None:
    page.methods.choose(_INFER)
    _fill(page, 100_000_000)
    page.requests.send()
    _until(lambda: page.calls.phase is CallPhase.IDLE and page.replies.shown is not None)
    assert page.replies.shown is not None
    assert page.replies.shown.exchange.reply_size >= 100_000_000
    for tab in range(1, page.reply.tabs.count()):
        page.reply.tabs.setCurrentIndex(tab)
        _wait(0.5)
    page.reply.tabs.setCurrentIndex(1)


def _long_stream(page: InspectPage) -> None:
    page.methods.choose(_STREAM)
    _fill(page, 64)
    page.requests.start()
    _until(lambda: page.calls.phase is CallPhase.OPEN)
    draft = page.request.draft()
    assert draft is not None
    message = draft.message()
    stream = page.calls.stream
    assert stream is not None
    sent = 0
    while sent < 10_000:
        while sent < 10_000 and stream.waiting < 50:
            stream.send(message)
            sent += 1
        QApplication.processEvents()
    page.calls.finish()
    _until(lambda: page.calls.phase is CallPhase.IDLE)
    assert stream.counts.received == 10_000


def _fill(page: InspectPage, size: int) -> None:
    _until(lambda: page.request.draft() is not None)
    draft = page.request.draft()
    assert draft is not None
    assert draft.form is not None
    page.request.show_form(draft.form.with_row("INPUT0", fill=Fill(FillKind.RANDOM), shape=(size,)))


def _report(name: str, tick: Tick, work: Callable[[], None]) -> None:
    tick.take()
    work()
    late = np.array(tick.take())
    p50, p99 = np.percentile(late, (50, 99))
    print(
        f"{name:16} {len(late):6} ticks  p50 {p50:6.2f}  p99 {p99:6.2f}  max {late.max():7.1f} ms"
    )


def _until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + _WAIT_S
    while not done():
        assert time.monotonic() < until, "it took too long"
        QApplication.processEvents()
        time.sleep(0.0005)


def _wait(seconds: float) -> None:
    until = time.monotonic() + seconds
    _until(lambda: time.monotonic() >= until)


if __name__ == "__main__":
    sys.exit(main())
