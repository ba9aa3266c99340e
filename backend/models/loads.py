"""Loads that are under way, and how they are given up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from backend.models.servable import ModelLoadError

GIVEN_UP = "it was unloaded before it was loaded"


class Loads:
    """Knows by name which models are being loaded; safe from any thread.

    A load runs on the thread of whoever wants it. What it waits for can be ended from another one,
    if the load has said how (`ended_by`).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Load] = {}
        self._closed = False

    @contextlib.contextmanager
    def running(self, name: str) -> Iterator[None]:
        """The model is being loaded meanwhile; one load of a name at a time.

        Raises ModelLoadError after `close`.
        """
        with self._lock:
            if self._closed:
                raise ModelLoadError(GIVEN_UP)
            self._running[name] = _Load()
        try:
            yield
        finally:
            with self._lock:
                del self._running[name]

    def give_up(self, name: str) -> None:
        """Let the load of that name, if there is one, fail as soon as it can."""
        with self._lock:
            load = self._running.get(name)
            ends = load.give_up() if load is not None else ()
        for end in ends:
            end()

    def close(self) -> None:
        """Let every load fail as soon as it can, and let no other one begin."""
        with self._lock:
            self._closed = True
        for name in tuple(self._running):
            self.give_up(name)

    @contextlib.contextmanager
    def ended_by(self, name: str, end: Callable[[], None]) -> Iterator[None]:
        """What is done meanwhile ends soon once `end` is called, from any thread.

        Raises ModelLoadError if the load was given up before, and in place of the error that comes
        of it.
        """
        with self._lock:
            load = self._running.get(name)
            if load is not None:
                load.add(end)
        try:
            yield
        except Exception:
            if load is not None and load.given_up:
                raise ModelLoadError(GIVEN_UP) from None
            raise
        finally:
            with self._lock:
                if load is not None:
                    load.ends.discard(end)


class _Load:
    """One load; guarded by the lock of `Loads`."""

    def __init__(self) -> None:
        self.ends: set[Callable[[], None]] = set()
        self.given_up = False

    def add(self, end: Callable[[], None]) -> None:
        """Note what ends a part of it; raises ModelLoadError if it is given up."""
        if self.given_up:
            raise ModelLoadError(GIVEN_UP)
        self.ends.add(end)

    def give_up(self) -> tuple[Callable[[], None], ...]:
        """What is to be called for it to end."""
        self.given_up = True
        return tuple(self.ends)
