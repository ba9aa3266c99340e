"""Tasks that are done before `start` returns, for tests that need no waiting."""

from __future__ import annotations

from collections.abc import Callable

from gui.state.tasks import Done, Failed, T


class InlineTasks:
    """Runs everything at once on the caller's thread."""

    def start(self, name: str, work: Callable[[], T], done: Done[T], failed: Failed) -> None:
        del name
        try:
            result = work()
        except Exception as error:  # handed to the one who asked
            failed(error)
        else:
            done(result)
