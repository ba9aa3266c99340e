"""Answers requests that models make to other models, as any edge answers its callers."""

from __future__ import annotations

import asyncio
import contextlib

from backend.core.errors import NotReady, Overloaded, RequestError, Unsupported
from backend.core.inference import InferRequest
from backend.models.calls import Respond
from backend.models.servable import ModelResponse
from backend.server.plane.data_plane import DataPlane, StreamAnswer
from backend.server.scheduling import explained

_MOST = 256
"""Requests between models that are answered at once."""


class InnerCalls:
    """The data plane, as models' processes reach it; `ask` may be called from any thread."""

    def __init__(self, plane: DataPlane, loop: asyncio.AbstractEventLoop) -> None:
        self._plane = plane
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, request: InferRequest, respond: Respond, *, decoupled: bool) -> None:
        """Begin to answer; raises NotReady if the server has ended."""
        try:
            self._loop.call_soon_threadsafe(self._begin, request, respond, decoupled)
        except RuntimeError:
            raise NotReady("the server has been stopped") from None

    def _begin(self, request: InferRequest, respond: Respond, decoupled: bool) -> None:
        task = self._loop.create_task(self._answer(request, respond, decoupled=decoupled))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: InferRequest, respond: Respond, *, decoupled: bool) -> None:
        try:
            if len(self._tasks) > _MOST:
                raise Overloaded(f"models have {_MOST} requests to other models open already")  # noqa: TRY301
            await self._check(request, decoupled=decoupled)
            answers = self._plane.stream(request)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    # Writing to the model's process may take a while.
                    await asyncio.to_thread(respond, _response(answer), answer.final)
        except asyncio.CancelledError:
            respond(ModelResponse(error=NotReady("the server is being stopped")), True)  # noqa: FBT003
            raise
        except Exception as error:  # noqa: BLE001 - every error is an answer
            why = explained(request.model, error)
            known = why if isinstance(why, RequestError) else NotReady(str(why))
            await asyncio.to_thread(respond, ModelResponse(error=known), True)  # noqa: FBT003

    async def _check(self, request: InferRequest, *, decoupled: bool) -> None:
        if not decoupled and await self._is_decoupled(request):
            raise Unsupported(
                f"model '{request.model}' answers a request any number of times (decoupled "
                "transaction policy): ask it with decoupled=True"
            )

    async def _is_decoupled(self, request: InferRequest) -> bool:
        return self._plane.model(request.model, request.version).decoupled


def _response(answer: StreamAnswer) -> ModelResponse | None:
    if answer.error is not None:
        return ModelResponse(error=answer.error)
    given = answer.response
    return None if given is None else ModelResponse(given.outputs, given.parameters)
