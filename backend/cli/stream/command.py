"""`stream`: send a source through a model and print its answers, one JSON object a line."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import cast

import orjson

from backend.cli.own_server import OwnServer
from backend.cli.stream.options import parser
from backend.cli.stream.profile import choose_profile
from backend.cli.target_options import target_of
from backend.core.choices import (
    Payload,
    RunSettings,
    Serialization,
    Transport,
)
from backend.core.errors import ConsoleError
from backend.core.flow import Policy
from backend.core.status import REQUEST_ALERT, Failure, Loss, Notice, Result, Word
from backend.core.traffic import Traffic
from backend.recording import QUEUE_BYTES, QUEUE_ITEMS, Recorder, create
from backend.session.run import Session, ask_replicas
from backend.session.sinks import (
    FAILURES,
    LOSSES,
    NOTICES,
    RESULTS,
    WORDS,
    Item,
    Subscription,
    Topic,
)
from backend.sources.registry import KINDS, SourceRegistry
from backend.wire.serving.predictions_json import predictions_to_json

_POLL_S = 0.1
_STOP_WAIT_S = 5.0
_PRINTER_CAPACITY = 8


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 2 usage or source, 3 unreachable, 4 server error, 5 deadline."""
    return run(parser().read(argv))


def run(options: argparse.Namespace, *, quiet: bool = False) -> int:
    """Stream as the options say; with `quiet` only the summary is printed of what comes back."""
    try:
        return _stream(options, SourceRegistry(KINDS), quiet=quiet)
    except ConsoleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _stream(options: argparse.Namespace, sources: SourceRegistry, *, quiet: bool) -> int:
    settings = _settings(options)
    source = sources.make(options.source, loop=options.loop, pace=options.pace, speed=options.speed)
    printer = _Printer(options.frames, quiet=quiet)
    with OwnServer(settings.target, options.model_file) as resolve:
        settings = replace(settings, model=resolve.model or settings.model)
        profile = choose_profile(
            resolve.resolve(settings.target), settings.model, options.profile, own=resolve.labels
        )
        session = Session(
            settings,
            source,
            resolve=resolve.resolve,
            profiles=lambda _: profile,
            replicas=ask_replicas,
            retry=False,
        )
        session.subscribe(printer, Policy.EVERY, "printer", _PRINTER_CAPACITY)
        notices = session.subscribe(NOTICES, Policy.DROP, "notices")
        recorder = _record(session, options)
        session.start()
        _wait(session, printer, notices, options, recorder if quiet else None)
        session.request_stop()
        session.join(_STOP_WAIT_S)
    _print_notices(notices, printer)
    summary = session.summary()
    printer.write_line({"summary": summary.as_json()})
    if session.error is not None:
        raise session.error
    if recorder is not None and recorder.error is not None:
        raise recorder.error
    last_error = session.last_failure
    if summary.failed and last_error is not None:
        requests = "1 request" if summary.failed == 1 else f"{summary.failed} requests"
        print(f"error: {requests} failed: {last_error}", file=sys.stderr)
        return last_error.exit_code
    return 0


def _record(session: Session, options: argparse.Namespace) -> Recorder | None:
    """Have everything written into the file that the options name, if they name one."""
    if options.record is None:
        return None
    policy = Policy.EVERY if options.record_complete else Policy.DROP
    recorder = Recorder(create(options.record))
    session.subscribe(recorder, policy, "recording", QUEUE_ITEMS, QUEUE_BYTES)
    return recorder


def _settings(options: argparse.Namespace) -> RunSettings:
    over_rest = options.transport is Transport.REST
    default = Serialization.BINARY if over_rest else Serialization.RAW
    return RunSettings(
        target=target_of(options, options.header),
        model=options.model or "",
        api=options.api,
        transport=options.transport,
        payload=Payload(
            serialization=options.serialization or default,
            image=options.image,
            compression=options.compression,
            jpeg_quality=options.jpeg_quality,
        ),
        in_flight=options.in_flight,
        deadline_s=options.deadline,
    )


def _print_notices(notices: Subscription[Notice], printer: _Printer) -> None:
    """What happened, for people; what is wrong with replies stands among the results as well."""
    for notice in notices.drain():
        text = f"{notice.title} {notice.body}".rstrip()
        print(f"{notice.severity}: {text}", file=sys.stderr)
        if notice.topic == REQUEST_ALERT:
            printer.write_line({"warning": text})


def _wait(
    session: Session,
    printer: _Printer,
    notices: Subscription[Notice],
    options: argparse.Namespace,
    only_for: Recorder | None,
) -> None:
    """Until the run has ended, the time is up, enough came back, or Ctrl-C or SIGTERM came.

    With a recorder that it is only for, until that has ended as well.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    until = math.inf if options.seconds is None else time.monotonic() + options.seconds
    enough = math.inf if options.frames is None else options.frames
    try:
        while not printer.done.wait(_POLL_S):
            _print_notices(notices, printer)
            came_back = printer.printed + session.status().counts.failed
            if session.join(0.0) or time.monotonic() >= until or came_back >= enough:
                return
            if only_for is not None and only_for.closed:
                return
    except KeyboardInterrupt:
        return


class _Printer:
    """Writes what became of each sample as a line, and each word that was heard; says when enough
    have been answered.

    Answers after that are lines without what was predicted.
    """

    topics: Collection[Topic[Item]] = cast(
        "tuple[Topic[Item], ...]", (RESULTS, WORDS, FAILURES, LOSSES)
    )

    def __init__(self, limit: int | None, *, quiet: bool) -> None:
        self._limit = limit
        self._quiet = quiet
        self.printed = 0
        self.done = threading.Event()

    def write(self, item: Item) -> None:
        """See `Sink.write`."""
        match item:
            case Result():
                self._write_result(item)
            case Word() if not (self._quiet or self.done.is_set()):
                self.write_line(_word(item))
            case Failure() if not self._quiet:
                failed = {"seq": item.seq, "outcome": "failed", "error": str(item.error)}
                self.write_line(failed | _bytes(item.traffic))
            case Loss() if not self._quiet:
                for seq in range(item.first, item.last + 1):
                    self.write_line({"seq": seq, "outcome": item.place} | _bytes(item.traffic))

    def close(self) -> None:
        """Nothing to put away."""

    def _write_result(self, result: Result) -> None:
        if not self._quiet:
            line: dict[str, object] = {"seq": result.seq, "outcome": "answered"}
            if not self.done.is_set():
                line["predictions"] = predictions_to_json(result.predictions, summarise=True)
            spans = result.timeline.spans_ms()
            line["spans_ms"] = {name: round(value, 3) for name, value in spans.items()}
            self.write_line(line | _bytes(result.traffic) | _place(result))
        if not self.done.is_set():
            self.printed += 1
            if self.printed == self._limit:
                self.done.set()

    def write_line(self, value: object) -> None:
        """One line; a reader that has gone away ends the run quietly."""
        try:
            sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            self.done.set()
            # What is still buffered goes nowhere, instead of failing again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError:
            self.done.set()  # nothing can be written, such as on a full disk: no use to go on
            raise


def _bytes(traffic: Traffic) -> dict[str, object]:
    sizes: dict[str, object] = {
        "bytes_out": traffic.bytes_out,
        "bytes_in": traffic.bytes_in,
        "wire_out": traffic.wire_out,
        "wire_in": traffic.wire_in,
    }
    return sizes | {"wire_estimated": True} if traffic.estimated else sizes


def _place(result: Result) -> dict[str, object]:
    """Where in a file the sample stood, for sources that have such a place."""
    sample = result.sample
    place: dict[str, object] = {"name": sample.name} if sample.name else {}
    if sample.media_time_s is not None:
        place["media_time_s"] = round(sample.media_time_s, 4)
    return place


def _word(word: Word) -> dict[str, object]:
    line: dict[str, object] = {"word": word.label, "score": round(word.score, 3), "seq": word.seq}
    if word.media_time_s is not None:
        line["media_time_s"] = round(word.media_time_s, 4)
    return line
