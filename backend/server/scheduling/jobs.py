"""One request on its way through a model's queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from backend.core.timing import ServerTiming
from backend.models.servable import ModelRequest, ModelResponse, SequenceStep
from backend.server.scheduling.mailbox import Mailbox

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a request asks of the queue.

    `priority` is 1 for the first level, 0 for the model's default one; `timeout_ns` bounds the wait
    in the queue, None does not.
    """

    priority: int = 0
    timeout_ns: int | None = None
    sequence: SequenceStep | None = None


NO_TERMS = Terms()


class Job:
    """A request that waits, or is being computed.

    `make_request` is called where the model runs; `size` is its number of inferences and `kind` is
    equal for requests that may be computed together, None for one that must be alone.
    `batch_number` counts the batches that left the queue, this one's included. `converts` says that
    `make_request` and what makes the result are too slow for the event loop: they convert pictures
    or sound to tensors.
    """

    converts = False

    def __init__(
        self,
        make_request: Callable[[Job], ModelRequest],
        *,
        size: int = 1,
        kind: Hashable = None,
        terms: Terms = NO_TERMS,
    ) -> None:
        self.make_request = make_request
        self.size = size
        self.kind = kind
        self.terms = terms
        self.queued_ns = time.monotonic_ns()
        self.given_up = False
        self.batch_number = 0

    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.given_up

    def refuse(self, error: BaseException) -> None:
        """Let the caller know that there will be no answer; from any thread."""
        raise NotImplementedError


class SingleJob(Job, Generic[T]):
    """A request with one answer; `result` makes it of the model's response, where the model runs.

    Made on the event loop.
    """

    def __init__(
        self,
        make_request: Callable[[Job], ModelRequest],
        result: Callable[[ModelResponse], T],
        *,
        size: int = 1,
        kind: Hashable = None,
        terms: Terms = NO_TERMS,
    ) -> None:
        super().__init__(make_request, size=size, kind=kind, terms=terms)
        self.result = result
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[tuple[T, ServerTiming]] = self.loop.create_future()

    def refuse(self, error: BaseException) -> None:
        """Fail the future."""
        resolve_jobs(self.loop, [(self, error)])


class StreamJob(Job):
    """A request with any number of answers, which go to its mailbox as they come."""

    def __init__(
        self,
        make_request: Callable[[Job], ModelRequest],
        mailbox: Mailbox[ModelResponse | None],
        *,
        size: int = 1,
        kind: Hashable = None,
        terms: Terms = NO_TERMS,
    ) -> None:
        super().__init__(make_request, size=size, kind=kind, terms=terms)
        self.mailbox = mailbox

    def refuse(self, error: BaseException) -> None:
        """End the answers with an error."""
        self.mailbox.fail(error)


def resolve_jobs(
    loop: asyncio.AbstractEventLoop,
    answers: list[tuple[SingleJob[Any], Any]],
) -> None:
    """Give each job its answer or its error, from any thread, waking the loop once."""
    try:
        loop.call_soon_threadsafe(_settle, answers)
    except RuntimeError:  # the loop has ended: nobody waits any more
        return


def _settle(answers: list[tuple[SingleJob[Any], Any]]) -> None:
    for job, answer in answers:
        if job.answer.done():
            continue
        if isinstance(answer, BaseException):
            job.answer.set_exception(answer)
        else:
            job.answer.set_result(answer)
