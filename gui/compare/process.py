"""A measurement as a process of its own, so that it and the window do not disturb each other."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from backend.compare.bench import LARGEST_FILE, BenchResult, decode_result
from backend.core.conditions import VIOLATED
from backend.core.errors import ConsoleError
from backend.core.release import PROGRAM
from gui.widgets.language import tr

_END_WITHIN_MS = 8_000
_LONGEST_ERROR = 4_000


class Step(msgspec.Struct, frozen=True):
    """How far it is: `percent` of the least that is measured, and how many seconds may be left."""

    percent: int
    round: int
    left_s: float


class _SoFar(msgspec.Struct):
    result: BenchResult


class BenchProcess(QObject):
    """`main.py bench`; one run at a time. Exactly one of `finished` and `failed` follows a start.

    When this process ends, however that is, so does the child: it watches its standard input.
    """

    stepped = Signal(object)
    """A Step."""
    measured = Signal(object)
    """The BenchResult so far, now and then."""
    finished = Signal(object)
    """A BenchResult."""
    failed = Signal(object)
    """A ConsoleError."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._out, self._err, self._said = bytearray(), bytearray(), ""
        self._kill = QTimer(self, singleShot=True, interval=_END_WITHIN_MS)
        self._kill.timeout.connect(self._kill_it)

    @property
    def running(self) -> bool:
        """Whether a measurement is under way."""
        return self._process is not None

    def start(self, arguments: Sequence[str]) -> None:
        """Measure with these options of `bench`; what runs already is left alone."""
        if self.running:
            return
        self._out, self._err, self._said = bytearray(), bytearray(), ""
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read_out)
        process.readyReadStandardError.connect(self._read_err)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._error)
        told = ["--format", "json", "--progress", "--partial", "--exit-with-stdin"]
        process.start(sys.executable, [str(PROGRAM), "bench", *arguments, *told])

    def cancel(self) -> None:
        """End soon, with what was measured so far."""
        if self._process is not None:
            self._process.closeWriteChannel()
            self._kill.start()

    def close(self) -> None:
        """End it now, without a result."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)  # noqa: FBT003 - Qt's own signature
            process.kill()
            process.waitForFinished(500)

    @Slot()
    def _read_out(self) -> None:
        assert self._process is not None
        self._out += self._process.readAllStandardOutput().data()

    @Slot()
    def _read_err(self) -> None:
        assert self._process is not None
        self._err += self._process.readAllStandardError().data()
        *lines, rest = bytes(self._err).split(b"\n")
        self._err = bytearray(rest[-LARGEST_FILE:])
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        for kind, signal in ((Step, self.stepped), (_SoFar, self.measured)):
            try:
                told = msgspec.json.decode(line, type=kind)
            except msgspec.MsgspecError:
                continue
            signal.emit(told.result if isinstance(told, _SoFar) else told)
            return
        text = line.decode(errors="replace").strip()
        if text:
            self._said = text[-_LONGEST_ERROR:]

    @Slot()
    def _kill_it(self) -> None:
        if self._process is not None:
            self._process.kill()

    @Slot(QProcess.ProcessError)
    def _error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            text = self._process.errorString()
            self._process = None
            self.failed.emit(ConsoleError(tr("The measurement cannot be started: {why}", why=text)))

    @Slot(int)
    def _ended(self, code: int) -> None:
        assert self._process is not None
        self._read_out()
        self._read_err()
        self._kill.stop()
        self._process.deleteLater()
        self._process = None
        outcome = self._outcome(code)
        if isinstance(outcome, ConsoleError):
            self.failed.emit(outcome)
        else:
            self.finished.emit(outcome)

    def _outcome(self, code: int) -> BenchResult | ConsoleError:
        try:
            if code in (0, VIOLATED):
                return decode_result(bytes(self._out))
        except ConsoleError as error:
            return error
        said = bytes(self._err[-_LONGEST_ERROR:]).decode(errors="replace").strip() or self._said
        said = said.removeprefix("error: ")
        return ConsoleError(said or tr("The measurement ended with code {code}.", code=code))
