"""REST over kept-alive connections, one requests session for each thread that sends."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from backend.clients import faults
from backend.clients.calls import RestCall, RestReply
from backend.clients.credentials import Headers, headers_of
from backend.clients.faults_look import Door, find_fault
from backend.clients.timed_reading import CallClock, OpenSockets, TimedAdapter
from backend.clients.tls import HTTP, context_of
from backend.core.errors import (
    ConsoleError,
    InvalidInput,
    PayloadTooLarge,
    StreamBroken,
    TargetFault,
)
from backend.core.target import NO_CREDENTIALS, Credentials, Target, Tls
from backend.core.trimming import received
from backend.wire.elements import reading_reply
from backend.wire.inflating import ANY_BITS, CODINGS, inflated

_PIECE = 1024 * 1024
_LOOK_S = 0.8
_LEAST_LOOK_S = 0.3
_FORM = "http://HOST:PORT"


class RestChannel:
    """Sends REST calls to one base address; safe to use from several threads.

    Every call carries the credentials. An https address is spoken to in TLS, by `tls` or its
    defaults. `close` makes every call under way fail at once with StreamBroken. Raises UsageError
    for credentials or files that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        message_limit: int,
        loopback: bool,
        tls: Tls | None = None,
        credentials: Credentials = NO_CREDENTIALS,
        connect_timeout_s: float = 3.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._message_limit = message_limit
        self._loopback = loopback
        self._connect_timeout_s = connect_timeout_s
        self._headers = headers_of(credentials)
        secure = self._base_url.lower().startswith("https:")
        self._tls = (tls or Tls()) if secure else None
        self._pool_tls = _pool_arguments(self._tls)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._sockets = OpenSockets()
        self._worked = False

    @classmethod
    def from_target(cls, target: Target, *, message_limit: int | None = None) -> RestChannel:
        """A channel to a target's REST address, with all that the target says of it."""
        return cls(
            target.rest,
            message_limit=message_limit or target.message_limit,
            loopback=target.loopback,
            tls=target.tls,
            credentials=target.credentials,
            connect_timeout_s=target.connect_timeout_s,
        )

    @property
    def headers(self) -> Headers:
        """What every call carries; holds secrets."""
        return self._headers

    def send(self, call: RestCall, *, deadline_s: float) -> RestReply:
        """One call and its whole reply, whatever its status.

        Raises TargetUnreachable (also where HTTP is not spoken), DeadlineExceeded, StreamBroken
        (closed meanwhile or connection lost) or PayloadTooLarge (either way).
        """
        if len(call.body) > self._message_limit:
            raise PayloadTooLarge(len(call.body), self._message_limit)
        deadline = time.monotonic() + deadline_s
        try:
            reply = self._exchange(call, deadline)
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise self._explain(error, deadline, deadline_s) from error
        self._worked = True
        return reply

    def close(self) -> None:
        """End every call under way and let go of the connections; may be called twice."""
        self._sockets.cut()
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _exchange(self, call: RestCall, deadline: float) -> RestReply:
        if self._sockets.closed:
            raise faults.closed()
        session = self._session()
        self._local.clock.end = deadline
        remaining = max(0.001, deadline - time.monotonic())
        with session.request(
            call.method,
            self._base_url + call.path,
            # requests takes anything but bytes for a stream to be sent in chunks.
            data=bytes(call.body) or None,
            headers={**dict(self._headers), **call.headers},
            timeout=(min(self._connect_timeout_s, remaining), remaining),
            stream=True,
            allow_redirects=False,
        ) as response:
            body = self._read(response)
            return RestReply(response.status_code, dict(response.headers), body)

    def _read(self, response: requests.Response) -> bytes | bytearray:
        """The decompressed body, in large pieces, never past the size limit."""
        length = _length(response.headers.get("Content-Length", ""))
        if length is not None and length > self._message_limit:
            raise PayloadTooLarge(length, self._message_limit)
        with received() as body:
            while piece := response.raw.read(_PIECE, decode_content=False):
                body.extend(piece)
                if len(body) > self._message_limit:
                    raise PayloadTooLarge(len(body), self._message_limit)
            if length is not None and len(body) < length:
                raise StreamBroken(f"The reply ended after {len(body)} of {length} bytes.")
            coding = response.headers.get("Content-Encoding", "identity").strip().lower()
            if not body or coding == "identity":
                return body
            return self._inflated(body, coding)

    def _inflated(self, body: bytearray, coding: str) -> bytes:
        with reading_reply():
            if coding not in CODINGS:
                raise InvalidInput(
                    f"its Content-Encoding is '{coding}', which was not asked for and is not known."
                )
            # Not by urllib3, whose time grows with the square of the members of a gzip body.
            return inflated(body, coding, ANY_BITS, self._message_limit)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = not self._loopback
            session.headers.clear()
            if self._headers:
                session.auth = _as_it_is  # a .netrc must not replace the target's token
            self._local.clock = CallClock()
            adapter = TimedAdapter(self._sockets, self._local.clock, self._pool_tls)
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
            return faults.bad_address(self._base_url, _FORM)
        if _timed_out(error):
            return self._late(error, deadline_s)
        left = deadline - time.monotonic()
        text = str(error)
        if not self._worked and (found := self._look(left)) is not None:
            return found
        if "refused" in text:
            return faults.refused(self._base_url, grpc=False)
        if "resolve" in text:
            return faults.unknown_host(self._base_url)
        if "BadStatusLine" in text or "HTTP/0.9" in text or "LineTooLong" in text:
            return faults.other_protocol(self._base_url, grpc=False)
        return faults.lost(self._base_url)

    def _late(self, error: Exception, deadline_s: float) -> ConsoleError:
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return faults.no_answer(self._base_url)
        late = faults.deadline(self._base_url, deadline_s)
        if not self._worked:
            late.hint = f"It takes connections and has said nothing yet. {late.hint}"
            late.fault = TargetFault.SILENT
        return late

    def _look(self, left_s: float) -> ConsoleError | None:
        parts = urlsplit(self._base_url)
        try:
            port = parts.port or (443 if self._tls is not None else 80)
        except ValueError:
            port = 0
        if not parts.hostname or not port:
            return faults.bad_address(self._base_url, _FORM)
        door = Door(parts.hostname, port, self._tls, grpc=False)
        return find_fault(door, max(_LEAST_LOOK_S, min(_LOOK_S, left_s)))


def is_success(reply: RestReply) -> bool:
    """Whether the status is in the 200s."""
    return HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES


def _length(header: str) -> int | None:
    """The Content-Length in a header, None if it is missing or no number."""
    # int raises for thousands of digits; twenty of them are beyond any limit as well.
    return int(header[:20]) if header.isascii() and header.isdigit() else None


def _as_it_is(request: Any) -> Any:
    return request


def _pool_arguments(tls: Tls | None) -> dict[str, Any]:
    """What urllib3's pool for https is to know."""
    if tls is None:
        return {}
    arguments: dict[str, Any] = {"ssl_context": context_of(tls, (HTTP,))}
    if tls.server_name:
        arguments["server_hostname"] = tls.server_name
    return arguments


def _timed_out(error: Exception) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, requests.exceptions.Timeout | ReadTimeoutError | TimeoutError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
