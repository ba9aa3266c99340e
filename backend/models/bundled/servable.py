"""Lets a model of three steps be served like any other."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from backend.core.errors import RequestError
from backend.core.tensors import TensorSpec
from backend.models.config import describe
from backend.models.contract import Model
from backend.models.servable import (
    ExecutionTimes,
    Instance,
    ModelRequest,
    ModelResponse,
    Respond,
)
from backend.profiles.model_profile import ModelProfile


class ModelServable:
    """One model of this process, which is its own only instance."""

    decoupled = False
    trouble = ""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.config = describe(model.name, model.platform, model.inputs, model.outputs)
        self.name = model.name
        self.version = model.version
        self.inputs: tuple[TensorSpec, ...] = model.inputs
        self.outputs: tuple[TensorSpec, ...] = model.outputs
        self.labels: Mapping[str, tuple[str, ...]] = {}
        self.profile: ModelProfile | None = model.profile
        self.instant = model.instant

    def make_instance(self, index: int) -> Instance:
        """The model itself."""
        assert index == 0
        return _ModelInstance(self.model)

    def close(self) -> None:
        """Close the model."""
        self.model.close()


class _ModelInstance:
    """Runs the three steps for one request after the other."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Answer each request, whatever becomes of the others."""
        model = self._model
        input_ns = infer_ns = output_ns = 0
        for index, request in enumerate(batch):
            started = time.monotonic_ns()
            try:
                prepared = model.prepare(request.inputs)
                ready = time.monotonic_ns()
                raw = model.infer(prepared)
                computed = time.monotonic_ns()
                response = ModelResponse(model.finish(raw))
            except RequestError as error:
                response = ModelResponse(error=error)
            else:
                input_ns += ready - started
                infer_ns += computed - ready
                output_ns += time.monotonic_ns() - computed
            respond(index, response, True)  # noqa: FBT003 - the protocol's
        return ExecutionTimes(input_ns, infer_ns, output_ns)

    def close(self) -> None:
        """The servable closes the model."""
