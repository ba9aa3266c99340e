"""A data plane on a loop of its own, as a test uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backend.core.inference import InferRequest
from backend.models.repository.registry import ModelRegistry
from backend.server.plane.local import LocalDataPlane
from backend.server.settings.options import ModelControl
from backend.wire.generated import open_inference_pb2 as pb
from tests.server.scripted_servables import Scripted, offer
from tests.waiting import WAIT_S

T = TypeVar("T")


def with_plane(
    work: Callable[[LocalDataPlane], Awaitable[T]],
    *models: Scripted,
    registry: ModelRegistry | None = None,
    queue_limit: int = 64,
) -> T:
    """Run `work` on a plane with these models; afterwards no thread is left."""
    registry = registry or ModelRegistry()
    for model in models:
        offer(registry, model)

    async def body() -> T:
        plane = LocalDataPlane(registry, queue_limit=queue_limit, control=ModelControl.EXPLICIT)
        planes.append(plane)
        try:
            return await asyncio.wait_for(work(plane), WAIT_S)
        finally:
            for model in models:
                model.gate.set()
            plane.close()

    planes: list[LocalDataPlane] = []
    try:
        return asyncio.run(body())
    finally:
        assert planes[0].join(30)
        registry.close()


async def entered(model: Scripted) -> None:
    """Wait until an instance has begun one more batch."""
    assert await asyncio.to_thread(model.entered.acquire, timeout=30)


async def value(plane: LocalDataPlane, request: InferRequest) -> int:
    """The first number of the answer."""
    answer, _ = await plane.infer(request)
    return int(answer.outputs[0].data.flat[0])


def begin(plane: LocalDataPlane, request: InferRequest) -> asyncio.Task[int]:
    """Ask, without waiting for the answer."""
    return asyncio.create_task(value(plane, request))


async def settle() -> None:
    """Let everything that was begun reach the queue."""
    for _ in range(3):
        await asyncio.sleep(0)


def stats(plane: LocalDataPlane, name: str) -> pb.ModelStatistics:
    (row,) = plane.statistics(name)
    return row.statistics
