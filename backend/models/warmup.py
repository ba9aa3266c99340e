"""Requests that a model answers before anybody may ask it (``model_warmup``)."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from backend.core.errors import ConsoleError, mebibytes
from backend.core.tensors import Array, Datatype, Tensor, TensorSpec
from backend.models.config import datatype_of, inside
from backend.models.sequence_controls import Controls, own_inputs
from backend.models.servable import (
    Instance,
    Interruptible,
    ModelLoadError,
    ModelRequest,
    ModelResponse,
    SequenceStep,
    Servable,
)
from backend.wire.elements import TensorRef, count_elements, from_raw, object_array
from backend.wire.generated import open_inference_pb2 as pb

_log = logging.getLogger("inferdeck.models")

FOLDER = "warmup"
MOST_SAMPLES = 64
MOST_RUNS = 1000
MOST_BYTES = 256 << 20
"""Of the tensors of one sample, all its requests together."""
_TEXT_BYTES = 16
"""What an element of text takes here at least."""
_LAST_RESPONSE_S = 60.0
_SEED = 2026
_SEQUENCE = 2**63 - 1
"""Far from the numbers that callers use; it starts and ends with each request."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Requests that are computed together, `count` times."""

    name: str
    requests: tuple[ModelRequest, ...]
    count: int


def read_samples(servable: Servable, folder: Path) -> tuple[Sample, ...]:
    """The samples of a model's configuration; files are taken from the folder ``warmup`` in it.

    Raises ModelLoadError for what the model does not take, and for too much of it.
    """
    settings = servable.config.model_warmup
    if len(settings) > MOST_SAMPLES:
        raise ModelLoadError(f"model_warmup has {len(settings)} samples, at most {MOST_SAMPLES}")
    for one in settings:
        if not one.batch_size:  # as Triton does
            _log.warning(
                "model %s: warmup sample '%s' is left out: its batch_size is 0",
                servable.name,
                one.name,
            )
    return tuple(_sample(servable, one, folder) for one in settings if one.batch_size)


class WarmUp:
    """Runs samples on instances; `end` breaks it off, from any thread."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._instances = instances
        self._ended = False
        self._answers = _Answers(0)

    def run(self, samples: Sequence[Sample]) -> None:
        """Run each sample on each instance; raises ModelLoadError for one that is not answered."""
        for instance in self._instances:
            for sample in samples:
                for _ in range(sample.count):
                    self._run(instance, sample)

    def end(self) -> None:
        """Let `run` fail as soon as the instance that computes can be broken off."""
        self._ended = True
        self._answers.over.set()
        for instance in self._instances:
            if isinstance(instance, Interruptible):
                instance.interrupt("it is not wanted any more")

    def _run(self, instance: Instance, sample: Sample) -> None:
        self._answers = answers = _Answers(len(sample.requests))
        if self._ended:
            raise _failed(sample, "given up")
        try:
            instance.execute(sample.requests, answers.respond)
        except Exception as error:
            raise _failed(sample, error) from error
        if not answers.over.wait(_LAST_RESPONSE_S):
            raise _failed(sample, f"no final response within {_LAST_RESPONSE_S:.0f} s")
        if answers.errors:
            raise _failed(sample, answers.errors[0])


def _failed(sample: Sample, why: Exception | str) -> ModelLoadError:
    reason = why if isinstance(why, ConsoleError | str) else f"{type(why).__name__}: {why}"
    return ModelLoadError(f"failed to run warmup sample '{sample.name}': {reason}")


@dataclass(slots=True)
class _Answers:
    """Waits for the last response to each request of a sample."""

    missing: int
    errors: list[Exception] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, _index: int, response: ModelResponse | None, final: bool) -> None:
        with self.lock:
            if response is not None and response.error is not None:
                self.errors.append(response.error)
            self.missing -= final
            if self.missing <= 0:
                self.over.set()


def _check_counts(servable: Servable, sample: pb.ModelWarmup) -> None:
    most = max(1, servable.config.max_batch_size)
    if sample.batch_size > most:
        raise ModelLoadError(
            f"warmup sample '{sample.name}': batch size {sample.batch_size} for "
            f"'{servable.name}', max allowed is {most}"
        )
    if sample.count > MOST_RUNS:
        raise ModelLoadError(
            f"warmup sample '{sample.name}' has count {sample.count}, at most {MOST_RUNS}"
        )


def _sample(servable: Servable, sample: pb.ModelWarmup, folder: Path) -> Sample:
    _check_counts(servable, sample)
    inputs = dict(_inputs(servable, sample, folder))
    _check_complete(servable, sample, inputs)
    requests = tuple(_request(servable, inputs, row) for row in range(sample.batch_size))
    return Sample(sample.name, requests, max(1, sample.count))


def _request(servable: Servable, inputs: Mapping[str, Tensor], row: int) -> ModelRequest:
    config = servable.config
    step = None
    if config.HasField("sequence_batching"):
        step = SequenceStep(_SEQUENCE - row, start=True, end=True)
        inputs = {**inputs, **Controls(config).tensors(step)}
    return ModelRequest(inputs, sequence=step)


def _inputs(
    servable: Servable, sample: pb.ModelWarmup, folder: Path
) -> Iterator[tuple[str, Tensor]]:
    ours = own_inputs(servable.config)
    specs = {spec.name: spec for spec in servable.inputs if spec.name not in ours}
    left = MOST_BYTES // sample.batch_size
    for name in sorted(sample.inputs):
        setting = sample.inputs[name]
        if name not in specs:
            raise ModelLoadError(
                f"warmup setting has input '{name}', which model '{servable.name}' does not take"
            )
        place = TensorRef("input", name, servable.name)
        shape = _shape(servable, specs[name], setting)
        left -= _count(shape, place) * (specs[name].datatype.itemsize or _TEXT_BYTES)
        if left < 0:
            raise ModelLoadError(
                f"warmup sample '{sample.name}' takes more than {mebibytes(MOST_BYTES)}"
            )
        yield name, _tensor(place, specs[name].datatype, shape, setting, folder)


def _shape(servable: Servable, spec: TensorSpec, setting: pb.ModelWarmup.Input) -> tuple[int, ...]:
    """With the batch dimension, of one."""
    datatype = datatype_of(setting.data_type, f"warmup setting of input '{spec.name}'")
    if datatype is not spec.datatype:
        raise ModelLoadError(
            f"warmup setting: inference input '{spec.name}' data-type is '{datatype}', but model "
            f"'{servable.name}' expects '{spec.datatype}'"
        )
    if any(size < 0 for size in setting.dims):
        raise ModelLoadError(
            "warmup setting expects all variable-size dimensions are specified for input "
            f"'{spec.name}'"
        )
    shape = (1, *setting.dims) if servable.config.max_batch_size else tuple(setting.dims)
    if not spec.accepts(shape):
        raise ModelLoadError(
            f"warmup setting: unexpected shape for input '{spec.name}' for model "
            f"'{servable.name}'. Expected {list(spec.shape)}, got {list(shape)}"
        )
    return shape


def _check_complete(
    servable: Servable, sample: pb.ModelWarmup, inputs: Mapping[str, Tensor]
) -> None:
    ours = own_inputs(servable.config)
    for spec in servable.inputs:
        if spec.name not in inputs and spec.name not in ours and not spec.optional:
            raise ModelLoadError(
                f"warmup sample '{sample.name}' for model '{servable.name}' is missing required "
                f"input '{spec.name}'"
            )


def _count(shape: tuple[int, ...], place: TensorRef) -> int:
    try:
        return count_elements(shape, place)
    except ConsoleError as error:
        raise ModelLoadError(f"warmup setting: {error}") from error


def _tensor(
    place: TensorRef,
    datatype: Datatype,
    shape: tuple[int, ...],
    setting: pb.ModelWarmup.Input,
    folder: Path,
) -> Tensor:
    match setting.WhichOneof("input_data_type"):
        case "zero_data":
            data = _zeros(datatype, shape)
        case "random_data":
            data = _random(datatype, shape)
        case "input_data_file":
            return _from_file(place, datatype, shape, folder, setting.input_data_file)
        case _:
            raise ModelLoadError(
                f"warmup setting expects input '{place.name}' to have input_data_type set"
            )
    return Tensor(place.name, datatype, data)


def _zeros(datatype: Datatype, shape: tuple[int, ...]) -> Array:
    if datatype is Datatype.BYTES:
        return object_array([b""] * math.prod(shape), shape)
    return np.zeros(shape, datatype.numpy)


def _random(datatype: Datatype, shape: tuple[int, ...]) -> Array:
    """Numbers of 0 to 1, whole numbers of the datatype's range, letters; the same at each load."""
    chance = np.random.default_rng(_SEED)
    if datatype is Datatype.BYTES:
        letters = chance.integers(ord("a"), ord("z") + 1, (math.prod(shape), 8), np.uint8)
        return object_array([row.tobytes() for row in letters], shape)
    if datatype is Datatype.BF16:
        return (chance.random(shape, np.float32).view(np.uint32) >> 16).astype(np.uint16)
    kind = datatype.numpy
    if kind.kind == "f":
        return chance.random(shape).astype(kind)
    if kind.kind == "b":
        return chance.integers(0, 2, shape).astype(kind)
    limits = np.iinfo(kind)
    return chance.integers(limits.min, limits.max, shape, kind, endpoint=True)


def _from_file(
    place: TensorRef, datatype: Datatype, shape: tuple[int, ...], folder: Path, file: str
) -> Tensor:
    """The elements as they go over the wire; what of the file is beyond them is left alone."""
    path = inside(inside(folder, FOLDER), file)
    itemsize = datatype.itemsize
    size = MOST_BYTES if itemsize is None else math.prod(shape) * itemsize
    try:
        if not path.is_file():
            raise ModelLoadError(f"there is no file {FOLDER}/{file}")
        with path.open("rb") as opened:
            data = opened.read(size)
    except OSError as error:
        raise ModelLoadError(f"{FOLDER}/{file} cannot be read: {error.strerror}") from error
    if itemsize is not None and len(data) < size:
        raise ModelLoadError(
            f"warmup setting expects {size} bytes, but the data provided from {file} only has "
            f"{len(data)} bytes"
        )
    try:
        return from_raw(data, datatype, shape, place)
    except ConsoleError as error:
        raise ModelLoadError(f"{FOLDER}/{file}: {error}") from error
