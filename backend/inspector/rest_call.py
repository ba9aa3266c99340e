"""One REST call, each part of its time measured."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
import zlib
from dataclasses import replace
from http import HTTPStatus

from backend.clients import faults
from backend.clients.credentials import check_header
from backend.core.choices import Compression
from backend.core.errors import (
    ConsoleError,
    DeadlineExceeded,
    PayloadTooLarge,
    StreamBroken,
    UsageError,
)
from backend.core.trimming import received
from backend.inspector.exchange import (
    Exchange,
    Fault,
    Headers,
    ReplyMessage,
    Request,
    Status,
    now_utc,
)
from backend.inspector.rest_connection import RestConnection
from backend.inspector.rest_door import RestDoor
from backend.inspector.server_parts import parts_in_headers
from backend.inspector.stopwatch import Stopwatch
from backend.wire.elements import reading_reply
from backend.wire.inflating import ANY_BITS, CODINGS, GZIP_BITS, inflated
from backend.wire.rest_errors import error_text, request_error

_PIECE = 1024 * 1024
_CONNECTING = ("resolve", "connect")
_NO_DEADLINE_S = 7 * 86_400.0
_ENCODING = "content-encoding"
_VERB = re.compile(r"[A-Za-z]+")
_PATH = re.compile(r"/[\x21-\x7e]*")


class RestCall:
    """Sends a request once and takes the whole reply, whatever its status."""

    def __init__(self, request: Request, door: RestDoor) -> None:
        if not request.rest:
            raise UsageError(f"{request.method} is a gRPC method.")
        if len(request.messages) > 1:
            raise UsageError(f"{request.method} takes one body, got {len(request.messages)}.")
        if request.size > request.message_limit:
            raise PayloadTooLarge(request.size, request.message_limit)
        _check_head(request)
        self.request = request
        self._door = door
        self._watch = Stopwatch()
        self._lock = threading.Lock()
        self._connection: RestConnection | None = None
        self._cancelled = False
        self._late = False
        self._reused = False
        self._step = "resolve"

    def run(self) -> Exchange:
        """Call and wait for the end; a failure is in the exchange's `fault`."""
        self._watch, started_at = Stopwatch(), now_utc()
        exchange = Exchange(self.request, started_at, 0)
        deadline_s = self.request.deadline_s
        until = time.monotonic() + (_NO_DEADLINE_S if deadline_s is None else deadline_s)
        # The timeouts of a socket are for each wait: a server that sends a byte now and then would
        # never let the call end.
        clock = threading.Timer(until - time.monotonic(), self._end_late)
        clock.daemon = True
        if deadline_s is not None:
            clock.start()
        try:
            exchange = self._exchanged(exchange, until)
        except (ConsoleError, OSError, http.client.HTTPException) as error:
            self._watch.cut(self._step)
            fault = None if self._cancelled else Fault.of(self._explained(error, until))
            exchange = replace(exchange, fault=fault)
        finally:
            clock.cancel()
        return replace(
            exchange,
            total_ns=self._watch.total_ns,
            timing=self._watch.parts,
            cancelled=self._cancelled,
        )

    def cancel(self) -> None:
        """End it now, from any thread."""
        self._cancelled = True
        self._abort()

    def _end_late(self) -> None:
        self._late = True
        self._abort()

    def _abort(self) -> None:
        with self._lock:  # held until it is cut: the next call may be given it right after
            if self._connection is not None:
                self._connection.abort()

    def _exchanged(self, exchange: Exchange, until: float) -> Exchange:
        connection = self._door.take()
        with self._lock:
            self._connection = connection
        if self._cancelled:
            connection.abort()
        try:
            return self._over(connection, exchange, until)
        except BaseException:
            connection.close()
            raise
        finally:
            with self._lock:
                self._connection = None
            self._door.give_back(connection)

    def _over(self, connection: RestConnection, exchange: Exchange, until: float) -> Exchange:
        self._reused = connection.http.sock is not None
        if self._reused:
            self._watch.cut("connect", note="reused")
        else:
            self._open(connection, until)
        try:
            reply, sent_ns = self._asked(connection, until)
        except (http.client.RemoteDisconnected, ConnectionError):
            if not self._reused or connection.closed:
                raise
            # The server closed the kept connection just as it was used again: nothing was lost.
            self._watch.cut(self._step, note="the kept connection was closed")
            self._open(connection, until)
            reply, sent_ns = self._asked(connection, until)
        self._watch.cut("wait")
        self._step = "receive"
        headers: Headers = tuple(reply.getheaders())
        packed = self._received(connection, reply, until)
        reply.close()  # else the connection thinks that more is to come
        received = self._watch.cut("receive")
        self._step = "decode"
        body = self._decoded(packed, headers)
        self._watch.nest("wait", parts_in_headers(headers))
        return replace(
            exchange,
            sent_ns=(sent_ns,),
            status=_status(reply, body),
            headers=headers,
            replies=(ReplyMessage(body, received.start_ns + received.duration_ns),),
            fault=Fault.of(request_error(reply.status, body)) if reply.status >= 400 else None,
        )

    def _asked(
        self, connection: RestConnection, until: float
    ) -> tuple[http.client.HTTPResponse, int]:
        """Send the request and wait for the reply's headers; the reply, and when it was sent."""
        self._send(connection, until)
        sent_ns = self._watch.now_ns
        self._step = "wait"
        connection.limit(until)
        return connection.http.getresponse(), sent_ns

    def _open(self, connection: RestConnection, until: float) -> None:
        self._step = "connect"
        self._reused = False
        connection.open(self._watch, until)

    def _send(self, connection: RestConnection, until: float) -> None:
        self._step = "send"
        connection.limit(until)
        http_connection, request = connection.http, self.request
        headers, body = self._headers_and_body()
        http_connection.putrequest(
            request.verb,
            self._door.address.prefix + request.path,
            skip_host=True,
            skip_accept_encoding=True,
        )
        for name, value in headers:
            http_connection.putheader(name, value.encode("latin-1", "replace"))
        try:
            http_connection.endheaders(body or None)
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses a body may answer and close before it has read all of it; if
            # there is an answer, it says more than the broken pipe.
            self._watch.cut("send", note="not read to its end")
            return
        self._watch.cut("send")

    def _headers_and_body(self) -> tuple[list[tuple[str, str]], bytes]:
        """The request's headers with what is missing, those of the target, and the body."""
        request, body = self.request, self.request.body
        headers = list(request.headers)
        given = {name.lower() for name, _ in headers}
        headers += [
            (name, value) for name, value in self._door.headers if name.lower() not in given
        ]
        given |= {name.lower() for name, _ in headers}
        added = {"Host": self._door.address.authority, "Accept-Encoding": "identity"}
        if request.compression is Compression.GZIP and body and _ENCODING not in given:
            body = _gzip(body)
            added["Content-Encoding"] = "gzip"
        if body or request.verb in ("POST", "PUT", "PATCH"):
            added["Content-Length"] = str(len(body))
        missing = [(name, value) for name, value in added.items() if name.lower() not in given]
        return missing + headers, body

    def _received(
        self, connection: RestConnection, reply: http.client.HTTPResponse, until: float
    ) -> bytes:
        """The body as it came, never past the deadline or the limit."""
        limit = self.request.message_limit
        if reply.length is not None and reply.length > limit:
            raise PayloadTooLarge(reply.length, limit)
        expected = reply.length
        with received() as body:
            while True:
                connection.limit(until)
                piece = reply.read1(_PIECE)
                if not piece:
                    break
                body.extend(piece)
                if len(body) > limit:
                    raise PayloadTooLarge(len(body), limit)
        connection.limit(until)  # ended by us, it looks as if the server had ended the reply
        if expected is not None and len(body) < expected and self.request.verb != "HEAD":
            raise StreamBroken(f"The reply ended after {len(body):,} of {expected:,} bytes.")
        return bytes(body)

    def _decoded(self, packed: bytes, headers: Headers) -> bytes:
        coding = next((v.strip().lower() for k, v in headers if k.lower() == _ENCODING), "")
        if coding not in CODINGS or not packed:
            return packed
        with reading_reply():
            body = inflated(packed, coding, ANY_BITS, self.request.message_limit)
        self._watch.cut("decode")
        return body

    def _explained(self, error: Exception, until: float) -> ConsoleError:
        """The failure as one of our errors; a server never heard of is looked at more closely."""
        base = self._door.address.base
        late = self._late or isinstance(error, DeadlineExceeded | TimeoutError)
        if late and self._step not in _CONNECTING:
            return faults.deadline(base, self.request.deadline_s)
        if isinstance(error, ConsoleError) and not late:
            return error
        if self._step in (*_CONNECTING, "wait") and not self._reused:
            found = self._door.find_fault(until - time.monotonic())
            if found is not None:
                return found
        if late:
            return faults.no_answer(base)
        return _explained_failure(error, base)


def _check_head(request: Request) -> None:
    """Raise UsageError, which shows neither path nor values: they may hold secrets."""
    if not _VERB.fullmatch(request.verb):
        raise UsageError(f"'{request.verb}' is not a verb of HTTP.")
    if not _PATH.fullmatch(request.path):
        raise UsageError(
            "The path holds characters that cannot be sent.",
            hint="Write a space as %20, and letters beyond ASCII in the same way.",
        )
    for name, value in request.headers:
        check_header(name, value)


def _explained_failure(error: Exception, base: str) -> ConsoleError:
    if isinstance(error, socket.gaierror):
        return faults.unknown_host(base)
    if isinstance(error, http.client.IncompleteRead):
        return faults.lost(base, f"The reply ended after {len(error.partial):,} bytes.")
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return faults.lost(base, "It was closed before the reply was complete.")
    if isinstance(error, http.client.BadStatusLine | http.client.LineTooLong):
        return faults.other_protocol(base, grpc=False)
    return faults.lost(base, str(error))


def _status(reply: http.client.HTTPResponse, body: bytes) -> Status:
    ok = reply.status < HTTPStatus.BAD_REQUEST
    text = "" if ok else error_text(reply.status, body)
    return Status(reply.status, reply.reason or _phrase(reply.status), text, ok)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _gzip(body: bytes) -> bytes:
    writer = zlib.compressobj(6, zlib.DEFLATED, GZIP_BITS)
    return writer.compress(body) + writer.flush()
