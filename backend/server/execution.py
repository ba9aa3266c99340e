"""One request's way through a model, timed step by step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend.core.errors import ConsoleError, ModelFailed
from backend.core.tensors import Tensor
from backend.core.timing import ServerTiming
from backend.models.model import Model

_log = logging.getLogger("inferdeck.server")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """What surrounds a model's own three steps.

    `inputs` makes the checked input tensors and is part of compute_input; `result` makes the answer
    of the output tensors and is part of compute_output. Both run where the model runs.
    """

    inputs: Callable[[], Mapping[str, Tensor]]
    result: Callable[[tuple[Tensor, ...]], T]


def execute(model: Model, work: Work[T], queued_ns: int) -> tuple[T, ServerTiming]:
    """Run a model once; `queued_ns` is the monotonic time at which the request arrived.

    Raises ConsoleError as it comes, and ModelFailed for anything else.
    """
    started = time.monotonic_ns()
    try:
        prepared = model.prepare(work.inputs())
        ready = time.monotonic_ns()
        raw = model.infer(prepared)
        computed = time.monotonic_ns()
        result = work.result(model.finish(raw))
    except ConsoleError:
        raise
    except Exception as error:
        _log.exception("Model %s failed", model.name)
        raise ModelFailed(
            f"model '{model.name}' failed: {type(error).__name__}: {error}"
        ) from error
    finished = time.monotonic_ns()
    return result, ServerTiming(
        queue_us=(started - queued_ns) / 1e3,
        compute_input_us=(ready - started) / 1e3,
        compute_infer_us=(computed - ready) / 1e3,
        compute_output_us=(finished - computed) / 1e3,
    )
