"""The model's side of asking other models: requests go out, responses come back by ticket."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections.abc import Iterator
from typing import Any

from backend.models.runtimes.python_child.requests import (
    SEQUENCE_END,
    SEQUENCE_START,
    InferenceRequest,
    InferenceResponse,
    TritonError,
)
from backend.models.runtimes.python_child.tensor import TritonModelException, from_wire, to_wire
from backend.models.runtimes.python_pipe import (
    Kind,
    Message,
    MessagePipe,
    describe_tensors,
    read_tensors,
)


class Asking:
    """Sends requests from any thread of the model's process and waits for what comes back."""

    def __init__(self, pipe: MessagePipe) -> None:
        self._pipe = pipe
        self._tickets = itertools.count()
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Message | None]] = {}
        self._gone = False
        self._open = 0

    @contextlib.contextmanager
    def allowed(self) -> Iterator[None]:
        """Meanwhile the server listens to requests."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def ask(self, request: InferenceRequest, *, decoupled: bool) -> Iterator[InferenceResponse]:
        """The responses as they come; raises TritonModelException if there can be none."""
        if not self._open:
            raise TritonModelException("Other models can be asked only while execute() runs.")
        ticket = next(self._tickets)
        answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        with self._lock:
            if self._gone:
                raise TritonModelException("The server is gone.")
            self._waiting[ticket] = answers
        tensors = [to_wire(tensor, None) for tensor in request.inputs()]
        described, buffers = describe_tensors(tensors)
        body = {
            "ticket": ticket,
            "decoupled": decoupled,
            "model": request.model_name(),
            "version": _version(request),
            "id": request.request_id(),
            "inputs": described,
            "outputs": sorted(request.requested_output_names()),
            "parameters": _parameters(request),
        }
        try:
            self._pipe.send(Kind.CALL, body, buffers)
        except OSError:
            self._forget(ticket)
            raise TritonModelException("The server is gone.") from None
        return self._responses(request.model_name(), ticket, answers)

    def receive(self, message: Message) -> None:
        """Take one response from the server."""
        with self._lock:
            answers = self._waiting.get(message.body["ticket"])
        if answers is not None:
            answers.put(message)

    def gone(self) -> None:
        """Let nobody wait any more."""
        with self._lock:
            self._gone = True
            left = list(self._waiting.values())
        for answers in left:
            answers.put(None)

    def _responses(
        self, model: str, ticket: int, answers: queue.SimpleQueue[Message | None]
    ) -> Iterator[InferenceResponse]:
        try:
            final = False
            while not final:
                message = answers.get()
                if message is None:
                    raise TritonModelException("The server is gone.")
                final = message.body["final"]
                yield _response(model, message)
        finally:
            self._forget(ticket)

    def _forget(self, ticket: int) -> None:
        with self._lock:
            self._waiting.pop(ticket, None)


def _version(request: InferenceRequest) -> str:
    version = request.model_version()
    return "" if version == -1 else str(version)


def _parameters(request: InferenceRequest) -> dict[str, Any]:
    """The request's own, and what the server reads of it."""
    made = request.given_parameters()
    if request.timeout():
        made["timeout"] = request.timeout()
    if request.correlation_id():
        made["sequence_id"] = request.correlation_id()
        made["sequence_start"] = bool(request.flags() & SEQUENCE_START)
        made["sequence_end"] = bool(request.flags() & SEQUENCE_END)
    return made


def _response(model: str, message: Message) -> InferenceResponse:
    body = message.body
    if "error" in body:
        error = body["error"]
        return InferenceResponse(error=TritonError(error["message"], error["code"]))
    if "tensors" not in body:
        return InferenceResponse()  # the last one of a decoupled model, without tensors
    tensors = read_tensors(body["tensors"], message.buffers, "output", model)
    return InferenceResponse(
        [from_wire(tensor) for tensor in tensors], parameters=body["parameters"]
    )
