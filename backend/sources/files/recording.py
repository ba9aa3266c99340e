"""Recordings as a kind of file; what reads and plays them is imported with the first one."""

from __future__ import annotations

from pathlib import Path

from backend.core.wording import Wording
from backend.sources.files.kinds import PathKind
from backend.sources.kind import Pace
from backend.sources.source import Source


def _make(path: Path, *, loop: bool, pace: Pace, speed: float) -> Source:
    from backend.sources.files.replay import RecordingSource

    return RecordingSource(path, loop=loop, pace=pace, speed=speed)


def _holds_recording(path: Path, head: bytes) -> bool:  # noqa: ARG001 - as every kind of path
    from backend.wire.recording.records import MAGIC

    return head.startswith(MAGIC)


RECORDING = PathKind(Wording("recording"), _holds_recording, _make, Wording("Recordings: MCAP."))
