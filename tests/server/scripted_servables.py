"""Small real servables that a test scripts: what they answer, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from google.protobuf import text_format

from backend.core.inference import InferRequest
from backend.core.inference import Parameter as Value
from backend.core.tensors import Datatype, Tensor
from backend.models.config.types import input_specs, output_specs
from backend.models.repository.loaded import LoadedModel
from backend.models.repository.registry import ModelRegistry
from backend.models.servable import (
    ExecutionTimes,
    ModelRequest,
    ModelResponse,
    Respond,
    SequenceId,
)
from backend.wire.generated import open_inference_pb2 as pb

WAIT_S = 60.0
TIMES = ExecutionTimes(1_000, 2_000, 3_000)

Script = Callable[[int, ModelRequest, Respond], None]

_TENSORS = """
input { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
"""


def config(name: str, text: str = "") -> pb.ModelConfig:
    """A model that takes and gives INT32 [-1], with what the text adds."""
    return text_format.Parse(f'name: "{name}" {_TENSORS} {text}', pb.ModelConfig())


def echo(index: int, request: ModelRequest, respond: Respond) -> None:
    """The input, once."""
    data = request.inputs["INPUT0"].data
    respond(index, ModelResponse((Tensor("OUTPUT0", Datatype.INT32, data),)), True)  # noqa: FBT003


def response(value: int) -> ModelResponse:
    return ModelResponse((Tensor("OUTPUT0", Datatype.INT32, np.array([value], np.int32)),))


class Scripted:
    """Answers every request by its script, once the gate is open; remembers its batches."""

    labels: Mapping[str, tuple[str, ...]] = {}
    profile = None
    trouble = ""

    def __init__(
        self,
        config: pb.ModelConfig,
        script: Script = echo,
        *,
        version: str = "1",
        instant: bool = False,
    ) -> None:
        self.config = config
        self.name = config.name
        self.version = version
        self.inputs = input_specs(config)
        self.outputs = output_specs(config)
        self.decoupled = config.model_transaction_policy.decoupled
        self.instant = instant
        self.script = script
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[int]] = []
        self.requests: list[ModelRequest] = []
        self.by_instance: dict[int, list[int]] = {}
        self.forgotten: list[SequenceId] = []
        self.closed: list[str] = []

    def make_instance(self, index: int) -> ScriptedInstance:
        return ScriptedInstance(self, index)

    def close(self) -> None:
        self.closed.append("model")


class ScriptedInstance:
    def __init__(self, model: Scripted, index: int) -> None:
        self._model = model
        self._index = index

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        values = [int(request.inputs["INPUT0"].data.flat[0]) for request in batch]
        self._model.requests.extend(batch)
        self._model.batches.append(values)
        self._model.by_instance.setdefault(self._index, []).extend(values)
        self._model.entered.release()
        assert self._model.gate.wait(WAIT_S)
        for index, request in enumerate(batch):
            self._model.script(index, request, respond)
        return TIMES

    def forget(self, sequence: SequenceId) -> None:
        self._model.forgotten.append(sequence)

    def close(self) -> None:
        self._model.closed.append(f"instance {self._index}")


def offer(registry: ModelRegistry, *versions: Scripted) -> None:
    """Load a model with these versions."""
    name = versions[0].name
    registry.add_loader(name, lambda _config: [LoadedModel(model) for model in versions])
    registry.load(name)


def asking(
    model: str, *values: int, batch: int = 0, version: str = "", **parameters: Value
) -> InferRequest:
    """A request with these values; `batch` is the size of the leading dimension, 0 for none."""
    data = np.array(values, np.int32)
    shaped = np.tile(data, (batch, 1)) if batch else data
    tensor = Tensor("INPUT0", Datatype.INT32, shaped)
    return InferRequest(model, (tensor,), version=version, parameters=parameters)
