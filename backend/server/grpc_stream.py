"""A gRPC stream whose messages are answered in order while the next ones are read and computed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import grpc.aio

DEPTH = 8
"""Most messages of one stream that are read and not yet answered."""

Answer: TypeAlias = Callable[[bytes], Coroutine[Any, Any, bytes]]
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


async def serve_stream(context: Context, answer: Answer) -> None:
    """Answer every message until the client has no more.

    `answer` must not raise: the error of one message travels in its reply. A client that leaves
    cancels what is on its way.
    """
    answers: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue(DEPTH)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_read(context, answer, answers, tasks))
        while await _write_next(context, answers):
            pass


async def _read(
    context: Context,
    answer: Answer,
    answers: asyncio.Queue[asyncio.Task[bytes] | None],
    tasks: asyncio.TaskGroup,
) -> None:
    while await _read_next(context, answer, answers, tasks):
        pass
    await answers.put(None)


# One call per message, so that no message or reply is kept alive while the next one is awaited.


async def _read_next(
    context: Context,
    answer: Answer,
    answers: asyncio.Queue[asyncio.Task[bytes] | None],
    tasks: asyncio.TaskGroup,
) -> bool:
    message = await context.read()
    if message is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing from the stubs
        return False
    await answers.put(tasks.create_task(answer(message)))
    return True


async def _write_next(context: Context, answers: asyncio.Queue[asyncio.Task[bytes] | None]) -> bool:
    task = await answers.get()
    if task is None:
        return False
    await context.write(await task)
    return True
