"""Several calls at once over REST, all driven by the one thread that waits for them."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator

from backend.clients.codecs import RestCall, RestReply
from backend.clients.connections.rest.connection import RestConnection
from backend.clients.connections.rest.http_connection import HttpConnection
from backend.core.errors import ConsoleError
from backend.core.traffic import Transfer


class OneThreadRest:
    """Calls, each over a connection of its own that is kept; no proxies.

    A connection that the last call has used stays open for the next one of its number.
    """

    def __init__(self, connection: RestConnection, deadline_s: float) -> None:
        self._connection = connection
        self._address = connection.address
        self._deadline_s = deadline_s
        self._selector = selectors.DefaultSelector()
        self._kept: dict[int, HttpConnection] = {}
        self._watched: dict[int, socket.socket] = {}
        self._open: set[int] = set()
        self._failed: list[tuple[int, ConsoleError]] = []

    def begin(self, number: int, call: RestCall, transfer: Transfer) -> None:
        """A call, under a number that no other under way has."""
        end = time.monotonic() + self._deadline_s
        kept = self._kept.get(number)
        if kept is None:
            kept = self._connection.by_hand.lend(self._address, end, lambda _step: None)
            self._kept[number] = kept
        kept.monitor.end, kept.monitor.transfer = end, transfer
        try:
            self._connection.begin(kept, self._address, call)
        except ConsoleError as error:
            self._drop(number)
            self._failed.append((number, error))
            return
        self._open.add(number)
        self._watch(number, kept.sock)

    def wait(self, timeout_s: float) -> Iterator[tuple[int, RestReply | ConsoleError]]:
        """The calls that are over by then; none if there are none."""
        failed, self._failed = self._failed, []
        yield from failed
        ready = [key.data for key, _ in self._selector.select(0 if failed else timeout_s)]
        now = time.monotonic()
        late = [each for each in self._open if self._kept[each].monitor.end <= now]
        for number in dict.fromkeys((*ready, *late)):
            # One that is not under way has been closed by its peer: it is opened anew when used.
            if number in self._open:
                yield number, self._finished(number)
            else:
                self._drop(number)

    def close(self) -> None:
        """End every call under way."""
        for number in list(self._kept):
            self._drop(number)
        self._selector.close()

    def _finished(self, number: int) -> RestReply | ConsoleError:
        self._open.discard(number)
        try:
            reply = self._connection.finish(self._kept[number])
        except ConsoleError as error:
            self._drop(number)
            return error
        if self._kept[number].sock is None:  # the server wants no other call over it
            self._forget(number)
        return reply

    def _watch(self, number: int, sock: socket.socket) -> None:
        if self._watched.get(number) is not sock:
            self._forget(number)
            self._watched[number] = sock
            self._selector.register(sock, selectors.EVENT_READ, number)

    def _forget(self, number: int) -> None:
        sock = self._watched.pop(number, None)
        if sock is not None:
            self._selector.unregister(sock)

    def _drop(self, number: int) -> None:
        self._forget(number)
        self._open.discard(number)
        dropped = self._kept.pop(number, None)
        if dropped is not None:
            dropped.close()
            self._connection.by_hand.give_back(dropped)
