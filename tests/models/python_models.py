"""Python models written to a folder and served as the server does."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import text_format

from backend.core.errors import RequestError
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.code.permission import AllCode
from backend.models.runtimes.python.instance import Patience, PythonInstance
from backend.models.runtimes.python.loader import PythonRuntime, PythonServable
from backend.models.servable import ModelRequest, ModelResponse
from backend.models.services import ModelServices
from backend.wire.generated import open_inference_pb2 as pb

QUICK = Patience(initialize_s=30.0, finalize_s=2.0, first_pause_s=0.2, longest_pause_s=5.0)
WAIT_S = 60.0


def write(root: Path, name: str, source: str) -> Path:
    """A model's version folder with that file in it."""
    folder = root / name / "1"
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(textwrap.dedent(source))
    return folder


def config(name: str, text: str = "") -> pb.ModelConfig:
    """A configuration from protobuf text."""
    made = pb.ModelConfig(name=name, backend="python")
    text_format.Parse(text, made)
    return made


def trusting() -> ModelServices:
    """What a model that a test has written reaches of the server; it may run."""
    return ModelServices(code=AllCode())


@contextmanager
def serving(
    root: Path, source: str, text: str = "", *, name: str = "m", patience: Patience = QUICK
) -> Iterator[tuple[PythonServable, PythonInstance]]:
    """The model, loaded, with one instance."""
    runtime = PythonRuntime(patience, trusting())
    servable = runtime.load(config(name, text), write(root, name, source))
    instance = servable.make_instance(0)
    try:
        yield servable, instance
    finally:
        instance.close()
        servable.close()


@dataclass
class Answers:
    """Collects what a model responds, by place in the batch."""

    responses: dict[int, list[ModelResponse]] = field(default_factory=dict)
    finals: list[int] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, index: int, response: ModelResponse | None, final: bool) -> None:
        with self.changed:
            if response is not None:
                self.responses.setdefault(index, []).append(response)
            if final:
                self.finals.append(index)
            self.changed.notify_all()

    def wait(self, finals: int = 1) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.finals) >= finals, WAIT_S)

    def numbers(self, index: int = 0) -> list[object]:
        return [one.outputs[0].data.reshape(-1).tolist() for one in self.responses.get(index, [])]

    def error(self, index: int = 0) -> RequestError:
        (response,) = self.responses[index]
        assert response.error is not None
        return response.error


def tensor(name: str, data: Array) -> Tensor:
    kind = next(d for d in Datatype if d.numpy == data.dtype and d is not Datatype.BF16)
    return Tensor(name, kind, data)


def request(*inputs: Tensor, **rest: object) -> ModelRequest:
    return ModelRequest({one.name: one for one in inputs}, **rest)  # type: ignore[arg-type]


def execute(instance: PythonInstance, *batch: ModelRequest) -> Answers:
    answers = Answers()
    instance.execute(batch, answers)
    return answers


def outputs(instance: PythonInstance, one: ModelRequest) -> Mapping[str, Tensor]:
    (response,) = execute(instance, one).responses[0]
    if response.error is not None:
        raise response.error
    return {made.name: made for made in response.outputs}
