"""Whoever gives readers their queues: a run, or what looks like one."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from backend.core.flow import Policy
from backend.session.sinks.sink import Sink
from backend.session.sinks.subscription import Subscription
from backend.session.sinks.subscriptions import CAPACITY, Subscriptions
from backend.session.sinks.topics import Item, Topic

T = TypeVar("T")


class Publisher:
    """Publishes through `_subscriptions`, to any number of readers."""

    def __init__(self) -> None:
        self._subscriptions = Subscriptions()

    @overload
    def subscribe(
        self,
        what: Topic[T],
        policy: Policy,
        name: str,
        capacity: int = CAPACITY,
        most_bytes: int | None = None,
    ) -> Subscription[T]: ...

    @overload
    def subscribe(
        self,
        what: Sink,
        policy: Policy,
        name: str,
        capacity: int = CAPACITY,
        most_bytes: int | None = None,
    ) -> Subscription[Item]: ...

    def subscribe(
        self,
        what: Topic[Any] | Sink,
        policy: Policy,
        name: str,
        capacity: int = CAPACITY,
        most_bytes: int | None = None,
    ) -> Subscription[Any]:
        """Give a reader a queue of its own, from now until it closes it or the run ends.

        The items of a topic are taken from the subscription by the caller; a sink is called on a
        thread of its own. At most `capacity` items wait, which together keep at most `most_bytes`
        of memory, or with `Policy.NEWEST` one of each topic; the status counts what was lost under
        `name`. With `Policy.EVERY` the run reads and sends nothing more while the queue is full:
        files wait, and a live source's samples are dropped before they are sent. At the end of a
        run what waits can still be taken by a reader, and is written by a sink first. A sink that
        raises is closed with a notice.

        Raises ValueError for a capacity below 1.
        """
        return self._subscriptions.add(what, policy, name, capacity, most_bytes)
