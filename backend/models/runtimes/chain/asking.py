"""One model asked by another on a thread of its own, until it answers or nobody waits any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from backend.core.errors import NotReady
from backend.core.inference import InferRequest
from backend.core.predictions import Predictions
from backend.core.samples import Frame
from backend.core.tensors import Tensor
from backend.models.calls import ModelCalls
from backend.models.servable import ModelResponse
from backend.profiles.model_profile import ModelProfile

_LOOK_S = 0.1
"""How often it is looked whether the caller still waits."""


class LinkCalls:
    """Asks the models of a chain; one call at a time, `interrupt` from any thread."""

    def __init__(self, calls: ModelCalls) -> None:
        self._calls = calls
        self._lock = threading.Lock()
        self._call: _Call | None = None

    def predict(
        self,
        profile: ModelProfile,
        frame: Frame,
        tensors: Sequence[Tensor],
        given_up: Callable[[], bool],
    ) -> Predictions:
        """What a model sees in a picture that its tensors were made of; raises its error."""
        call = _Call()
        with self._lock:
            self._call = call
        try:
            request = InferRequest(profile.model, tuple(tensors))
            self._calls.ask(request, call.answered, decoupled=False)
            response = call.wait(profile.model, given_up)
        finally:
            with self._lock:
                self._call = None
        if response.error is not None:
            raise response.error
        return profile.decode(response.outputs, frame)

    def interrupt(self, reason: str) -> None:
        """Let the call that waits fail with NotReady; nothing without one."""
        with self._lock:
            call = self._call
        if call is not None:
            call.answered(ModelResponse(error=NotReady(reason)), final=True)


class _Call:
    """The answer that somebody waits for; the first one counts."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._response: ModelResponse | None = None

    def answered(self, response: ModelResponse | None, final: bool) -> None:  # noqa: ARG002 - as `Told`
        if response is not None and not self._done.is_set():
            self._response = response
        self._done.set()

    def wait(self, model: str, given_up: Callable[[], bool]) -> ModelResponse:
        while not self._done.wait(_LOOK_S):
            if given_up():
                raise NotReady(f"nobody waits for the answer of model '{model}' any more")
        return self._response or ModelResponse(error=NotReady(f"model '{model}' gave no answer"))
