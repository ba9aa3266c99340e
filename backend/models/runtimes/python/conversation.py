"""The server's side of the talk with one process of a Python model."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend.core.errors import (
    AlreadyExists,
    Cancelled,
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    Overloaded,
    RequestError,
    UnknownFailure,
    Unsupported,
)
from backend.core.inference import (
    BINARY_DATA_OUTPUT,
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    InferRequest,
    RequestedOutput,
)
from backend.core.tensors import Array
from backend.models.calls import ModelCalls
from backend.models.runtimes.python_pipe import (
    Body,
    Kind,
    Message,
    MessagePipe,
    describe_tensors,
    read_tensors,
)
from backend.models.servable import ExecutionTimes, ModelRequest, ModelResponse, Respond
from backend.wire.elements import Buffer

_ERRORS: dict[int, type[RequestError]] = {
    0: UnknownFailure,
    2: NotFound,
    3: InvalidInput,
    4: NotReady,
    5: Unsupported,
    6: AlreadyExists,
    7: Cancelled,
}
"""By the code of a TritonError; the others are the model's failure."""

_INTERNAL = 1
_CODES: tuple[tuple[int, type[RequestError]], ...] = (
    (0, UnknownFailure),
    (6, AlreadyExists),
    (7, Cancelled),
    (2, NotFound),
    (3, InvalidInput),
    (4, NotReady),
    (4, Overloaded),
    (5, Unsupported),
)
"""The code of a TritonError, by the error that another model answered with."""

_OURS = frozenset(
    {
        "sequence_id",
        "sequence_start",
        "sequence_end",
        "priority",
        "timeout",
        "triton_enable_empty_final_response",
        BINARY_DATA_OUTPUT,
        TIMING_EXTENSION,
        TYPED_EXTENSION,
    }
)
"""Request parameters that are for the server; a model is not shown them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """A request that has had no final response, and its place in its batch."""

    index: int
    request: ModelRequest
    respond: Respond


class Conversation:
    """Sends batches to the process and hands out what comes back.

    A decoupled model may answer at any time, so a thread of the owner's reads, in `listen`. Others
    answer while the batch is executed, and are read by who waits for it, which saves a hop.
    """

    def __init__(self, name: str, pipe: MessagePipe, calls: ModelCalls, *, decoupled: bool) -> None:
        self._name = name
        self._calls = calls
        self._answering = threading.Lock()
        self._over = False
        self._pipe = pipe
        self._decoupled = decoupled
        self._keys = itertools.count()
        self._changed = threading.Condition()
        self._open: dict[int, _Open] = {}
        self._batch = 0
        self._done: Body | None = None
        self._ended = False

    def execute(
        self, batch: Sequence[ModelRequest], respond: Respond, ended: Callable[[], str]
    ) -> ExecutionTimes:
        """Compute a batch; raises NotReady with what `ended` says if the process ends."""
        started = time.monotonic_ns()
        opened = {
            next(self._keys): _Open(index, request, respond) for index, request in enumerate(batch)
        }
        with self._changed:
            self._done = None
            self._batch += 1
            self._open.update(opened)
        try:
            requests, buffers = _as_message(opened)
            self._pipe.send(Kind.EXECUTE, {"batch": self._batch, "requests": requests}, buffers)
            sent = time.monotonic_ns()
            done = self._wait()
        except (EOFError, OSError):
            self._forget(opened)
            raise NotReady(ended()) from None
        except BaseException:
            self._forget(opened)
            raise
        return _times(started, sent, done)

    def listen(self) -> None:
        """Hand out what a decoupled model says until its process ends."""
        try:
            while True:
                self._handle(self._pipe.receive())
        except (EOFError, OSError):
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def end(self, reason: str) -> None:
        """The process has ended: fail what was executed and not answered to the end."""
        with self._answering:
            self._over = True
        with self._changed:
            left = list(self._open.values())
            self._open.clear()
        for one in left:
            one.respond(one.index, ModelResponse(error=NotReady(reason)), True)  # noqa: FBT003

    def _wait(self) -> Body:
        if self._decoupled:
            with self._changed:
                self._changed.wait_for(lambda: self._done is not None or self._ended)
        else:
            while self._done is None or self._open:
                self._handle(self._pipe.receive())
        if self._done is None:
            raise EOFError
        return self._done

    def _forget(self, keys: Iterable[int]) -> None:
        with self._changed:
            for key in keys:
                self._open.pop(key, None)

    def _handle(self, message: Message) -> None:
        body = message.body
        if message.kind is Kind.QUESTION:
            answer = {"ticket": body["ticket"], "cancelled": self._cancelled(body["key"])}
            self._pipe.send(Kind.ANSWER, answer)
            return
        if message.kind is Kind.CALL:
            self._ask(message)
            return
        buffers = iter(message.buffers)
        for response in body["responses"]:
            self._respond(response, buffers)
        if message.kind is Kind.DONE:
            with self._changed:
                # That of a batch that was given up may still come.
                if body["batch"] == self._batch:
                    self._done = body
                    self._changed.notify_all()

    def _ask(self, message: Message) -> None:
        """Pass a request to another model on; its responses are written as they come."""
        body = message.body

        def respond(response: ModelResponse | None, final: bool) -> None:
            answer, buffers = _as_result(body["ticket"], response, final=final)
            with self._answering, contextlib.suppress(OSError, ValueError):
                if not self._over:
                    self._pipe.send(Kind.RESULT, answer, buffers)

        try:
            request = InferRequest(
                body["model"],
                tuple(read_tensors(body["inputs"], message.buffers, "input", body["model"])),
                body["version"],
                body["id"],
                body["parameters"],
                tuple(RequestedOutput(name) for name in body["outputs"]),
            )
            self._calls.ask(request, respond, decoupled=body["decoupled"])
        except RequestError as error:
            respond(ModelResponse(error=error), True)  # noqa: FBT003

    def _cancelled(self, key: int) -> bool:
        with self._changed:
            found = self._open.get(key)
        return found is None or found.request.cancelled()

    def _respond(self, body: Body, buffers: Iterator[Array]) -> None:
        final: bool = body["final"]
        own = [next(buffers) for _ in body.get("tensors", ())]
        with self._changed:
            found = self._open.pop(body["key"], None) if final else self._open.get(body["key"])
        if found is not None:
            found.respond(found.index, self._response(body, own), final)

    def _response(self, body: Body, buffers: Sequence[Array]) -> ModelResponse | None:
        if "error" in body:
            described = body["error"]
            error = _ERRORS.get(described["code"], ModelFailed)(described["message"])
            error.from_model = True
            return ModelResponse(error=error)
        if "tensors" in body:
            outputs = read_tensors(body["tensors"], buffers, "output", self._name)
            return ModelResponse(tuple(outputs), body["parameters"])
        if self._decoupled:
            return None
        return ModelResponse(error=ModelFailed(f"model '{self._name}' gave no response"))


def _as_message(opened: Mapping[int, _Open]) -> tuple[list[Body], list[Buffer]]:
    requests: list[Body] = []
    buffers: list[Buffer] = []
    for key, one in opened.items():
        request = one.request
        described, own = describe_tensors(request.inputs.values())
        buffers += own
        step = request.sequence
        requests.append(
            {
                "key": key,
                "id": request.id,
                "inputs": described,
                "outputs": request.outputs,
                "parameters": {
                    key: value for key, value in request.parameters.items() if key not in _OURS
                },
                "timeout": request.timeout_us,
                "sequence": 0 if step is None else step.id,
                "start": step is not None and step.start,
                "end": step is not None and step.end,
            }
        )
    return requests, buffers


def _as_result(
    ticket: int, response: ModelResponse | None, *, final: bool
) -> tuple[Body, list[Buffer]]:
    """Another model's response as a message's body and its buffers."""
    body: Body = {"ticket": ticket, "final": final}
    if response is None:
        return body, []
    if response.error is not None:
        code = next((n for n, kind in _CODES if isinstance(response.error, kind)), _INTERNAL)
        return {**body, "error": {"message": str(response.error), "code": code}}, []
    described, buffers = describe_tensors(response.outputs)
    return {**body, "tensors": described, "parameters": dict(response.parameters)}, buffers


def _times(started_ns: int, sent_ns: int, done: Body) -> ExecutionTimes:
    """Ours and the process's own durations put together; its clock is never compared with ours."""
    whole = time.monotonic_ns() - started_ns
    computed = min(whole, done["infer_ns"])
    # It may have begun to compute before the call that sent the batch came back here.
    gathered = min(whole - computed, sent_ns - started_ns + done["input_ns"])
    return ExecutionTimes(gathered, computed, whole - gathered - computed)
