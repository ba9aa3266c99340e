"""Callers of a server on a cluster: streams that count what they got, and single requests."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
import numpy as np
import requests

from backend.wire.generated import open_inference_pb2 as pb
from tests.engines.ray.two_nodes import Served
from tests.server.grpc_calls import streaming
from tests.waiting import wait_for

WAIT_S = 240.0
"""How long a test waits for what takes seconds where nothing else runs."""
_PATH = "/inference.GRPCInferenceService/ModelStreamInfer"


def request(model: str, value: int, **parameters: Any) -> pb.ModelInferRequest:
    """One number for a model; `parameters` are the request's own."""
    shape = [1, 1] if parameters else [1]
    made = pb.ModelInferRequest(
        model_name=model,
        id=str(value),
        inputs=[pb.ModelInferRequest.InferInputTensor(name="X", datatype="INT32", shape=shape)],
        raw_input_contents=[np.array([value], np.int32).tobytes()],
    )
    for name, it in parameters.items():
        if isinstance(it, bool):
            made.parameters[name].bool_param = it
        else:
            made.parameters[name].int64_param = it
    return made


def answer(response: pb.ModelInferResponse) -> tuple[int, int]:
    """The number, and the process that computed it."""
    value, pid = response.raw_output_contents
    return int(np.frombuffer(value, np.int32)[0]), int(np.frombuffer(pid, np.int64)[0])


class Rest:
    """Calls over REST with the token."""

    def __init__(self, server: Served) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {server.token}"}

    def get(self, path: str) -> Any:
        reply = requests.get(self._server.rest + path, headers=self._headers, timeout=WAIT_S)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def load(self, model: str) -> str:
        """Load a model; why it could not be, '' if it was."""
        path = f"{self._server.rest}/v2/repository/models/{model}/load"
        reply = requests.post(path, headers=self._headers, timeout=WAIT_S)
        return "" if reply.ok else str(reply.json()["error"])

    def replicas(self, model: str) -> list[dict[str, Any]]:
        """The replicas of a model by their last reports, which may be late."""
        for each in self.get("/v2/cluster")["models"]:
            if each["model"] == model:
                found: list[dict[str, Any]] = each["replicas"]
                return found
        return []

    def has_replicas(self, model: str, count: int) -> None:
        """Wait until a model has so many."""
        wait_for(
            lambda: len(self.replicas(model)) == count,
            f"{model} with {count} replicas",
            within_s=WAIT_S,
        )


@dataclass
class Stream:
    """One gRPC stream on a thread of its own, with so many requests in flight.

    Request and answer bear the same number, which is its own in the whole test. `gap_s` is the
    longest time without a good answer since it was set to 0, `lost` are the errors, `wrong` the
    answers to others.
    """

    server: Served
    model: str
    numbers: Iterator[int]
    in_flight: int = 4
    answered: int = 0
    wrong: int = 0
    lost: list[str] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    gap_s: float = 0.0
    broken: str = ""

    def __post_init__(self) -> None:
        self._credits: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stream-{self.model}")

    def start(self) -> None:
        for _ in range(self.in_flight):
            self._credits.put(True)  # noqa: FBT003
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more, and wait for what is on its way."""
        self._stopping.set()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        metadata = (("authorization", f"Bearer {self.server.token}"),)
        with grpc.insecure_channel(self.server.grpc) as channel:
            call = streaming(channel, _PATH)(self._requests(), metadata=metadata)
            try:
                self._read(call)
            except grpc.RpcError as error:
                self.broken = str(error)

    def _requests(self) -> Iterator[bytes]:
        self._sent: queue.SimpleQueue[int] = queue.SimpleQueue()
        while not self._stopping.is_set():
            try:
                self._credits.get(timeout=0.2)
            except queue.Empty:
                continue
            number = next(self.numbers)
            self._sent.put(number)
            yield request(self.model, number).SerializeToString()

    def _read(self, call: Any) -> None:
        last = time.monotonic()
        for data in call:
            sent = self._sent.get(timeout=WAIT_S)
            reply = pb.ModelStreamInferResponse.FromString(data)
            self._credits.put(True)  # noqa: FBT003
            if reply.error_message:
                self.lost.append(reply.error_message)
                continue
            value, pid = answer(reply.infer_response)
            self.wrong += value != sent
            self.answered += 1
            self.pids.add(pid)
            now = time.monotonic()
            self.gap_s, last = max(self.gap_s, now - last), now


@contextmanager
def streams(server: Served, model: str, count: int) -> Iterator[list[Stream]]:
    """So many streams of a model, which are stopped with the block."""
    numbers, lock = itertools.count(), threading.Lock()

    def numbered() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers)
            yield number

    found = [Stream(server, model, numbered()) for _ in range(count)]
    with ExitStack() as stack:
        for stream in found:
            stream.start()
            stack.callback(stream.stop)
        yield found


def answered(streams: list[Stream]) -> int:
    """Good answers on all of them."""
    return sum(stream.answered for stream in streams)


def reach(streams: list[Stream], count: int) -> None:
    """Wait for so many good answers of all of them, however long it takes while some come."""
    while (so_far := answered(streams)) < count:
        more = partial(_more_than, streams, so_far)
        wait_for(more, "another answer", within_s=WAIT_S)


def _more_than(streams: list[Stream], count: int) -> bool:
    return answered(streams) > count


def nothing_lost(streams: list[Stream]) -> None:
    """Stop, and see that every request had its own answer."""
    for stream in streams:
        stream.stop()
        assert (stream.wrong, stream.lost, stream.broken) == (0, [], "")
