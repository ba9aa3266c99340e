"""``main.py call``: any method of a model server, once, with JSON in and out."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from backend.cli.call.collection import collection_of, run_collection
from backend.cli.call.options import parser
from backend.cli.call.output import Printer
from backend.cli.call.request import CallPlan
from backend.cli.own_server import OwnServer
from backend.cli.target_options import target_of
from backend.core.errors import ConsoleError, InvalidInput, UsageError
from backend.core.worker import Worker
from backend.inspector.calls import Caller, Exchange, Request, StreamCall
from backend.inspector.forms import message_from_text
from backend.inspector.methods import Method, sample_text
from backend.inspector.views import reply_value, rest_value, timing_value

_TICK_S = 0.2
"""Waiting without a limit cannot be interrupted by Ctrl-C on Windows."""
_ROOM_S = 60.0
_PIECE = 65536
_INLINE = ("{", "[")
_STDIN = "-"


def main(argv: Sequence[str]) -> int:
    """Run the command: 0 done, 2 usage, 3 unreachable, 4 server error, 5 deadline, 6 a check."""
    return run(parser().read(argv))


def run(options: argparse.Namespace) -> int:
    """Call what the options say; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        collection = collection_of(options)
        target = target_of(options)
        with OwnServer(target) as own, Caller(own.resolve(target)) as caller:
            if collection is not None:
                return run_collection(options, collection, caller)
            return _Command(options, caller).run()
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        # What the JSON or the inputs say wrongly is wrong usage: nothing was sent.
        return UsageError.exit_code if isinstance(error, InvalidInput) else error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


class _Command:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, caller: Caller) -> None:
        self._options = options
        self._caller = caller
        self._plan = CallPlan(options, caller)
        self._printer = Printer()

    def run(self) -> int:
        """Do what the options ask for; returns the exit code."""
        options = self._options
        if options.list is not None:
            return self._list(options.list)
        if self._plan.infers():
            return self._inference()
        if options.source:
            raise UsageError("--source fills inputs; give --model and --input NAME=frame, too.")
        if not options.method:
            raise UsageError(
                "Nothing to call.", hint="Give --method, or --model with --input; --list shows all."
            )
        method = self._plan.method()
        if options.sample:
            print(method.sample if method.input is None else sample_text(method.input))
            return 0
        if method.verb:
            return self._finished(self._caller.call(self._plan.request(method, self._body())))
        return self._grpc(method)

    def _list(self, words: str) -> int:
        listed = self._plan.listed()
        found = [method for method in listed.search(words) if method.offered is not False]
        width = max((len(method.title) for method in found), default=0)
        for method in found:
            badge = "REST" if method.verb else method.badge
            print(f"{badge:4}  {method.title:{width}}  {method.group} ({method.origin})".rstrip())
        for remark in listed.remarks:
            print(remark, file=sys.stderr)
        return 0 if found else self._nothing(words)

    @staticmethod
    def _nothing(words: str) -> int:
        print(
            f"error: no method matches '{words}'." if words else "error: no methods.",
            file=sys.stderr,
        )
        return UsageError.exit_code

    def _inference(self) -> int:
        request = self._plan.inference()
        if request.rest:
            return self._finished(self._caller.call(request))
        return self._streamed(request, None)

    def _grpc(self, method: Method) -> int:
        """A message of JSON, or lines of them for a method that takes a stream."""
        if method.input is None:
            raise UsageError(f"Nobody described the messages of {method.title}.")
        texts = self._texts(streams=method.kind.client_streams)
        if method.kind.client_streams:
            return self._streamed(self._plan.request(method, ()), method, texts)
        message = message_from_text(next(texts, ""), method.input)
        return self._streamed(self._plan.request(method, (message,)), method)

    def _streamed(
        self, request: Request, method: Method | None, texts: Iterator[str] | None = None
    ) -> int:
        as_came = self._options.message
        failures: list[ConsoleError] = []

        def show(body: bytes) -> None:
            try:
                self._printer.write(reply_value(request, method, body, as_came=as_came))
            except ConsoleError as error:
                failures.append(error)
                call.cancel()

        call = self._caller.stream(request, rows=1, on_reply=show)
        self._printer = Printer(gone=call.cancel)
        call.start()
        if texts is None:
            call.finish()
        else:
            feeder = _Feeder(call, texts, method, failures)
            Worker("call-input", feeder.feed).start()
        try:
            while (exchange := call.wait(_TICK_S)) is None:
                pass
        except KeyboardInterrupt:
            call.cancel()
            call.wait(1.0)
            raise
        if failures:
            raise failures[0]
        return self._finished(exchange)

    def _finished(self, exchange: Exchange) -> int:
        """Print what is left to print; the exit code that the exchange deserves."""
        if exchange.request.rest and exchange.replies and exchange.body:
            self._printer.write(rest_value(exchange, as_came=self._options.message))
        if self._options.timing:
            self._printer.write(timing_value(exchange))
        fault = exchange.fault
        if fault is None:
            return 0
        hint = f" {fault.hint}" if fault.hint else ""
        print(f"error: {fault.message}{hint}", file=sys.stderr)
        return fault.exit_code

    def _body(self) -> list[bytes]:
        """The body of a REST call, as it is."""
        text = self._options.json
        if text is None:
            return []
        if text.startswith(_INLINE):
            return [text.encode("utf-8", "surrogateescape")]
        return [b"".join(_standard_input()) if text == _STDIN else _file(text)]

    def _texts(self, *, streams: bool) -> Iterator[str]:
        """The messages as JSON: the whole text, or its lines."""
        text = self._options.json
        if text is None:
            return iter(() if streams else ("",))
        if text.startswith(_INLINE):
            return iter((text,))
        pieces = _standard_input() if text == _STDIN else iter((_file(text),))
        if not streams:
            return iter((b"".join(pieces).decode("utf-8", "replace"),))
        return (line for line in _lines(pieces) if line.strip())


class _Feeder:
    """Sends the messages of a stream as their lines come, then finishes it."""

    def __init__(
        self,
        call: StreamCall,
        texts: Iterator[str],
        method: Method | None,
        failures: list[ConsoleError],
    ) -> None:
        self._call = call
        self._texts = texts
        self._method = method
        self._failures = failures

    def feed(self, _stop: threading.Event) -> None:
        """Until the end of the lines, or of the call."""
        assert self._method is not None
        assert self._method.input is not None
        try:
            for number, text in enumerate(self._texts, 1):
                if self._call.exchange is not None:
                    return
                self._send(number, text)
            self._call.finish()
        except ConsoleError as error:
            if self._call.exchange is None:
                self._failures.append(error)
                self._call.cancel()

    def _send(self, number: int, text: str) -> None:
        assert self._method is not None
        assert self._method.input is not None
        try:
            message = message_from_text(text, self._method.input)
        except InvalidInput as error:
            raise InvalidInput(f"Message {number}: {error.message}", error.hint) from None
        self._call.send(message, wait_s=_ROOM_S)


def _standard_input() -> Iterator[bytes]:
    # Not sys.stdin: its lock, held in a read, would make the interpreter's end fail.
    while piece := os.read(0, _PIECE):
        yield piece


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    begun: list[bytes] = []  # joined once: a line may be a hundred megabytes long
    for piece in pieces:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join((*begun, end)).decode("utf-8", "replace")
            begun.clear()
        begun.append(rest)
    yield b"".join(begun).decode("utf-8", "replace")


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
