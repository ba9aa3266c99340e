"""LiteRT's interpreter, spoken to with the protocol's datatypes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.runtimes.graph import Feeds, GraphTensor
from backend.models.runtimes.litert.quantization import Quantization
from backend.models.runtimes.litert.settings import LiteRtSettings
from backend.models.runtimes.litert.trial import Dims, Trial, plain_reason
from backend.models.servable import ModelLoadError
from backend.wire.elements import object_array

_NUMBERS = {
    datatype.numpy: datatype
    for datatype in Datatype
    if datatype not in (Datatype.BYTES, Datatype.BF16)
}


@dataclass(frozen=True, slots=True)
class LiteRtFile:
    """A file that was tried; instances share its content."""

    content: bytes
    trial: Trial
    settings: LiteRtSettings


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor is in the interpreter, and how it is stored there if a caller sees FP32."""

    index: int
    declared: GraphTensor
    quantization: Quantization | None


class LiteRtSession:
    """One interpreter with memory of its own; used by one thread at a time."""

    refuses_text = ""

    def __init__(self, file: LiteRtFile) -> None:
        """Read the file; raises ModelLoadError."""
        self._file = file
        try:
            self._interpreter = self._new()
            self._inputs, self._outputs = _places(self._interpreter, file)
        except (ValueError, RuntimeError) as error:
            raise ModelLoadError(f"LiteRT cannot load the file: {reason(error)}") from error
        self.inputs = {name: place.declared for name, place in self._inputs.items()}
        self.outputs = {name: place.declared for name, place in self._outputs.items()}
        self.replaceable: dict[str, GraphTensor] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        """As the interpreter has them now; none before the first computation."""

    def feed(self, tensor: Tensor) -> Array:
        """An input as the file stores it; raises InvalidInput for NaN and empty ones."""
        if not tensor.data.size:  # operators divide by the sizes of what they get
            raise InvalidInput(f"input '{tensor.name}' is empty, which the model cannot compute")
        quantization = self._inputs[tensor.name].quantization
        return quantization.stored(tensor) if quantization else tensor.data

    def prepare(self, feeds: Feeds) -> Feeds:
        """As they are: the interpreter copies them."""
        return feeds

    def compute(
        self,
        outputs: Sequence[str],
        prepared: Mapping[str, Any],
        options: Any = None,  # noqa: ARG002 - nothing can break it off
    ) -> list[Any]:
        """The outputs of that name; raises InvalidInput or ModelFailed."""
        self._fit({name: array.shape for name, array in prepared.items()})
        try:
            self._interpreter.reset_all_variables()
            for name, array in prepared.items():
                self._interpreter.set_tensor(self._inputs[name].index, np.ascontiguousarray(array))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(self._outputs[name].index) for name in outputs]
        except (ValueError, RuntimeError) as error:
            raise ModelFailed(f"LiteRT failed: {reason(error)}") from error

    def finish(self, outputs: Sequence[str], raw: Sequence[Any]) -> dict[str, Array]:
        """The outputs by name, as the file stores them."""
        return {name: np.asarray(array) for name, array in zip(outputs, raw, strict=True)}

    def tensor(self, name: str, datatype: Datatype, data: Array) -> Tensor:
        """An output as the caller sees it."""
        quantization = self._outputs[name].quantization
        if quantization:
            return Tensor(name, datatype, quantization.real(data))
        if datatype is Datatype.BYTES:
            return Tensor(name, datatype, object_array(data.reshape(-1).tolist(), data.shape))
        return Tensor(name, datatype, data)

    def allocate(self) -> None:
        """Get the memory for requests of the declared shapes; raises ModelLoadError."""
        try:
            self._fit({name: _smallest(tensor) for name, tensor in self.inputs.items()})
        except InvalidInput:
            self._interpreter = self._new()  # there are sizes that no request has
            self._shapes = {}

    def _fit(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Let the interpreter take inputs of these shapes; raises InvalidInput if it cannot."""
        if shapes == self._shapes:
            return
        try:
            for name, shape in shapes.items():
                place = self._inputs[name]
                self._interpreter.resize_tensor_input(place.index, shape, strict=True)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            self._interpreter = self._new()  # half of it may be changed
            self._shapes = {}
            raise InvalidInput(f"the model cannot take these inputs: {reason(error)}") from error
        self._shapes = dict(shapes)

    def _new(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        threads = self._file.settings.num_threads
        return Interpreter(model_content=self._file.content, num_threads=threads)


def reason(error: Exception) -> str:
    """What LiteRT says, in one line."""
    return plain_reason(str(error))


def _smallest(tensor: GraphTensor) -> tuple[int, ...]:
    return tuple(1 if size == -1 else size for size in tensor.dims)


def _places(interpreter: Any, file: LiteRtFile) -> tuple[dict[str, _Place], dict[str, _Place]]:
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    names = _signature_names(interpreter, inputs, outputs)
    settings, trial = file.settings, file.trial
    return (
        _role(inputs, names[0], trial.inputs, settings.takes_real),
        _role(outputs, names[1], trial.outputs, settings.gives_real),
    )


def _role(
    details: Sequence[Any],
    names: Sequence[str],
    every: Sequence[Dims],
    is_real: Callable[[str, Quantization, Dims], bool],
) -> dict[str, _Place]:
    places: dict[str, _Place] = {}
    for detail, name, dims in zip(details, names, every, strict=True):
        datatype = _datatype(detail["dtype"])
        quantization = Quantization.of(detail, datatype)
        if quantization and not is_real(name, quantization, dims):
            quantization = None
        declared = GraphTensor(
            name,
            np.dtype(detail["dtype"]).name,
            tuple(size if size >= 0 else None for size in dims),
            Datatype.FP32 if quantization else datatype,
        )
        places[name] = _Place(detail["index"], declared, quantization)
    return places


def _datatype(dtype: Any) -> Datatype | None:
    kind = np.dtype(dtype)
    return Datatype.BYTES if kind.kind in "OSU" else _NUMBERS.get(kind)


def _signature_names(
    interpreter: Any, inputs: Sequence[Any], outputs: Sequence[Any]
) -> tuple[list[str], list[str]]:
    """Those of the only signature, if it describes the same tensors; else those of the tensors."""
    if len(interpreter.get_signature_list()) == 1:
        runner = interpreter.get_signature_runner()
        named = (
            _matched(inputs, runner.get_input_details()),
            _matched(outputs, runner.get_output_details()),
        )
        if all(named):
            return named
    return (
        _unique(detail["name"] for detail in inputs),
        _unique(detail["name"] for detail in outputs),
    )


def _matched(details: Sequence[Any], signature: Mapping[str, Any]) -> list[str]:
    """The signature's name for each tensor; none if it has not exactly these tensors."""
    names = {(detail["index"], detail["name"]): name for name, detail in signature.items()}
    keys = [(detail["index"], detail["name"]) for detail in details]
    if len(names) != len(signature) or set(keys) != set(names) or len(set(keys)) != len(keys):
        return []
    return [names[key] for key in keys]


def _unique(names: Iterable[str]) -> list[str]:
    """Every name once: the second `x` is ``x_2``; one without a name is `tensor`."""
    found: list[str] = []
    for name in names:
        base = unique = name or "tensor"
        number = 1
        while unique in found:
            number += 1
            unique = f"{base}_{number}"
        found.append(unique)
    return found
