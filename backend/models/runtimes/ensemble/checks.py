"""Whether the models of an ensemble are there and fit each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backend.core.tensors import Datatype, TensorSpec
from backend.models.config import config_type, input_specs, output_specs
from backend.models.runtimes.ensemble.plan import Step
from backend.models.sequence_controls import own_inputs
from backend.models.servable import ModelLoadError, Servable
from backend.models.services import LoadedModels
from backend.wire.generated import open_inference_pb2 as pb

_ANY = -1


@dataclass(frozen=True, slots=True)
class _Form:
    """What a model says of a tensor; the batch dimension is not in `dims`."""

    model: str
    datatype: Datatype
    dims: tuple[int, ...]
    batching: bool


def models_of_steps(name: str, steps: Sequence[Step], models: LoadedModels) -> tuple[Servable, ...]:
    """The model of each step; raises ModelLoadError for one that is not loaded."""
    return tuple(_model(name, step, models) for step in steps)


def check_steps(
    config: pb.ModelConfig, steps: Sequence[Step], servables: Sequence[Servable]
) -> None:
    """Raise ModelLoadError if a step's model does not take or give what the ensemble says."""
    forms: dict[str, _Form] = dict(_own_forms(config))
    for step, servable in zip(steps, servables, strict=True):
        _check_batch(config, servable)
        inputs, outputs = _inputs(servable), {spec.name: spec for spec in servable.outputs}
        for key, tensor in step.inputs.items():
            if key not in inputs:
                raise ModelLoadError(
                    f"in ensemble {config.name}, ensemble tensor {tensor} is mapping to "
                    f"non-existing input {key} in model {step.model}"
                )
            _check_form(config.name, tensor, forms, _form(servable, inputs[key]))
        for spec in inputs.values():
            if spec.name not in step.inputs and not spec.optional:
                raise ModelLoadError(
                    f"in ensemble {config.name}, input {spec.name} in model {step.model} is not "
                    "mapped to any ensemble tensors"
                )
        for key, tensor in step.outputs.items():
            if key not in outputs:
                raise ModelLoadError(
                    f"in ensemble {config.name}, ensemble tensor {tensor} is mapped from "
                    f"non-existing output {key} in model {step.model}"
                )
            _check_form(config.name, tensor, forms, _form(servable, outputs[key]))


def _model(name: str, step: Step, models: LoadedModels) -> Servable:
    found = models.find(step.model, step.version)
    if found is not None:
        return found
    why = models.why_absent(step.model)
    if why is None:
        raise ModelLoadError(
            f"ensemble {name} contains models that are not available or ambiguous: {step.model}"
        )
    if models.find(step.model, "") is not None:
        raise ModelLoadError(
            f"ensemble '{name}' depends on '{step.model}' whose required version {step.version} "
            "is not loaded"
        )
    reason = f". Model '{step.model}' loading failed with error: {why}" if why else ""
    raise ModelLoadError(
        f"ensemble '{name}' depends on '{step.model}' which has no loaded version{reason}"
    )


def _check_batch(config: pb.ModelConfig, servable: Servable) -> None:
    most = servable.config.max_batch_size
    if 0 < most < config.max_batch_size:
        raise ModelLoadError(
            f"ensemble {config.name} allows maximum batch size {config.max_batch_size}, but it "
            f"contains model {servable.name} which only allows maximum batch size to be {most}"
        )


def _inputs(servable: Servable) -> dict[str, TensorSpec]:
    ours = own_inputs(servable.config)
    return {spec.name: spec for spec in servable.inputs if spec.name not in ours}


def _own_forms(config: pb.ModelConfig) -> Iterator[tuple[str, _Form]]:
    """The ensemble's own tensors, reshaped as its steps see them."""
    declared: Iterable[tuple[pb.ModelInput | pb.ModelOutput, TensorSpec]] = [
        *zip(config.input, input_specs(config), strict=True),
        *zip(config.output, output_specs(config), strict=True),
    ]
    batching = config.max_batch_size > 0
    for entry, spec in declared:
        dims = entry.reshape.shape if entry.HasField("reshape") else entry.dims
        yield spec.name, _Form(config.name, spec.datatype, tuple(dims), batching)


def _form(servable: Servable, spec: TensorSpec) -> _Form:
    batching = servable.config.max_batch_size > 0
    dims = spec.shape[1:] if batching else spec.shape
    return _Form(servable.name, spec.datatype, dims, batching)


def _check_form(name: str, tensor: str, forms: dict[str, _Form], form: _Form) -> None:
    known = forms.setdefault(tensor, form)
    if known.datatype is not form.datatype:
        raise ModelLoadError(
            f"in ensemble {name}, ensemble tensor {tensor}: inconsistent data type: "
            f"{_type_name(known)} is inferred from model {known.model} while {_type_name(form)} "
            f"is inferred from model {form.model}"
        )
    if not _agree(known, form):
        raise ModelLoadError(
            f"in ensemble {name}, ensemble tensor {tensor}: inconsistent shape: "
            f"{_listed(known.dims)} is inferred from model {known.model} while "
            f"{_listed(form.dims)} is inferred from model {form.model}"
        )


def _agree(one: _Form, other: _Form) -> bool:
    if _fit(one.dims, other.dims):
        return True
    return one.batching != other.batching and _fit(_full(one), _full(other))


def _fit(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return len(one) == len(other) and all(
        a == b or _ANY in (a, b) for a, b in zip(one, other, strict=True)
    )


def _full(form: _Form) -> tuple[int, ...]:
    return (_ANY, *form.dims) if form.batching else form.dims


def _type_name(form: _Form) -> str:
    return pb.DataType.Name(config_type(form.datatype))


def _listed(dims: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, dims))}]"
