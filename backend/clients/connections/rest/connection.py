"""REST over kept-alive instrumented connections, for live runs and calls by hand alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from backend.clients.addresses import ServerAddress, address_of, bad_address
from backend.clients.codecs import RestCall, RestReply
from backend.clients.connections.rest.adapter import InstrumentedAdapter
from backend.clients.connections.rest.bodies import check_coding, decompressed, read_body
from backend.clients.connections.rest.compat import LendingPool
from backend.clients.connections.rest.http_connection import (
    CallMonitor,
    HttpConnection,
    OpenSockets,
)
from backend.clients.connections.rest.kept import KeptConnections
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.faults.diagnosis import find_fault
from backend.clients.faults.rest import explain, timed_out, timed_out_connecting
from backend.clients.security import HTTP, Headers, context_of, headers_of
from backend.core.errors import ConsoleError, PayloadTooLarge, TargetFault
from backend.core.target import Target, Tls
from backend.core.traffic import TrafficMeter, Transfer

_DIAGNOSIS_S, _LEAST_DIAGNOSIS_S = 0.8, 0.3
_PLAIN = "identity"
_WITHOUT_BODY = ("GET", "HEAD")


class RestConnection:
    """The way to a target's REST address; safe to use from several threads.

    `send` makes whole calls through requests, each thread with a session and so a connection of
    its own. On this machine there are no proxies and no cookies: there a call goes straight to the
    session's connection, in a third of the time. `by_hand` lends such connections to who drives
    them step by step. Every call of `send` carries the credentials. An https address is spoken to
    in TLS, by the target's settings or their defaults. `meter` counts the bytes of every `send`
    that is given no transfer. Raises UsageError for credentials or files that cannot be used.
    """

    def __init__(
        self,
        target: Target,
        *,
        message_limit: int | None = None,
        meter: TrafficMeter | None = None,
    ) -> None:
        self._target = target
        self._meter = meter
        self.base_url = target.rest.rstrip("/")
        self._message_limit = message_limit or target.message_limit
        self.headers: Headers = headers_of(target.credentials)
        """What every call carries; holds secrets."""
        secure = self.base_url.lower().startswith("https:")
        self._tls = _pool_arguments(target.tls or Tls()) if secure else {}
        self.by_hand = KeptConnections(target.connect_timeout_s, self._tls)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._sockets = OpenSockets()
        self._worked = False

    @property
    def address(self) -> ServerAddress:
        """Where it leads; raises TargetUnreachable for what is no address."""
        return address_of(self._target, AddressKind.REST)

    def send(
        self, call: RestCall, *, deadline_s: float, transfer: Transfer | None = None
    ) -> RestReply:
        """One call and its whole reply, whatever its status; `transfer` follows its bytes.

        Raises TargetUnreachable (also where HTTP is not spoken), DeadlineExceeded, StreamBroken
        (closed meanwhile or connection lost), ReplyMismatch (a body that cannot be decompressed) or
        PayloadTooLarge (either way).
        """
        if len(call.body) > self._message_limit:
            raise PayloadTooLarge(len(call.body), self._message_limit)
        deadline = time.monotonic() + deadline_s
        try:
            reply = self._exchange(call, deadline, transfer or Transfer(self._meter))
        except (requests.exceptions.RequestException, HTTPError, HTTPException, OSError) as error:
            raise self._explain(error, deadline, deadline_s) from error
        self._worked = True
        return reply

    def find_fault(self, timeout_s: float) -> ConsoleError | None:
        """What is wrong at the address, None if nothing is to be seen; takes about so long."""
        return find_fault(self.address, max(_LEAST_DIAGNOSIS_S, timeout_s))

    def close(self) -> None:
        """Make every call under way fail at once with StreamBroken, and let go of the connections;
        may be called twice."""
        self._sockets.cut()
        self.by_hand.close()
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _exchange(self, call: RestCall, deadline: float, transfer: Transfer) -> RestReply:
        if self._sockets.closed:
            raise faults.closed()
        session = self._session()
        self._local.monitor.end, self._local.monitor.transfer = deadline, transfer
        remaining = max(0.001, deadline - time.monotonic())
        connect_s = min(self._target.connect_timeout_s, remaining)
        if self._target.loopback:
            return self._exchange_here(session, call, connect_s, transfer)
        with session.request(
            call.method,
            self.base_url + call.path,
            # requests takes anything but bytes for a stream to be sent in chunks.
            data=bytes(call.body) or None,
            headers={**dict(self.headers), **call.headers},
            timeout=(connect_s, remaining),
            stream=True,
            allow_redirects=False,
        ) as response:
            raw, headers = response.raw, dict(response.headers)
            read = partial(raw.read, decode_content=False)
            packed = read_body(read, raw.length_remaining, self._message_limit)
            transfer.received_ns = time.monotonic_ns()
            coding = response.headers.get("Content-Encoding", "")
            return RestReply(response.status_code, headers, self._plain(packed, coding))

    def _exchange_here(
        self, session: requests.Session, call: RestCall, connect_s: float, transfer: Transfer
    ) -> RestReply:
        """The same with a server on this machine, without what requests and urllib3 do for others.

        Their preparing, redirecting and wrapping takes longer than the exchange.
        """
        address, pool = self._own_pool(session)
        with pool.lend(connect_s) as connection:
            self._send(connection, address, call)
            return self._reply(connection, transfer)

    def begin(self, connection: HttpConnection, address: ServerAddress, call: RestCall) -> None:
        """The request alone, over a connection of `by_hand`; raises as `send` does."""
        with self._explained(connection):
            self._send(connection, address, call)

    def finish(self, connection: HttpConnection) -> RestReply:
        """The reply to `begin`; raises as `send` does."""
        with self._explained(connection):
            return self._reply(connection, connection.monitor.transfer)

    @contextmanager
    def _explained(self, connection: HttpConnection) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except (HTTPError, HTTPException, OSError) as error:
            end = connection.monitor.end
            raise self._explain(error, end, end - begun) from error
        self._worked = True

    def _send(self, connection: HttpConnection, address: ServerAddress, call: RestCall) -> None:
        headers = {"Host": address.authority, "Accept-Encoding": _PLAIN}
        headers |= {**dict(self.headers), **call.headers}
        if call.body or call.method not in _WITHOUT_BODY:
            headers["Content-Length"] = str(len(call.body))
        # Who refuses a body may close before it has read all of it, and still have answered.
        with suppress(BrokenPipeError, ConnectionResetError):
            path = address.prefix + call.path
            connection.send_exactly(call.method, path, headers.items(), call.body)

    def _reply(self, connection: HttpConnection, transfer: Transfer) -> RestReply:
        reply = connection.wait_for_reply()
        packed = read_body(reply.read, reply.length, self._message_limit)
        transfer.received_ns = time.monotonic_ns()
        reply.close()  # else the connection thinks that more is to come
        coding = reply.headers.get("Content-Encoding", "")
        return RestReply(reply.status, _joined(reply.getheaders()), self._plain(packed, coding))

    def _own_pool(self, session: requests.Session) -> tuple[ServerAddress, LendingPool]:
        """The address and this thread's connection to it."""
        found: tuple[ServerAddress, LendingPool] | None
        found = getattr(self._local, "pool", None)
        if found is None:
            adapter: Any = session.get_adapter(self.base_url)
            pool = adapter.poolmanager.connection_from_url(self.base_url)
            found = self._local.pool = self.address, pool
        return found

    def _plain(self, packed: bytes | bytearray, coding: str) -> bytes | bytearray:
        if packed:
            check_coding(coding)
        return decompressed(packed, coding, self._message_limit)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = not self._target.loopback
            session.headers.clear()
            if self.headers:
                session.auth = _as_it_is  # a .netrc must not replace the target's token
            self._local.monitor = CallMonitor(self._sockets)
            adapter = InstrumentedAdapter(self._local.monitor, self._tls)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            with self._lock:
                self._sessions.append(session)
            self._local.session = session
        return session

    def _explain(self, error: Exception, deadline: float, deadline_s: float) -> ConsoleError:
        if self._sockets.closed:
            return faults.closed()
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return bad_address(self._target.rest, AddressKind.REST)
        explained = explain(error, self.base_url, deadline_s)
        if self._worked or timed_out_connecting(error):
            return explained
        if timed_out(error):
            explained.hint = f"It takes connections and has said nothing yet. {explained.hint}"
            explained.fault = TargetFault.SILENT
            return explained
        left_s = min(_DIAGNOSIS_S, deadline - time.monotonic())
        try:
            return self.find_fault(left_s) or explained
        except ConsoleError as no_address:
            return no_address


def is_success(reply: RestReply) -> bool:
    """Whether the status is in the 200s."""
    return HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each header once, with all that it was sent with."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _as_it_is(request: Any) -> Any:
    return request


def _pool_arguments(tls: Tls) -> dict[str, Any]:
    """What urllib3's connections in TLS are to know."""
    arguments: dict[str, Any] = {"ssl_context": context_of(tls, (HTTP,))}
    if tls.server_name:
        arguments["server_hostname"] = tls.server_name
    return arguments
