"""How many replicas compute the model of a run, for servers that tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from backend.clients.control import ServerControlClient
from backend.core.choices import EMBEDDED, RunSettings
from backend.core.errors import ConsoleError, TargetError
from backend.core.worker import Worker

_EVERY_S = 5.0
_AFTER_TROUBLE_S = 30.0
_WITHIN_S = 2.0
_STOP_WAIT_S = 1.5

AskReplicas: TypeAlias = Callable[[RunSettings], int]
"""Blocks; 0 where the server tells of none, raises ConsoleError if it cannot be asked."""


def ask_replicas(settings: RunSettings) -> int:
    """Ask the target, whose addresses are known; see `AskReplicas`."""
    target = settings.target
    if target.name == EMBEDDED or not target.rest:
        return 0
    control = ServerControlClient(target, deadline_s=_WITHIN_S)
    try:
        status = control.cluster()
    finally:
        control.close()
    models = status.models if status is not None else ()
    return next((len(each.replicas) for each in models if each.model == settings.model), 0)


class ReplicaWatch:
    """Asks every 5 s on a thread of its own, from the first `use` on; `ask` None asks nobody.

    A server that tells of no replicas is not asked again for that model.
    """

    def __init__(self, ask: AskReplicas | None) -> None:
        self._ask = ask
        self._changed = threading.Condition()
        self._wanted: RunSettings | None = None
        self._count = 0
        self._worker: Worker | None = None

    @property
    def count(self) -> int:
        """The replicas of the model in use, 0 while nothing is known."""
        return self._count

    def use(self, settings: RunSettings) -> None:
        """Ask for this model of this target, whose addresses are known, from now on."""
        if self._ask is None:
            return
        with self._changed:
            old, self._wanted = self._wanted, settings
            if _subject(old) == _subject(settings):
                return
            self._count = 0
            self._changed.notify()
        if self._worker is None:
            self._worker = Worker("replicas", self._watch).start()

    def close(self) -> None:
        """Ask no more; a question that is under way ends by itself, and is waited for a while."""
        if self._worker is not None:
            self._worker.request_stop()
            with self._changed:
                self._changed.notify()
            self._worker.join(_STOP_WAIT_S)

    def _watch(self, stop: threading.Event) -> None:
        assert self._ask is not None
        while not stop.is_set():
            asked = self._wanted
            assert asked is not None
            pause_s: float | None = _EVERY_S
            try:
                count = self._ask(asked)
                pause_s = _EVERY_S if count else None
            except TargetError:
                count, pause_s = 0, _AFTER_TROUBLE_S
            except ConsoleError:  # it does not know the question
                count, pause_s = 0, None
            with self._changed:
                if self._is_about(asked):
                    self._count = count
                    wanted_again = partial(self._over_or_changed, stop, asked)
                    self._changed.wait_for(wanted_again, pause_s)

    def _over_or_changed(self, stop: threading.Event, asked: RunSettings) -> bool:
        return stop.is_set() or not self._is_about(asked)

    def _is_about(self, asked: RunSettings) -> bool:
        return _subject(self._wanted) == _subject(asked)


def _subject(settings: RunSettings | None) -> object:
    return None if settings is None else (settings.target, settings.model)
