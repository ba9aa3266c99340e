"""A graph of ONNX Runtime, computed for batches of requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.core.errors import NotReady, RequestError
from backend.models.runtimes.graph import GraphInstance, SequenceStates, Signature
from backend.models.runtimes.onnx.session import OnnxSession
from backend.models.servable import ExecutionTimes, ModelRequest, Respond


class OnnxInstance(GraphInstance):
    """Runs a graph of ONNX Runtime, which can be broken off."""

    def __init__(self, session: OnnxSession, signature: Signature, states: SequenceStates) -> None:
        super().__init__(session, signature, states)
        self._new_options = session.run_options
        self._options = session.run_options()
        self._interruption = ""

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """As `GraphInstance` does, after an earlier interruption too."""
        if self._interruption:
            self._options, self._interruption = self._new_options(), ""
        return super().execute(batch, respond)

    def interrupt(self, reason: str) -> None:
        """Let what is computed fail before its next node."""
        self._interruption = reason
        self._options.terminate = True

    def _cause(self, error: RequestError) -> RequestError:
        if not self._interruption:
            return error
        name = self._signature.model
        return NotReady(f"model '{name}' cannot take requests now: {self._interruption}")

    def _run_options(self) -> Any:
        return self._options
