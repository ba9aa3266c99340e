"""What a run still gives of the source that it read before another was chosen."""

from __future__ import annotations

import sys

from backend.core.samples import AudioBlock, AudioWindow, Frame


class SourceChange:
    """Tells what the chosen source gives from what the one before it still gives.

    A source is made, and the one before it let go of, while the run goes on: frames and answers of
    the old one come until then, and after it.
    """

    def __init__(self) -> None:
        self._from_ns = 0

    def awaited(self) -> None:
        """Another source was chosen: all that comes is of the one before."""
        self._from_ns = sys.maxsize

    def taken(self, now_ns: int) -> None:
        """The run reads it from this moment on."""
        self._from_ns = now_ns

    def over(self) -> None:
        """There is nothing to tell apart: another run, or the source could not be used."""
        self._from_ns = 0

    @property
    def from_s(self) -> float:
        """What was answered by then, in monotonic seconds, is of the source before."""
        return self._from_ns / 1e9

    def is_new(self, sample: Frame | AudioWindow | AudioBlock) -> bool:
        """Whether it may be of the chosen source."""
        return sample.captured_ns >= self._from_ns
