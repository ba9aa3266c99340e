"""A Python model's process: reads what the server asks, calls the model, writes what it says."""

from __future__ import annotations

import io
import os
import queue
import sys
import threading
from typing import Any

from backend.core.process import trim_memory
from backend.models.runtimes.python_child.asking import Asking
from backend.models.runtimes.python_child.batches import BatchRunner
from backend.models.runtimes.python_child.loading import complete, load, model_class
from backend.models.runtimes.python_child.replies import ReplyWriter
from backend.models.runtimes.python_child.reports import log_exception
from backend.models.runtimes.python_child.requests import ask_with
from backend.models.runtimes.python_pipe import Kind, Message, MessagePipe, map_memory

_PATIENCE_S = 3.0
"""How long a model that is busy may go on when the server is gone."""
_HUGE_BYTES = 32 << 20


def serve() -> None:
    """Talk with the server over what are standard input and output until it lets go."""
    inbox = _Inbox(_take_standard_pipes())
    setup = inbox.next()
    if setup is None:
        return
    try:
        model = _set_up(inbox.pipe, setup.body)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a model's code raises
        log_exception()
        inbox.pipe.send(Kind.FAILED, {"reason": describe(error)})
        return
    if model is not None:
        _answer(inbox, model, setup.body)
        _finalize(model)


def describe(error: BaseException) -> str:
    """An error as a person reads it."""
    return f"{type(error).__name__}: {error}"


def _set_up(pipe: MessagePipe, setup: dict[str, Any]) -> Any:
    """The model, initialized; None if only its configuration was asked for."""
    made = model_class(setup["folder"], setup["version"], setup["file"])
    if setup["complete"]:
        pipe.send(
            Kind.READY,
            {"pid": os.getpid(), "config": complete(made, setup["args"]["model_config"])},
        )
        return None
    model = load(made, setup["args"])
    pipe.send(Kind.READY, {"pid": os.getpid()})
    return model


def _answer(inbox: _Inbox, model: Any, setup: dict[str, Any]) -> None:
    ask_with(inbox.asking)
    runner = BatchRunner(model, setup["args"], inbox.replies, inbox.asking)
    while (message := inbox.next()) is not None:
        try:
            runner.run(message)
        except OSError:
            return  # the server is gone
        huge = sum(len(buffer) for buffer in message.buffers) > _HUGE_BYTES
        del message
        if huge:
            trim_memory()


def _finalize(model: Any) -> None:
    """Let the model clean up; threads it leaves running do not keep the process."""
    finalize = getattr(model, "finalize", None)
    if finalize is not None:
        try:
            finalize()
        except (Exception, SystemExit):  # noqa: BLE001 - it ends anyway
            log_exception()
    _end_after(_PATIENCE_S)


class _Inbox:
    """What the server says: read by a thread, so that the server's end is noticed at any time."""

    def __init__(self, pipe: MessagePipe) -> None:
        self.pipe = pipe
        self.replies = ReplyWriter(pipe)
        self.asking = Asking(pipe)
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self) -> Message | None:
        """The next thing to do; None when there is no more."""
        return self._messages.get()

    def _read(self) -> None:
        try:
            while True:
                self._take(self.pipe.receive())
        except (EOFError, OSError):
            _end_after(_PATIENCE_S)
        self.replies.gone()
        self.asking.gone()
        self._messages.put(None)

    def _take(self, message: Message) -> None:
        match message.kind:
            case Kind.ANSWER:
                self.replies.answered(message.body)
            case Kind.RESULT:
                self.asking.receive(message)
            case Kind.FINALIZE:
                self._messages.put(None)
            case _:
                self._messages.put(message)


def _end_after(seconds: float) -> None:
    """End the process whatever still runs by then."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _take_standard_pipes() -> MessagePipe:
    """Keep the pipes to ourselves, and send what the model prints to where errors go."""
    reader, writer = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a text stream
    memory = [map_memory(int(number)) for number in sys.argv[1:]]
    shared = (memory[0], memory[1]) if memory else None
    pipe = MessagePipe(io.FileIO(reader, "rb"), io.FileIO(writer, "wb"), shared)
    if hasattr(os, "register_at_fork"):
        # A process that the model forks must not keep the conversation open when we are gone.
        os.register_at_fork(after_in_child=pipe.close)
    return pipe
