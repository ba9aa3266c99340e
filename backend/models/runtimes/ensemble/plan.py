"""What an ensemble computes, and in which order: its steps as a data-flow graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

PLATFORM = "ensemble"
MOST_STEPS = 1024
_NEWEST = -1
_MOST_DECOUPLED = 32
"""Decoupled steps that feed each other; each is a call deeper."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One model of an ensemble; `version` '' is the newest.

    `inputs` and `outputs` are from the model's tensors to those of the ensemble.
    """

    model: str
    version: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Steps that run once for each response of the level before, and the one that opens the next.

    Without `decoupled` this is the last level: it gives one response.
    """

    steps: tuple[Step, ...]
    decoupled: Step | None


def steps_of(config: pb.ModelConfig) -> tuple[Step, ...]:
    """The steps of an ensemble's configuration, none for other models."""
    return tuple(
        Step(
            step.model_name,
            "" if step.model_version in (0, _NEWEST) else str(step.model_version),
            dict(step.input_map),
            dict(step.output_map),
        )
        for step in config.ensemble_scheduling.step
    )


def check_graph(config: pb.ModelConfig) -> None:
    """Raise ModelLoadError if the steps do not make each output of the inputs, or make too much."""
    name = config.name
    _check_fields(config)
    steps = steps_of(config)
    inputs = [tensor.name for tensor in config.input]
    producers = _producers(name, inputs, steps)
    users = dict.fromkeys(tensor for step in steps for tensor in step.inputs.values())
    for tensor in inputs:
        if tensor not in users:
            raise ModelLoadError(f"ensemble input '{tensor}' for ensemble '{name}' is not used")
    outputs = {tensor.name for tensor in config.output}
    ready = set(inputs).union(*(step.outputs.values() for step in _in_order(inputs, steps)))
    for output in (tensor.name for tensor in config.output):
        if output not in producers:
            raise ModelLoadError(f"ensemble output '{output}' for ensemble '{name}' is not used")
        if output not in ready:
            missing = next(t for t in producers[output].inputs.values() if t not in ready)
            raise ModelLoadError(
                f"output '{output}' for ensemble '{name}' is not written: at least one of its "
                f"depending tensors, '{missing}', is not connected"
            )
    for tensor in [*users, *producers]:
        if tensor not in outputs and not (tensor in ready and tensor in users):
            raise ModelLoadError(f"ensemble tensor '{tensor}' is unused in ensemble '{name}'")


def levels_of(
    name: str,
    inputs: Iterable[str],
    outputs: Collection[str],
    steps: Sequence[Step],
    decoupled: Collection[Step],
) -> tuple[Level, ...]:
    """The steps that `outputs` need, each level one response of a decoupled step deeper.

    Raises ModelLoadError where responses of two decoupled steps would have to be matched, and for
    too many of them.
    """
    at = dict.fromkeys(inputs, 0)
    placed: list[list[Step]] = [[]]
    opening: list[Step | None] = [None]
    for step in _in_order(at, _needed(outputs, steps)):
        level = max(at[tensor] for tensor in step.inputs.values())
        if step in decoupled:
            other = opening[level]
            if other is not None:
                raise ModelLoadError(
                    f"in ensemble {name}, models {other.model} and {step.model} are decoupled and "
                    "neither feeds the other: their responses cannot be matched"
                )
            if level >= _MOST_DECOUPLED:
                raise ModelLoadError(
                    f"in ensemble {name}, more than {_MOST_DECOUPLED} decoupled models follow each "
                    "other"
                )
            opening[level] = step
            placed.append([])
            opening.append(None)
        else:
            placed[level].append(step)
        at.update(dict.fromkeys(step.outputs.values(), level + (step in decoupled)))
    return tuple(
        Level(tuple(steps), decoupled) for steps, decoupled in zip(placed, opening, strict=True)
    )


def _check_fields(config: pb.ModelConfig) -> None:
    name = config.name
    if config.instance_group:
        raise ModelLoadError(f"instance group should not be specified for ensemble '{name}'")
    if config.model_warmup:
        raise ModelLoadError(f"model_warmup can not be specified for ensemble '{name}'")
    steps = config.ensemble_scheduling.step
    if not steps:
        raise ModelLoadError(f"must specify 'step' for ensemble '{name}'")
    if len(steps) > MOST_STEPS:
        raise ModelLoadError(f"ensemble '{name}' has {len(steps)} steps, at most {MOST_STEPS}")
    for index, step in enumerate(steps):
        for field in ("model_name", "input_map", "output_map"):
            if not getattr(step, field):
                raise ModelLoadError(f"must specify '{field}' in step {index} of ensemble '{name}'")
        if step.model_namespace:
            raise ModelLoadError(
                f"'model_namespace' in step {index} of ensemble '{name}' is not offered here"
            )


def _producers(name: str, inputs: Collection[str], steps: Sequence[Step]) -> dict[str, Step]:
    """The step that gives each tensor."""
    producers: dict[str, Step] = {}
    for index, step in enumerate(steps):
        for tensor in step.outputs.values():
            if tensor in producers:
                raise ModelLoadError(
                    f"ensemble tensor '{tensor}' can appear in an output map only once for "
                    f"ensemble '{name}' step {index}"
                )
            if tensor in inputs:
                raise ModelLoadError(
                    f"ensemble input '{tensor}' cannot appear in an output map for ensemble "
                    f"'{name}' step {index}"
                )
            producers[tensor] = step
    return producers


def _in_order(inputs: Iterable[str], steps: Iterable[Step]) -> list[Step]:
    """The steps that can run, each after those it needs."""
    users: dict[str, list[int]] = {}
    numbered = list(steps)
    lacking = [set(step.inputs.values()) for step in numbered]
    for index, tensors in enumerate(lacking):
        for tensor in tensors:
            users.setdefault(tensor, []).append(index)
    order: list[Step] = []
    ready = deque(inputs)
    while ready:
        tensor = ready.popleft()
        for index in users.get(tensor, ()):
            lacking[index].discard(tensor)
            if not lacking[index]:
                order.append(numbered[index])
                ready.extend(numbered[index].outputs.values())
    return order


def _needed(outputs: Collection[str], steps: Sequence[Step]) -> list[Step]:
    producers = {
        tensor: index for index, step in enumerate(steps) for tensor in step.outputs.values()
    }
    found: set[int] = set()
    waiting = list(outputs)
    while waiting:
        index = producers.get(waiting.pop())
        if index is not None and index not in found:
            found.add(index)
            waiting.extend(steps[index].inputs.values())
    return [steps[index] for index in sorted(found)]
