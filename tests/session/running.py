"""A session that is stopped whatever happens, and waiting for what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.core.flow import Policy
from backend.core.status import Result
from backend.session.run.live import Session
from backend.session.sinks import RESULTS, Callback
from tests.balance import is_balanced


@contextmanager
def running(session: Session) -> Iterator[Session]:
    """Start it, and stop it at the end of the block; its books must balance then."""
    session.start()
    try:
        yield session
    finally:
        session.request_stop()
        assert session.join(30), "the session did not end"
    assert is_balanced(session.status().counts)


def on_result(session: Session, function: Callable[[Result], object]) -> Session:
    """Have every answer given to a function; the session itself, to be started."""
    session.subscribe(Callback(RESULTS, function), Policy.EVERY, "test")
    return session
