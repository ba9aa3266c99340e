"""What Ray Serve adds to a frame: our server on it, our server in its process, and Ray's bare echo.

    .venv-ray/bin/python -m tests.benchmarks.ray_overhead

A frame of 640x480 RGB and one of 1 KB, one in flight, in turns of each way in rounds: the medians
over the rounds of the median call in milliseconds. The bare echo is a deployment that gives back
the array which its handle was given, asked from this process.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import Any

import grpc
import numpy as np

from backend.core.process import tune_process

tune_process()

from backend.engines.ray import RayModels, ray_serve  # noqa: E402
from backend.models.catalogue import bundled_registry  # noqa: E402
from backend.server.lifecycle import EmbeddedServer  # noqa: E402
from backend.server.settings import ServerOptions  # noqa: E402
from backend.wire.generated import open_inference_pb2 as pb  # noqa: E402

_SIZES = {"frame": (480, 640, 3), "1 KB": (1, 342, 3)}
_ROUNDS, _CALLS, _WARM = 7, 60, 20
_STREAM = "/inference.GRPCInferenceService/ModelStreamInfer"


def _message(shape: tuple[int, ...]) -> bytes:
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="INPUT0", datatype="UINT8", shape=[math.prod(shape)]
    )
    return pb.ModelInferRequest(
        model_name="identity", inputs=[tensor], raw_input_contents=[bytes(math.prod(shape))]
    ).SerializeToString()


class _Stream:
    """One call over a gRPC stream, one in flight."""

    def __init__(self, address: str) -> None:
        untyped: Any = grpc.aio
        limits = [("grpc.max_receive_message_length", -1)]
        self._channel = untyped.insecure_channel(address, options=limits)
        self._call = self._channel.stream_stream(_STREAM)()

    async def __call__(self, message: bytes) -> None:
        await self._call.write(message)
        reply = pb.ModelStreamInferResponse.FromString(await self._call.read())
        assert not reply.error_message, reply.error_message

    async def close(self) -> None:
        self._call.cancel()
        await self._channel.close()


async def _median_ms(call: Callable[[], Awaitable[object]]) -> float:
    for _ in range(_WARM):
        await call()
    took = []
    for _ in range(_CALLS):
        began = time.perf_counter()
        await call()
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


async def _measure(embedded: str, on_ray: str, echo: Any) -> None:
    ours, rays = _Stream(embedded), _Stream(on_ray)
    for name, shape in _SIZES.items():
        message, array = _message(shape), np.zeros(shape, np.uint8)
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "in its process": partial(ours, message),
            "on Ray": partial(rays, message),
            "Ray's bare echo": partial(echo.remote, array),
        }
        rounds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(_ROUNDS):
            for way, call in ways.items():
                rounds[way].append(await _median_ms(call))
        for way, found in rounds.items():
            print(f"{name:6} {way:16} {statistics.median(found):6.2f} ms")
    await ours.close()
    await rays.close()


class _Echo:
    """Gives back what it gets."""

    def __call__(self, array: np.ndarray) -> np.ndarray:
        return array


def main() -> None:
    """Start all three, measure, and end them."""
    registry = bundled_registry()
    embedded = EmbeddedServer(registry, ServerOptions())
    embedded.start()
    models = ray_serve("", RayModels(), queue_limit=512)
    models.open()
    server = EmbeddedServer(models.registry, ServerOptions(), models.plane)
    server.start()
    serve: Any = import_module("ray.serve")

    deployment = serve.deployment(max_ongoing_requests=8, ray_actor_options={"num_cpus": 0.1})
    echo = serve.run(deployment(_Echo).bind(), name="echo", route_prefix=None)
    try:
        asyncio.run(_measure(embedded.grpc_address, server.grpc_address, echo))
    finally:
        server.stop()
        embedded.stop()
        serve.delete("echo")
        models.close()
        registry.close()


if __name__ == "__main__":
    main()
