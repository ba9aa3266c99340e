"""What a person does to a source that plays a file: pause, step, seek, set speed, repeat."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from backend.core.errors import UsageError
from backend.sources.kind import Pace
from backend.sources.pacing import Pacer

SLOWEST, FASTEST = 0.1, 8.0
"""The least and the greatest speed, as factors of the file's own pace."""
_HELD_S = 0.1
"""How long a reader is held at most, before it looks whether it is still wanted."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class PlaybackStatus:
    """Where a file is: `position_s` and `duration_s` count from its first item.

    `speed` is a factor of its own pace, None as fast as its items are taken; `span` is the stretch
    that is played again and again, None for the whole. The duration is 0 where it is not known.
    """

    position_s: float = 0.0
    duration_s: float = 0.0
    paused: bool = False
    speed: float | None = 1.0
    span: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to go on: at the first item at or after `to_s`, or with `back` so many items before
    it."""

    to_s: float
    back: int = 0


class Playback:
    """The controls of one source, from any thread, and what its reader asks of them.

    The reader calls `begin` once it is open, then before each item `take_jump` and `wait`, and
    `given` after it. Speeds beyond the bounds and spans of no length raise UsageError.
    """

    def __init__(self, pace: Pace = Pace.OWN, speed: float = 1.0) -> None:
        self._changed = threading.Condition()
        self._pacer = Pacer(pace, speed=speed)
        self._status = PlaybackStatus(speed=speed if pace is Pace.OWN else None)
        self._jump: Jump | None = None
        self._owed = 0

    # -- whoever controls it -------------------------------------------------------------------

    def status(self) -> PlaybackStatus:
        """A snapshot."""
        return self._status

    @property
    def paused(self) -> bool:
        """Whether nothing is given but what is stepped to."""
        return self._status.paused

    def pause(self) -> None:
        """Give nothing more until resumed, stepped or sought."""
        with self._changed:
            self._set(replace(self._status, paused=True))

    def resume(self) -> None:
        """Go on at its pace."""
        with self._changed:
            self._owed = 0
            self._pacer.restart()
            self._set(replace(self._status, paused=False))

    def step(self, count: int) -> None:
        """Pause, and give the next item, or with a negative count go so many back and give that."""
        with self._changed:
            if count >= 0:
                self._owed += count
            else:
                before = self._jump or Jump(self._status.position_s)
                self._jump = Jump(before.to_s, before.back - count)
                self._owed = 1
            self._set(replace(self._status, paused=True))

    def seek(self, to_s: float) -> None:
        """Go on at a place in the file; one that is paused gives the item there."""
        with self._changed:
            longest = self._status.duration_s or to_s
            self._jump = Jump(min(max(to_s, 0.0), longest))
            self._owed = 1
            self._set(replace(self._status, position_s=self._jump.to_s))

    def set_speed(self, speed: float | None) -> None:
        """A factor of its own pace; None as fast as items are taken."""
        if speed is not None and not SLOWEST <= speed <= FASTEST:
            raise UsageError(f"A speed is from {SLOWEST:g} to {FASTEST:g}, got {speed:g}.")
        with self._changed:
            self._pacer.use(Pace.FREE if speed is None else Pace.OWN, speed or 1.0)
            self._set(replace(self._status, speed=speed))

    def set_span(self, span: tuple[float, float] | None) -> None:
        """Play from the first moment to the second again and again, None: the whole."""
        if span is not None and not 0 <= span[0] < span[1]:
            raise UsageError(
                f"A stretch begins before it ends, got {span[0]:g} s to {span[1]:g} s."
            )
        with self._changed:
            self._set(replace(self._status, span=span))
            if span is not None and not span[0] <= self._status.position_s < span[1]:
                self._jump = Jump(span[0])
                self._owed = 1

    # -- the source's thread -------------------------------------------------------------------

    def begin(self, duration_s: float) -> None:
        """A file was opened at its start."""
        with self._changed:
            self._jump, self._owed = None, int(self._status.paused)
            self._pacer.restart()
            self._set(replace(self._status, position_s=0.0, duration_s=duration_s))

    def take_jump(self) -> Jump | None:
        """Where to go before the next item, if anywhere; its pace begins there anew."""
        with self._changed:
            jump, self._jump = self._jump, None
            if jump is not None:
                self._pacer.restart()
            return jump

    @property
    def has_jump(self) -> bool:
        """Whether somebody wants to go elsewhere."""
        return self._jump is not None

    def restart(self) -> None:
        """The next item is due at once, whatever its time."""
        with self._changed:
            self._pacer.restart()

    def is_past(self, at_s: float) -> bool:
        """Whether a moment of the file is after the stretch that is repeated."""
        span = self._status.span
        return span is not None and at_s >= span[1]

    def holds_at_end(self, stop: threading.Event, *, loop: bool) -> bool:
        """Whether the end is no end yet: it was stepped to, and one may go back.

        Waits a tenth of a second at most.
        """
        with self._changed:
            if loop or self._status.span is not None or not self._status.paused:
                return False
            self._owed = 0
            if self._jump is None and not stop.is_set():
                self._changed.wait(_HELD_S)
            return True

    def wait(self, due_s: float, stop: threading.Event) -> bool:
        """Wait until an item of that moment is due; False if something else comes first.

        While it is paused, False after a tenth of a second.
        """
        held_s = 0.0
        with self._changed:
            while not stop.is_set() and self._jump is None and held_s < _HELD_S:
                if self._status.paused:
                    if self._owed:
                        self._owed -= 1
                        return True
                    self._changed.wait(_POLL_S)
                    held_s += _POLL_S
                    continue
                left_s = self._pacer.left_s(due_s)
                if left_s <= 0:
                    self._owed = 0
                    return True
                self._changed.wait(min(left_s, _POLL_S))
        return False

    def given(self, at_s: float) -> None:
        """The item at a moment of the file is on its way."""
        with self._changed:
            if self._jump is None:
                self._set(replace(self._status, position_s=at_s))

    def _set(self, status: PlaybackStatus) -> None:
        self._status = status
        self._changed.notify_all()


@runtime_checkable
class PlayedSource(Protocol):
    """A source that can be controlled while it plays."""

    @property
    def playback(self) -> Playback:
        """Its controls, the same for as long as it lives."""
        ...


def playback_of(source: object) -> Playback | None:
    """The controls of a source that has some."""
    return source.playback if isinstance(source, PlayedSource) else None
