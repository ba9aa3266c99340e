"""The embedded server as a process of its own, so that client and server do not share one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import msgspec

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError
from backend.core.release import PROGRAM
from backend.core.target import Target

_STOP_WAIT_S = 5.0


class _Ready(msgspec.Struct):
    rest: str
    grpc: str
    models: list[str]


class ServerChild:
    """`main.py serve` with these arguments; it ends when this process does, however that ends.

    Entering waits until it serves; raises ConsoleError if it does not.
    """

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self._arguments = [sys.executable, str(PROGRAM), "serve", "--exit-with-stdin", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self.target = Target(EMBEDDED)

    def __enter__(self) -> ServerChild:
        self._process = subprocess.Popen(  # noqa: S603 - this program itself
            self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            ready = msgspec.json.decode(line, type=_Ready)
        except msgspec.MsgspecError:
            self.__exit__()
            raise ConsoleError(
                "The server process ended before it served.", hint="Its errors stand above."
            ) from None
        self.target = Target(EMBEDDED, rest=ready.rest, grpc=ready.grpc)
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(_STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid
