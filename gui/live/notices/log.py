"""Lines for the log about what a run was made of and what became of it."""

from __future__ import annotations

from collections.abc import Callable

from backend.core.errors import ConsoleError
from backend.core.status import RunState, RunStatus, SourceState
from gui.live.bar import (
    Choices,
    api_choices,
    compression_choices,
    image_choices,
    transport_choices,
)
from gui.state.switches import Switches, target_title
from gui.widgets.language import count, marked, spoken, tr

_GONE = (SourceState.LOST, SourceState.SILENT)


class RunLog:
    """Told of every setting and status; writes a line where something became different."""

    def __init__(self, write: Callable[[str], None], source_title: Callable[[str], str]) -> None:
        self._write = write
        self._source_title = source_title
        self._switches: Switches | None = None
        self._source_gone = self._target_gone = self._failing = False
        self._failed = 0

    def switched(self, switches: Switches) -> None:
        """These hold from now on."""
        before, self._switches = self._switches, switches
        if before is None:
            return
        if before.source != switches.source:
            self._source_gone = False  # what comes next is not the one that was lost
        for old, new in zip(self._lines(before), self._lines(switches), strict=True):
            if old != new:
                self._write(new)

    def note(self, status: RunStatus, failure: ConsoleError | None = None) -> None:
        """How the run is, and why the newest of its requests that failed did."""
        self._note_source(status)
        self._note_failures(status, failure)
        gone = status.state is RunState.RECONNECTING
        if gone and not self._target_gone:
            self._write(tr("Target lost: {reason}", reason=spoken(status.message)))
            self._target_gone = True
        elif status.state is RunState.STREAMING:  # its end is a notice of the session
            self._target_gone = False

    def began(self, switches: Switches) -> None:
        """A run starts."""
        self._source_gone = self._target_gone = self._failing = False
        self._failed = 0
        self._write(tr("Run: {parts}", parts=", ".join(self._lines(switches)[:4])))

    def _note_failures(self, status: RunStatus, failure: ConsoleError | None) -> None:
        """The first of those that follow each other; how many there were is told at the end."""
        more = status.counts.failed - self._failed
        first = more > 0 and not self._failing
        if first and failure is not None and status.state is not RunState.RECONNECTING:
            self._write(
                count(
                    more,
                    "{n} request failed: {reason}",
                    "{n} requests failed: {reason}",
                    reason=spoken(failure.message),
                )
            )
        self._failing, self._failed = more > 0, status.counts.failed

    def _note_source(self, status: RunStatus) -> None:
        source = status.source
        if source.state in _GONE and not self._source_gone:
            lost = source.state is SourceState.LOST
            words = (
                marked("Source not there: {reason}") if lost else marked("Source silent: {reason}")
            )
            self._write(tr(words, reason=spoken(source.message)))
            self._source_gone = True
        elif self._source_gone and source.state is SourceState.LIVE:
            self._write(tr("Source back"))
            self._source_gone = False

    def _lines(self, switches: Switches) -> list[str]:
        flight = tr("auto") if switches.in_flight is None else str(switches.in_flight)
        return [
            tr("Source: {name}", name=self._source_title(switches.source)),
            tr("Model: {name}", name=switches.model),
            tr("Target: {name}", name=target_title(switches.target)),
            tr("Transport: {name}", name=_label(transport_choices(), switches.transport)),
            tr("API: {name}", name=_label(api_choices(), switches.api)),
            tr("Serialisation: {name}", name=switches.serialization),
            tr("Image encoding: {name}", name=_label(image_choices(), switches.image)),
            tr("JPEG quality: {name}", name=switches.jpeg_quality),
            tr("Compression: {name}", name=_label(compression_choices(), switches.compression)),
            tr("In flight: {name}", name=flight),
        ]


def _label(choices: Choices, value: str) -> str:
    """What the bar calls a choice."""
    return next(label for each, label, _ in choices if each == value)
