"""One REST call, each part of its time measured."""

from __future__ import annotations

import http.client
import re
import threading
import time
import zlib
from dataclasses import replace
from http import HTTPStatus

from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from backend.clients.connections.rest import (
    HttpConnection,
    RestConnection,
    decompressed,
    is_compressed,
    read_body,
)
from backend.clients.faults import words as faults
from backend.clients.faults.rest import explain, timed_out
from backend.clients.security import check_header
from backend.core.choices import Compression
from backend.core.errors import ConsoleError, PayloadTooLarge, TargetUnreachable, UsageError
from backend.inspector.calls.exchange import (
    Exchange,
    Fault,
    Headers,
    ReplyMessage,
    Request,
    Status,
    now_utc,
)
from backend.inspector.calls.server_parts import parts_in_headers
from backend.inspector.calls.stopwatch import Stopwatch
from backend.wire.inflating import GZIP_BITS
from backend.wire.oip.rest_errors import error_text, request_error

_CONNECTING = ("resolve", "connect")
_NO_DEADLINE_S = 7 * 86_400.0
_DIAGNOSIS_S = 2.0
_ENCODING = "content-encoding"
_VERB = re.compile(r"[A-Za-z]+")
_PATH = re.compile(r"/[\x21-\x7e]*")


class RestExchange:
    """Sends a request once and takes the whole reply, whatever its status."""

    def __init__(self, request: Request, connection: RestConnection) -> None:
        if not request.rest:
            raise UsageError(f"{request.method} is a gRPC method.")
        if len(request.messages) > 1:
            raise UsageError(f"{request.method} takes one body, got {len(request.messages)}.")
        if request.size > request.message_limit:
            raise PayloadTooLarge(request.size, request.message_limit)
        _check_head(request)
        self.request = request
        self._rest = connection
        self._address = connection.address
        self._watch = Stopwatch()
        self._lock = threading.Lock()
        self._lent: HttpConnection | None = None
        self._cancelled = False
        self._reused = False
        self._step = "resolve"

    def run(self) -> Exchange:
        """Call and wait for the end; a failure is in the exchange's `fault`."""
        self._watch, started_at = Stopwatch(), now_utc()
        exchange = Exchange(self.request, started_at, 0)
        deadline_s = self.request.deadline_s
        end = time.monotonic() + (_NO_DEADLINE_S if deadline_s is None else deadline_s)
        try:
            exchange = self._exchanged(exchange, end)
        except (ConsoleError, OSError, HTTPError, http.client.HTTPException) as error:
            self._watch.cut(self._step)
            # Never in a variable: its traceback leads here, and would keep the socket in a circle.
            fault = Fault.of(self._without_proxy(self._explained(error, end)))
            exchange = replace(exchange, fault=None if self._cancelled else fault)
        return replace(
            exchange,
            total_ns=self._watch.total_ns,
            timing=self._watch.parts,
            cancelled=self._cancelled,
        )

    def cancel(self) -> None:
        """End it now, from any thread."""
        with self._lock:  # held until it is cut: the next call may be given it right after
            self._cancelled = True
            if self._lent is not None:
                self._lent.monitor.sockets.cut()

    def _exchanged(self, exchange: Exchange, end: float) -> Exchange:
        connection = self._rest.by_hand.lend(self._address, end, self._watch.cut)
        with self._lock:
            self._lent = connection
            if self._cancelled:
                connection.monitor.sockets.cut()
        try:
            return self._carried(connection, exchange)
        except BaseException:
            connection.close()
            raise
        finally:
            with self._lock:
                self._lent = None
            self._rest.by_hand.give_back(connection)

    def _carried(self, connection: HttpConnection, exchange: Exchange) -> Exchange:
        self._reused = not connection.is_closed
        if self._reused:
            self._watch.cut("connect", note="reused")
        else:
            self._open(connection)
        try:
            reply, sent_ns = self._send_and_wait(connection)
        except ConnectionError:
            if not self._reused or connection.monitor.sockets.closed:
                raise
            # The server closed the kept connection just as it was used again: nothing was lost.
            self._watch.cut(self._step, note="the kept connection was closed")
            self._open(connection)
            reply, sent_ns = self._send_and_wait(connection)
        self._watch.cut("wait")
        self._step = "receive"
        headers: Headers = tuple(reply.getheaders())
        packed = read_body(reply.read, reply.length, self.request.message_limit)
        reply.close()  # else the connection thinks that more is to come
        received = self._watch.cut("receive")
        body = self._decoded(bytes(packed), headers)
        self._watch.nest("wait", parts_in_headers(headers))
        return replace(
            exchange,
            sent_ns=(sent_ns,),
            status=_status(reply, body),
            headers=headers,
            replies=(ReplyMessage(body, received.start_ns + received.duration_ns),),
            fault=Fault.of(request_error(reply.status, body)) if reply.status >= 400 else None,
        )

    def _open(self, connection: HttpConnection) -> None:
        self._step = "connect"
        self._reused = False
        connection.close()
        connection.connect()

    def _send_and_wait(self, connection: HttpConnection) -> tuple[http.client.HTTPResponse, int]:
        """The reply, of which nothing but the head has been read, and when the request was sent."""
        self._step, note = "send", ""
        headers, body = self._headers_and_body()
        path = self._address.prefix + self.request.path
        try:
            connection.send_exactly(self.request.verb, path, headers, body)
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses a body may answer and close before it has read all of it; if
            # there is an answer, it says more than the broken pipe.
            note = "not read to its end"
        self._watch.cut("send", note=note)
        sent_ns = self._watch.now_ns
        self._step = "wait"
        return connection.wait_for_reply(), sent_ns

    def _headers_and_body(self) -> tuple[list[tuple[str, str]], bytes]:
        """The request's headers with what is missing, those of the target, and the body."""
        request, body = self.request, self.request.body
        headers = list(request.headers)
        given = {name.lower() for name, _ in headers}
        headers += [
            (name, value) for name, value in self._rest.headers if name.lower() not in given
        ]
        given |= {name.lower() for name, _ in headers}
        added = {"Host": self._address.authority, "Accept-Encoding": "identity"}
        if request.compression is Compression.GZIP and body and _ENCODING not in given:
            body = _gzip(body)
            added["Content-Encoding"] = "gzip"
        if body or request.verb in ("POST", "PUT", "PATCH"):
            added["Content-Length"] = str(len(body))
        missing = [(name, value) for name, value in added.items() if name.lower() not in given]
        return missing + headers, body

    def _decoded(self, packed: bytes, headers: Headers) -> bytes:
        coding = next((value for name, value in headers if name.lower() == _ENCODING), "")
        if not packed or not is_compressed(coding):
            return packed
        self._step = "decode"
        body = decompressed(packed, coding, self.request.message_limit)
        self._watch.cut("decode")
        return bytes(body)

    def _explained(self, error: Exception, end: float) -> ConsoleError:
        """The failure as one of our errors; a server never heard of is examined more closely."""
        if isinstance(error, ConsoleError):
            return error
        late = timed_out(error)
        explained = explain(error, self._rest.base_url, self.request.deadline_s)
        if late and self._step not in _CONNECTING:
            return explained
        if self._step in (*_CONNECTING, "wait") and not self._reused:
            found = self._rest.find_fault(min(_DIAGNOSIS_S, end - time.monotonic()))
            if found is not None:
                deadline_s, elapsed_s = self.request.deadline_s, self._watch.now_ns / 1e9
                return faults.at_deadline(found, self._rest.base_url, deadline_s, elapsed_s)
        return faults.no_answer(self._rest.base_url) if late else explained

    def _without_proxy(self, error: ConsoleError) -> ConsoleError:
        """Say of a server out of reach that a proxy was set, which calls by hand do not use: what
        is shown to have been sent, to the byte, must be what the server was sent."""
        url = self._rest.base_url
        if not isinstance(error, TargetUnreachable) or self._step not in _CONNECTING:
            return error
        if url.partition(":")[0] not in get_environ_proxies(url):
            return error
        told = "Calls by hand go straight to the server, not by the proxy of HTTP_PROXY."
        return TargetUnreachable(error.message, f"{error.hint} {told}".strip(), fault=error.fault)


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
