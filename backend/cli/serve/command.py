"""``main.py serve``: the model server alone, until a signal ends it."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import orjson

from backend.cli.serve.models import ServedModels, load_at_start, models_of
from backend.cli.serve.options import COUNTED, TOKEN_FILE, parser
from backend.core.defaults import MIB
from backend.core.errors import ConsoleError, UsageError
from backend.core.process import exit_at_once, wait_for_end_of_input
from backend.core.worker import Worker
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import Limits, ServerOptions, check_free

_log = logging.getLogger("inferdeck.server")

_STOP_TIMEOUT_S = 1.5
_CLOSE_TIMEOUT_S = 5.0
"""For models to finish; Python models are ended after three seconds."""
_KILLED_BY = 128
"""Added to a signal's number it is the exit code of who was ended by it."""
_TICK_S = 0.2
"""Waiting without a limit cannot be interrupted by Ctrl-C on Windows."""


def main(argv: Sequence[str]) -> int:
    """Serve models; returns the exit code.

    Prints one line of JSON when requests are answered, with the addresses and the models.
    """
    return run(parser().read(argv))


def run(arguments: argparse.Namespace) -> int:
    """Serve as the arguments say; returns the exit code."""
    ending = threading.Event()
    _answer_signals(ending)
    if arguments.exit_with_stdin:
        Worker("stdin", lambda _stop: _wait_for_end_of_input(ending)).start()
    try:
        options = _options(arguments)
        # Before models are loaded, which may take a minute.
        for port in (options.rest_port, options.grpc_port):
            check_free(options.host, port)
        run = _Run(arguments, options, models_of(arguments))
    except ConsoleError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    code = run.until(ending)
    if not run.end(arguments.drain_seconds):
        exit_at_once(code)
    return code


def _answer_signals(ending: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: _end(ending, number))


def _end(ending: threading.Event, number: int) -> None:
    """The first signal asks for the end; the second one does not wait for it."""
    if ending.is_set():
        os._exit(_KILLED_BY + number)
    ending.set()


class _Run:
    """One run of the server. The main thread only waits, so that signals are always answered."""

    def __init__(
        self, arguments: argparse.Namespace, options: ServerOptions, models: ServedModels
    ) -> None:
        self._models = models
        self._server = EmbeddedServer(models.registry, options, models.plane)
        self._refusal: ConsoleError | None = None
        """Why what was named by itself cannot be served."""
        self._loading = Worker("models", lambda _stop: self._load(arguments)).start()

    def _load(self, arguments: argparse.Namespace) -> None:
        try:
            self._models.open()
            load_at_start(self._models.registry, arguments)
        except ConsoleError as error:
            self._refusal = error

    def until(self, ending: threading.Event) -> int:
        """Load, say where the server is, and serve; the exit code."""
        loading = True
        while loading:
            loading = not self._loading.join(_TICK_S)
            # Ray puts a handler before it that writes a stack trace.
            _answer_signals(ending)
            if loading and ending.is_set():
                return 0
        try:
            if self._refusal is not None:
                raise self._refusal
            self._server.start()
        except ConsoleError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        ready = {
            "rest": self._server.rest_url,
            "grpc": self._server.grpc_address,
            "models": [model.name for model in self._server.models()],
        }
        print(orjson.dumps(ready).decode(), flush=True)
        while not ending.wait(_TICK_S):
            pass
        return 0

    def end(self, drain_s: float) -> bool:
        """Stop serving and end the models; False if something did not end in time."""
        stopped = self._server.stop(_STOP_TIMEOUT_S, drain_s=drain_s)
        closing = Worker("models-close", lambda _stop: self._models.close()).start()
        ended = closing.join(_CLOSE_TIMEOUT_S)
        if not self._loading.join(_TICK_S):
            _log.warning("What was being loaded is given up, and ends with this program")
            return False
        if not ended:
            _log.warning("A model is left that cannot be ended; it ends with this program")
        return stopped and ended


def _wait_for_end_of_input(ending: threading.Event) -> None:
    wait_for_end_of_input()
    ending.set()


def _options(arguments: argparse.Namespace) -> ServerOptions:
    decompressed = arguments.decompressed_limit_mib
    counted = {option.destination: getattr(arguments, option.destination) for option in COUNTED}
    return ServerOptions(
        host=arguments.host,
        rest_port=arguments.rest_port,
        grpc_port=arguments.grpc_port,
        message_limit=arguments.message_limit_mib * MIB,
        limits=Limits(
            decompressed_bytes=None if decompressed is None else decompressed * MIB, **counted
        ),
        token=_token(arguments.token_file),
        certificate=arguments.tls_certificate,
        private_key=arguments.tls_key,
        allowed_hosts=tuple(arguments.allowed_host),
        model_control=arguments.model_control_mode,
        model_upload=arguments.allow_model_upload,
        queue_limit=arguments.queue_limit,
    )


def _token(file: Path | None) -> str:
    """The token in the file, or else in the environment; raises UsageError."""
    if file is None:
        return os.environ.get(TOKEN_FILE.environment, "")
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The token file {file} cannot be read: {error}.") from None
    if not token:
        raise UsageError(f"The token file {file} is empty.")
    return token
