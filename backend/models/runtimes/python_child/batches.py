"""Runs batches through a Python model."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from typing import Any

from backend.core.tensors import Array, Datatype
from backend.models.runtimes.python_child.asking import Asking
from backend.models.runtimes.python_child.replies import PendingReply, ReplyWriter
from backend.models.runtimes.python_child.reports import log_exception
from backend.models.runtimes.python_child.requests import (
    SEQUENCE_END,
    SEQUENCE_START,
    InferenceRequest,
    InferenceResponse,
    TritonError,
    bind,
    take_reschedule,
)
from backend.models.runtimes.python_child.tensor import from_wire
from backend.models.runtimes.python_pipe import Body, Message, read_tensors
from backend.wire.elements import Buffer

_Pair = tuple[InferenceRequest, PendingReply]


class BatchRunner:
    """Gives a model its requests and hands out what it returns; used by the main thread."""

    def __init__(
        self, model: Any, args: dict[str, str], replies: ReplyWriter, asking: Asking
    ) -> None:
        self._model = model
        self._name = args["model_name"]
        self._instance = args["model_instance_name"]
        self._version = int(args["model_version"])
        config = json.loads(args["model_config"])
        self._decoupled = bool(config.get("model_transaction_policy", {}).get("decoupled"))
        self._declared = _declared_outputs(config)
        self._replies = replies
        self._asking = asking
        self._always = contextlib.ExitStack()
        if self._decoupled:  # the server always listens to such a model
            self._always.enter_context(asking.allowed())
        self._loop = _BackgroundLoop()

    def run(self, message: Message) -> None:
        """Execute one batch and say so."""
        started = time.monotonic_ns()
        pairs = self._requests(message)
        ready = time.monotonic_ns()
        with self._asking.allowed():
            bodies, buffers = self._execute(pairs)
        # Whatever the model keeps of a request keeps its reply open; what we hold must not.
        pairs.clear()
        computed = time.monotonic_ns()
        about = {
            "batch": message.body["batch"],
            "input_ns": ready - started,
            "infer_ns": computed - ready,
        }
        self._replies.done({"responses": bodies, **about}, buffers)

    def _requests(self, message: Message) -> list[_Pair]:
        buffers = iter(message.buffers)
        return [self._request(body, buffers) for body in message.body["requests"]]

    def _request(self, body: Body, buffers: Iterator[Array]) -> _Pair:
        described = body["inputs"]
        own = [next(buffers) for _ in described]
        inputs = read_tensors(described, own, "input", self._name)
        start = SEQUENCE_START if body["start"] else 0
        end = SEQUENCE_END if body["end"] else 0
        request = InferenceRequest(
            request_id=body["id"],
            correlation_id=body["sequence"],
            inputs=[from_wire(tensor) for tensor in inputs],
            requested_output_names=body["outputs"] or list(self._declared),
            model_name=self._name,
            model_version=self._version,
            flags=start | end,
            timeout=body["timeout"],
            parameters=body["parameters"],
        )
        wanted = request.requested_output_names()
        reply = PendingReply(
            body["key"], self._replies, wanted, self._declared, decoupled=self._decoupled
        )
        bind(request, reply)
        return request, reply

    def _execute(self, pairs: Sequence[_Pair]) -> tuple[list[Body], list[Buffer]]:
        """Call the model until it wants no request once more; what is left to be sent."""
        bodies: list[Body] = []
        buffers: list[Buffer] = []
        while pairs:
            returned = self._call([request for request, _ in pairs])
            again = [pair for pair in pairs if take_reschedule(pair[0]) and not pair[1].finished]
            if returned is not None:
                self._collect(zip(pairs, returned, strict=True), bodies, buffers)
            pairs = again
        return bodies, buffers

    def _collect(
        self,
        answered: Iterable[tuple[_Pair, InferenceResponse | None]],
        bodies: list[Body],
        buffers: list[Buffer],
    ) -> None:
        for (_, reply), response in answered:
            # None leaves it to the response sender, if the model still has it.
            if response is not None and reply.finish():
                body, own = reply.body(response, final=True)
                bodies.append(body)
                buffers += own

    def _call(self, requests: list[InferenceRequest]) -> list[InferenceResponse | None] | None:
        """What the model returns for each request; None if it uses response senders."""
        try:
            returned = self._model.execute(requests)
            if inspect.iscoroutine(returned):
                if self._decoupled:
                    self._loop.start(self._outlive(returned, requests))
                    return None
                returned = self._loop.run(returned)
            return self._checked(returned, requests)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a model's code raises
            for request in requests:
                take_reschedule(request)
            return self._failed(error, len(requests))

    def _checked(
        self, returned: Any, requests: Sequence[InferenceRequest]
    ) -> list[InferenceResponse | None] | None:
        if returned is None:
            return None
        if self._decoupled:
            raise TypeError("execute() of a decoupled model must return None")
        responses = list(returned)
        if len(responses) != len(requests):
            raise ValueError(
                f"execute() returned {len(responses)} responses for {len(requests)} requests"
            )
        for response in responses:
            if response is not None and not isinstance(response, InferenceResponse):
                raise TypeError(
                    "execute() must return InferenceResponse objects, got "
                    f"{type(response).__name__}"
                )
        return responses

    def _failed(self, error: BaseException, count: int) -> list[InferenceResponse | None]:
        log_exception()
        text = (
            f"Failed to process the request(s) for model '{self._instance}', "
            f"message: {type(error).__name__}: {error}"
        )
        return [InferenceResponse(error=TritonError(text))] * count

    async def _outlive(
        self, coroutine: Coroutine[Any, Any, Any], requests: Sequence[InferenceRequest]
    ) -> None:
        """Await a decoupled model's `execute`, and answer for it if it fails."""
        try:
            self._checked(await coroutine, requests)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a model's code raises
            for request, response in zip(requests, self._failed(error, len(requests)), strict=True):
                _send_if_open(request, response)


def _send_if_open(request: InferenceRequest, response: InferenceResponse | None) -> None:
    reply = request._reply  # noqa: SLF001 - not for models
    if isinstance(reply, PendingReply) and not reply.finished:
        reply.send(response, final=True)


def _declared_outputs(config: dict[str, Any]) -> dict[str, Datatype]:
    names = {one["name"]: one["data_type"].removeprefix("TYPE_") for one in config["output"]}
    return {
        name: Datatype.BYTES if kind == "STRING" else Datatype(kind) for name, kind in names.items()
    }


class _BackgroundLoop:
    """An event loop for `async def execute`, started when it is first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Let it run; the future of its result."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="asyncio", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Wait for its result."""
        return self.start(coroutine).result()
