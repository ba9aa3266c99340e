"""REST over kept-alive connections, one requests session for each thread that sends."""

from __future__ import annotations

import socket
import threading
import time
import weakref
from http import HTTPStatus
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from backend.clients.calls import RestCall, RestReply
from backend.core.errors import (
    DeadlineExceeded,
    PayloadTooLarge,
    StreamBroken,
    TargetUnreachable,
)

_PIECE = 1024 * 1024
_CONNECT_TIMEOUT_S = 3.0


class RestChannel:
    """Sends REST calls to one base address; safe to use from several threads.

    `close` makes every call under way fail at once with StreamBroken.
    """

    def __init__(self, base_url: str, *, message_limit: int, loopback: bool) -> None:
        self._base_url = base_url.rstrip("/")
        self._message_limit = message_limit
        self._loopback = loopback
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._closed = False

    def send(self, call: RestCall, *, deadline_s: float) -> RestReply:
        """One call and its whole reply, whatever its status.

        Raises TargetUnreachable (also where HTTP is not spoken), DeadlineExceeded, StreamBroken
        (closed meanwhile or connection lost) or PayloadTooLarge (either way).
        """
        if len(call.body) > self._message_limit:
            raise PayloadTooLarge(len(call.body), self._message_limit)
        deadline = time.monotonic() + deadline_s
        try:
            return self._exchange(call, deadline)
        except requests.exceptions.RequestException as error:
            raise self._explain(error, deadline_s) from error
        except (HTTPError, OSError) as error:
            raise self._explain(error, deadline_s) from error

    def close(self) -> None:
        """End every call under way and let go of the connections; may be called twice."""
        self._closed = True
        for sock in list(self._sockets):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was not connected any more
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _exchange(self, call: RestCall, deadline: float) -> RestReply:
        if self._closed:
            raise StreamBroken("The connection was closed.")
        remaining = max(0.001, deadline - time.monotonic())
        with self._session().request(
            call.method,
            self._base_url + call.path,
            # requests takes anything but bytes for a stream to be sent in chunks.
            data=bytes(call.body) or None,
            headers=dict(call.headers),
            timeout=(min(_CONNECT_TIMEOUT_S, remaining), remaining),
            stream=True,
            allow_redirects=False,
        ) as response:
            body = self._read(response, deadline)
            return RestReply(response.status_code, dict(response.headers), body)

    def _read(self, response: requests.Response, deadline: float) -> bytes | bytearray:
        """The decompressed body, in large pieces, never past the deadline or the size limit."""
        length = response.headers.get("Content-Length", "")
        encoded = "Content-Encoding" in response.headers
        if length.isdigit() and int(length) > self._message_limit:
            raise PayloadTooLarge(int(length), self._message_limit)
        body = bytearray()
        while True:
            self._limit_socket(response, deadline)
            piece = response.raw.read(_PIECE, decode_content=True)
            if not piece:
                break
            body += piece
            if len(body) > self._message_limit:
                raise PayloadTooLarge(len(body), self._message_limit)
        if length.isdigit() and not encoded and len(body) < int(length):
            raise StreamBroken(f"The reply ended after {len(body)} of {length} bytes.")
        return body

    def _limit_socket(self, response: requests.Response, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise ReadTimeoutError(None, "", "deadline")  # type: ignore[arg-type]
        connection: Any = getattr(response.raw, "connection", None)
        sock = getattr(connection, "sock", None)
        if sock is not None:
            sock.settimeout(remaining)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = not self._loopback
            session.headers.clear()
            session.mount("http://", _TrackingAdapter(self._sockets))
            session.mount("https://", _TrackingAdapter(self._sockets))
            with self._lock:
                self._sessions.append(session)
            self._local.session = session
        return session

    def _explain(
        self, error: Exception, deadline_s: float
    ) -> DeadlineExceeded | StreamBroken | TargetUnreachable:
        if self._closed:
            return StreamBroken("The connection was closed.")
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return TargetUnreachable(
                f"{self._base_url} does not answer.", hint="Is the address right, is it reachable?"
            )
        if isinstance(error, requests.exceptions.Timeout | ReadTimeoutError):
            return DeadlineExceeded(
                f"No reply from {self._base_url} in {deadline_s:g} s.",
                hint="The server may still be computing; raise the deadline if it needs longer.",
            )
        text = str(error)
        if "BadStatusLine" in text or "HTTP/0.9" in text or "LineTooLong" in text:
            return TargetUnreachable(
                f"{self._base_url} does not speak HTTP.",
                hint="Is that the gRPC port? Swap the two addresses.",
            )
        if isinstance(error, requests.exceptions.ConnectionError) and "refused" in text:
            return TargetUnreachable(
                f"Nothing answers at {self._base_url}.",
                hint="Is the server running, and is this its REST port?",
            )
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return TargetUnreachable(
                f"'{self._base_url}' is not an address.", "Use http://HOST:PORT."
            )
        if "resolve" in text:
            return TargetUnreachable(f"The host of {self._base_url} is not known.")
        return StreamBroken(f"The connection to {self._base_url} was lost.")


class _TrackingAdapter(HTTPAdapter):
    """Opens connections that note their sockets, so that a call under way can be cut short."""

    def __init__(self, sockets: weakref.WeakSet[socket.socket]) -> None:
        self._sockets = sockets
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _tracking_pools(self._sockets)


def _tracking_pools(sockets: weakref.WeakSet[socket.socket]) -> dict[str, type]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def is_success(reply: RestReply) -> bool:
    """Whether the status is in the 200s."""
    return HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES
