"""Clients that go away at any moment, and what a server still holds after them."""

from __future__ import annotations

import asyncio
import gc
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import grpc
import numpy as np
import psutil
import requests
from google.protobuf import struct_pb2
from grpc_health.v1 import health_pb2

from backend.core.inference import InferRequest
from backend.core.tensors import Datatype, Tensor
from backend.models.repository.registry import ModelRegistry
from backend.models.servable import ExecutionTimes, ModelRequest, Respond, SequenceId
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.wire.generated import modelserving_pb2 as serving
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from tests.server.grpc_calls import streaming, unary
from tests.server.scripted_servables import (
    TIMES,
    Scripted,
    ScriptedInstance,
    config,
    echo,
    offer,
    response,
)

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
_RESET = struct.pack("ii", 1, 0)
_SETTLE_S = 60.0
MANY = "model_transaction_policy { decoupled: true }"
STEPS = "sequence_batching { direct { } max_sequence_idle_microseconds: 5000 }"


def _slowly(index: int, request: ModelRequest, respond: Respond) -> None:
    time.sleep(0.001)
    echo(index, request, respond)


def _many(index: int, request: ModelRequest, respond: Respond) -> None:
    for value in range(5):
        if request.cancelled():
            break
        respond(index, response(value), False)  # noqa: FBT003
        time.sleep(0.0005)
    respond(index, None, True)  # noqa: FBT003


class _Forgetful(Scripted):
    """Does not remember what it was asked: memory is watched."""

    def make_instance(self, index: int) -> ScriptedInstance:
        return _ForgetfulInstance(self, index)


class _ForgetfulInstance(ScriptedInstance):
    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        for index, request in enumerate(batch):
            self._model.script(index, request, respond)
        return TIMES

    def forget(self, sequence: SequenceId) -> None:
        """Nothing of it was kept."""


def offer_models(registry: ModelRegistry) -> None:
    """A model that takes a while, one that answers many times, and one with sequences."""
    offer(registry, _Forgetful(config("slow"), _slowly))
    offer(registry, _Forgetful(config("quick"), instant=True))
    offer(registry, _Forgetful(config("many", MANY), _many))
    offer(registry, _Forgetful(config("steps", STEPS), _slowly))


class DroppingClient:
    """Begins calls of every kind and ends them too early, in a way that its seed decides."""

    def __init__(self, server: EmbeddedServer, seed: int, models: Sequence[str] = ()) -> None:
        self._server = server
        self._chance = random.Random(seed)
        self._models = ("slow", "quick", "many", "steps", *models)
        self._sequences = count(seed * 1_000_000 + 1)
        self._ways: tuple[Callable[[], None], ...] = (
            self._unary,
            self._stream,
            self._stream,
            self._serving_stream,
            self._watch,
            self._rest_cut,
            self._rest_unheard,
            self._raw_grpc,
        )

    def cycle(self) -> None:
        """One call that is given up at a random moment."""
        with suppress(grpc.RpcError, OSError):
            self._chance.choice(self._ways)()

    def _pause(self) -> None:
        time.sleep(self._chance.choice((0.0, 0.0, 0.0005, 0.002, 0.005)))

    @contextmanager
    def _channel(self) -> Iterator[grpc.Channel]:
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(self._server.grpc_address, options=options) as channel:
            yield channel

    def _request(self) -> InferRequest:
        data = np.full(self._chance.choice((1, 1, 10_000)), 3, np.int32)
        tensor = Tensor("INPUT0", Datatype.INT32, data)
        model = self._chance.choice(self._models)
        parameters: dict[str, Any] = {}
        if model == "steps":
            ends = self._chance.random() < 0.3
            step = next(self._sequences)
            parameters = {"sequence_id": step, "sequence_start": True, "sequence_end": ends}
        return InferRequest(model, (tensor,), id="x", parameters=parameters)

    def _message(self) -> bytes:
        return oip_grpc.encode_request(self._request(), raw=True)

    def _unary(self) -> None:
        with self._channel() as channel:
            calls = [
                unary(channel, oip_grpc.MODEL_INFER).future(self._message())
                for _ in range(self._chance.randint(1, 3))
            ]
            self._pause()
            for call in calls:
                call.cancel()

    def _stream(self) -> None:
        with self._channel() as channel:
            messages = [self._message() for _ in range(self._chance.randint(0, 6))]
            call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)(iter(messages), timeout=30)
            self._leave(call, len(messages))

    def _serving_stream(self) -> None:
        with self._channel() as channel:
            item = serving.InputData(
                model="identity", value=struct_pb2.Value(number_value=3)
            ).SerializeToString()
            messages = [item] * self._chance.randint(0, 4)
            path = "/modelserving.v1.ModelServing/StreamPredict"
            self._leave(streaming(channel, path)(iter(messages), timeout=30), len(messages))

    def _leave(self, call: Any, sent: int) -> None:
        """Hear some of the answers, then cancel, or have the connection cut."""
        self._pause()
        for _ in range(self._chance.randint(0, sent)):
            next(call, None)
        if self._chance.random() < 0.7:
            call.cancel()

    def _watch(self) -> None:
        with self._channel() as channel:
            untyped: Any = channel
            call = untyped.unary_stream("/grpc.health.v1.Health/Watch")(
                health_pb2.HealthCheckRequest().SerializeToString(), timeout=30
            )
            self._leave(call, self._chance.randint(0, 1))

    def _rest_body(self) -> bytes:
        request = self._request()
        headers, body = oip_rest.encode_request(request, binary=self._chance.random() < 0.5)
        lines = [
            f"POST /v2/models/{request.model}/infer HTTP/1.1",
            "Host: 127.0.0.1",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _rest_cut(self) -> None:
        """A request that stops somewhere."""
        data = self._rest_body()
        self._raw(self._server.rest_url.removeprefix("http://"), data[: self._somewhere(data)])

    def _rest_unheard(self) -> None:
        """Whole requests whose answers nobody waits for."""
        data = self._rest_body() * self._chance.randint(1, 3)
        self._raw(self._server.rest_url.removeprefix("http://"), data)

    def _raw_grpc(self) -> None:
        """A connection to the gRPC port that goes before there is a call, or says nonsense."""
        data = _PREFACE + self._chance.randbytes(self._chance.choice((0, 9, 200)))
        self._raw(self._server.grpc_address, data[: self._somewhere(data)])

    def _somewhere(self, data: bytes) -> int:
        return self._chance.randrange(len(data))

    def _raw(self, address: str, data: bytes) -> None:
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), 20) as connection:
            connection.sendall(data)
            self._pause()
            if self._chance.random() < 0.5:  # closing then resets the connection
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def run_cycles(
    server: EmbeddedServer, cycles: int, *, seed: int = 0, models: Sequence[str] = ()
) -> None:
    """So many cycles in all, by four clients at once."""
    clients = [DroppingClient(server, seed * 4 + index, models) for index in range(4)]

    def work(client: DroppingClient) -> None:
        for _ in range(cycles // 4):
            client.cycle()

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass(frozen=True)
class Held:
    """What a process holds, of what a connection may leave behind."""

    threads: int
    descriptors: int
    tasks: int
    pending: int

    @classmethod
    def now(cls, server: EmbeddedServer) -> Held:
        gc.collect()
        made = [one for one in gc.get_objects() if isinstance(one, asyncio.Task)]
        with requests.get(f"{server.rest_url}/metrics", timeout=30) as answer:
            lines = [line for line in answer.text.splitlines() if "_pending_" in line]
        process: Any = psutil.Process()
        return cls(
            threading.active_count(),
            process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
            sum(not task.done() for task in made),
            sum(int(float(line.rpartition(" ")[2])) for line in lines if not line.startswith("#")),
        )

    def within(self, other: Held) -> bool:
        """Whether this is no more than that."""
        return (
            self.threads <= other.threads
            and self.descriptors <= other.descriptors
            and self.tasks <= other.tasks
            and self.pending <= other.pending
        )


def held_at_rest(server: EmbeddedServer, wanted: Held | None = None) -> Held:
    """What is held once calls that were given up have ended; waits until it is `wanted` or less."""
    deadline = time.monotonic() + _SETTLE_S
    last = Held.now(server)
    while time.monotonic() < deadline:
        if wanted is not None and last.within(wanted):
            return last
        time.sleep(0.2)
        last, before = Held.now(server), last
        if wanted is None and last == before and not last.pending:
            return last
    return last
