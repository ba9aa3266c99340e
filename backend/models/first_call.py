"""The first computations of a model, made at load: no caller's frame waits for them.

ONNX Runtime plans its memory, LiteRT packs its weights, OpenCV starts its threads and NumPy plans
its Fourier transforms in the first call, which takes up to ten times as long as the next ones.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from backend.core.errors import ConsoleError
from backend.models.made_requests import asked_inputs, made_request, made_tensors
from backend.models.servable import Instance, ModelLoadError, Servable
from backend.models.warmup import Sample, WarmUp

_log = logging.getLogger("inferdeck.models")

MOST_CALLS = 3
"""On each instance; the second may still be slower than the others."""
ENOUGH_S = 0.25
"""A model that has taken so long is not called again."""
LONGEST_S = 5.0
"""Then a call is broken off, and the model is served as it is."""
_SEQUENCE = 2**63 - 2
"""Far from the numbers that callers use."""


class FirstCalls:
    """Lets the instances of a model compute what was made up; `end` from any thread."""

    def __init__(
        self, servable: Servable, instances: Sequence[Instance], most: int = MOST_CALLS
    ) -> None:
        self._servable = servable
        self._most = most
        self._warming = WarmUp(instances)
        self._wanted = True

    def run(self) -> None:
        """Compute, unless the shapes are open; whatever goes wrong with it is only logged.

        Raises ModelLoadError after `end`.
        """
        sample = self._sample()
        if sample is None:
            return
        timer = threading.Timer(LONGEST_S, self._warming.end)
        timer.daemon = True
        timer.start()
        try:
            self._run(sample)
        finally:
            timer.cancel()
            timer.join()
        if not self._wanted:
            raise ModelLoadError("it is not wanted any more")

    def end(self) -> None:
        """Let `run` fail as soon as it can."""
        self._wanted = False
        self._warming.end()

    def _run(self, sample: Sample) -> None:
        until = time.monotonic() + ENOUGH_S
        for number in range(self._most):
            if number and time.monotonic() > until:
                break
            try:
                self._warming.run([sample])
            except ModelLoadError as error:
                _log.debug("model %s: no first call: %s", self._servable.name, error)
                break

    def _sample(self) -> Sample | None:
        servable = self._servable
        profile = servable.profile
        if profile is None and not _is_fixed(servable):
            return None  # a size that suits no model says nothing, and may be refused
        try:
            tensors = made_tensors(servable, profile)
        except ConsoleError as error:
            _log.debug("model %s: no first call: %s", servable.name, error)
            return None
        return Sample(
            "first call",
            (made_request(servable, tensors, _SEQUENCE, start=True, end=True),),
            1,
        )


def _is_fixed(servable: Servable) -> bool:
    """Whether only a first dimension, the batch, is open."""
    return all(size >= 0 for spec in asked_inputs(servable) for size in spec.shape[1:])
