"""``main.py serve``: the model server alone, until a signal ends it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

import orjson

from backend.cli.serve_models import add_model_arguments, registry_of
from backend.cli.serve_safety import add_safety_arguments, safety_options
from backend.core.errors import ConsoleError
from backend.core.target import DEFAULT_MESSAGE_LIMIT
from backend.core.worker import Worker
from backend.models.registry import ModelRegistry
from backend.server.embedded import EmbeddedServer
from backend.server.options import ServerOptions

_MIB = 1024 * 1024
_STOP_TIMEOUT_S = 1.5
_KILLED_BY = 128
"""Added to a signal's number it is the exit code of who was ended by it."""
_TICK_S = 0.2
"""Waiting without a limit cannot be interrupted by Ctrl-C on Windows."""


def main(argv: Sequence[str]) -> int:
    """Serve models; returns the exit code.

    Prints one line of JSON when requests are answered, with the addresses and the models.
    """
    arguments = _parser().parse_args(argv)
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: _end(ending, number))
    if arguments.exit_with_stdin:
        Worker("stdin", lambda _stop: _wait_for_end_of_input(ending)).start()
    try:
        options = _options(arguments)
        _serve(options, registry_of(arguments), ending, drain_s=arguments.drain_seconds)
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _end(ending: threading.Event, number: int) -> None:
    """The first signal asks for the end; the second one does not wait for it."""
    if ending.is_set():
        os._exit(_KILLED_BY + number)
    ending.set()


def _serve(
    options: ServerOptions, registry: ModelRegistry, ending: threading.Event, *, drain_s: float
) -> None:
    server = EmbeddedServer(registry, options)
    try:
        server.start()
        ready = {
            "rest": server.rest_url,
            "grpc": server.grpc_address,
            "models": [model.name for model in server.models()],
        }
        print(orjson.dumps(ready).decode(), flush=True)
        while not ending.wait(_TICK_S):
            pass
    finally:
        if server.stop(_STOP_TIMEOUT_S, drain_s=drain_s):
            registry.close()


def _wait_for_end_of_input(ending: threading.Event) -> None:
    # Not sys.stdin: its lock, held in a read, would make the interpreter's end fail.
    while os.read(0, 4096):
        pass
    ending.set()


def _options(arguments: argparse.Namespace) -> ServerOptions:
    return ServerOptions(
        host=arguments.host,
        rest_port=arguments.rest_port,
        grpc_port=arguments.grpc_port,
        message_limit=arguments.message_limit_mib * _MIB,
        model_control=arguments.model_control_mode,
        queue_limit=arguments.queue_limit,
        **safety_options(arguments),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py serve",
        description="Serve models over REST and gRPC until Ctrl-C or SIGTERM. "
        "Prints one line of JSON with the addresses when ready.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--rest-port", type=int, default=0, metavar="N", help="0: the system chooses (default)"
    )
    parser.add_argument(
        "--grpc-port", type=int, default=0, metavar="N", help="0: the system chooses (default)"
    )
    parser.add_argument(
        "--message-limit-mib",
        type=int,
        default=DEFAULT_MESSAGE_LIMIT // _MIB,
        metavar="N",
        help="largest request and reply, in MiB (default: %(default)s)",
    )
    add_model_arguments(parser)
    add_safety_arguments(parser)
    parser.add_argument(
        "--exit-with-stdin",
        action="store_true",
        help="also end when standard input does, as for a child whose parent is gone",
    )
    return parser
