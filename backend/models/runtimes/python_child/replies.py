"""The way back from a Python model: its responses, and its questions whether anybody waits."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from backend.core.errors import InvalidInput
from backend.core.tensors import Datatype
from backend.models.runtimes.python_child.requests import (
    InferenceResponse,
    TritonError,
    response_parameters,
)
from backend.models.runtimes.python_child.tensor import TritonModelException, to_wire
from backend.models.runtimes.python_pipe import Body, Kind, MessagePipe, describe_tensors
from backend.wire.elements import Buffer


class ReplyWriter:
    """Writes to the server, from any thread of the model's process."""

    def __init__(self, pipe: MessagePipe) -> None:
        self._pipe = pipe
        self._changed = threading.Condition()
        self._tickets = itertools.count()
        self._answers: dict[int, bool] = {}
        self._gone = False
        self._abandoned: queue.SimpleQueue[Body] = queue.SimpleQueue()
        threading.Thread(target=self._close_abandoned, name="abandoned", daemon=True).start()

    def abandon(self, body: Body) -> None:
        """Give a response without tensors, soon; may be called while anything is collected."""
        self._abandoned.put(body)

    def respond(self, bodies: Sequence[Body], buffers: Sequence[Buffer]) -> None:
        """Give responses; raises OSError if the server is gone."""
        self._pipe.send(Kind.RESPONSES, {"responses": list(bodies)}, buffers)

    def done(self, body: Body, buffers: Sequence[Buffer]) -> None:
        """Say that a batch was executed, with its last responses."""
        self._pipe.send(Kind.DONE, body, buffers)

    def ask_cancelled(self, key: int) -> bool:
        """Whether nobody waits for that request any more; so it is when the server is gone."""
        ticket = next(self._tickets)
        try:
            self._pipe.send(Kind.QUESTION, {"key": key, "ticket": ticket})
        except OSError:
            return True
        with self._changed:
            self._changed.wait_for(lambda: ticket in self._answers or self._gone)
            return self._answers.pop(ticket, True)

    def answered(self, body: Body) -> None:
        """Take the server's answer to a question."""
        with self._changed:
            self._answers[body["ticket"]] = body["cancelled"]
            self._changed.notify_all()

    def gone(self) -> None:
        """Let nobody wait for answers any more."""
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _close_abandoned(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the server is gone
            while True:
                self.respond([self._abandoned.get()], ())


class PendingReply:
    """The way back of one request; when the last who knows it lets go, it is final."""

    def __init__(
        self,
        key: int,
        replies: ReplyWriter,
        wanted: Iterable[str],
        declared: dict[str, Datatype],
        *,
        decoupled: bool,
    ) -> None:
        self.key = key
        self._replies = replies
        self._wanted = frozenset(wanted)
        self._declared = declared
        self._decoupled = decoupled
        self._lock = threading.Lock()
        self._finished = self._flagged = False

    @property
    def finished(self) -> bool:
        """Whether the last response was given."""
        return self._finished

    def cancelled(self) -> bool:
        """Whether nobody waits any more."""
        return not self._finished and self._replies.ask_cancelled(self.key)

    def send(self, response: InferenceResponse | None, *, final: bool) -> None:
        """Give a response; raises TritonModelException after the last one."""
        # A model with one response for each request has given it, with or without the flag.
        last = final or not self._decoupled
        with self._lock:
            if self._finished and not self._only_flag_is_left(response):
                raise TritonModelException("The last response to this request was sent already.")
            answered, self._finished = self._finished, last
            self._flagged = final
        if answered:
            return  # the flag alone, after the one response
        if response is None and not self._decoupled:
            response = InferenceResponse(error=TritonError("the model gave no response"))
        body, buffers = self.body(response, final=last)
        self._replies.respond([body], buffers)

    def _only_flag_is_left(self, response: InferenceResponse | None) -> bool:
        return response is None and not self._decoupled and not self._flagged

    def finish(self) -> bool:
        """Take the right to give the last response; False if it was given."""
        with self._lock:
            first = not self._finished
            self._finished = True
        return first

    def body(self, response: InferenceResponse | None, *, final: bool) -> tuple[Body, list[Buffer]]:
        """A response as a message's part and its buffers; one that cannot be sent is an error."""
        body: Body = {"key": self.key, "final": final}
        if response is None:
            return body, []
        if response.has_error():
            return {**body, "error": _error(response.error())}, []
        try:
            described, buffers = describe_tensors(self._outputs(response))
        except (TritonModelException, InvalidInput) as error:
            return {**body, "error": _error(TritonError(str(error)))}, []
        return {**body, "tensors": described, "parameters": response_parameters(response)}, buffers

    def _outputs(self, response: InferenceResponse) -> list[Any]:
        return [
            to_wire(tensor, self._declared.get(tensor.name()))
            for tensor in response.output_tensors()
            if not self._wanted or tensor.name() in self._wanted
        ]

    def __del__(self) -> None:
        # Collected at any moment, even while this very thread writes: so it is only noted here.
        if self.finish():
            self._replies.abandon({"key": self.key, "final": True})


def _error(error: TritonError | None) -> Body:
    assert error is not None
    code = error.code() if isinstance(error, TritonError) else TritonError.INTERNAL
    return {"message": str(error), "code": code}
