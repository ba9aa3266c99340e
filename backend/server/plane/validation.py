"""Whether a request fits the model it names; the texts are those that Triton's users know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.inference import RequestedOutput
from backend.core.tensors import Tensor, TensorSpec
from backend.profiles.names import IMAGE, IMAGE_ENCODED

_ONE_OF = (IMAGE, IMAGE_ENCODED)


def check_inputs(
    model: str, specs: Sequence[TensorSpec], inputs: Sequence[Tensor]
) -> Mapping[str, Tensor]:
    """The inputs by name; raises InvalidInput for one that is unknown, missing or of a wrong form.

    A model that declares IMAGE and IMAGE_ENCODED, both optional, takes exactly one of them.
    """
    declared = {spec.name: spec for spec in specs}
    given: dict[str, Tensor] = {}
    for tensor in inputs:
        if tensor.name not in declared:
            raise InvalidInput(
                f"unexpected inference input '{tensor.name}' for model '{model}'",
                hint=f"It takes {', '.join(declared)}.",
            )
        if tensor.name in given:
            raise _named_twice("input", tensor.name)
        given[tensor.name] = tensor
    _check_complete(model, specs, given)
    for name, tensor in given.items():
        _check_form(model, declared[name], tensor)
    return given


def batch_size(model: str, most: int, inputs: Mapping[str, Tensor]) -> int:
    """The number of inferences in a request: the first dimension of all its inputs.

    `most` is the model's largest batch; a model that does not batch has 0, and every request is
    one. Raises InvalidInput if the inputs disagree, or ask for none or too many.
    """
    if most < 1 or not inputs:
        return 1
    sizes = {name: tensor.shape[0] for name, tensor in inputs.items()}
    first = next(iter(sizes.values()))
    for name, size in sizes.items():
        if size != first:
            raise InvalidInput(
                f"input '{name}' batch size does not match other inputs for '{model}'",
                hint=f"Expected {first}, got {size}.",
            )
    if not 1 <= first <= most:
        raise InvalidInput(
            f"inference request batch-size must be <= {most} for '{model}'"
            if first
            else f"inference request batch-size must be at least 1 for '{model}', got 0"
        )
    return first


def select_outputs(
    model: str, outputs: Sequence[Tensor], wanted: Sequence[RequestedOutput]
) -> tuple[Tensor, ...]:
    """The outputs asked for, in the order asked for; all of them if none is named."""
    if not wanted or (len(wanted) == len(outputs) == 1 and wanted[0].name == outputs[0].name):
        return tuple(outputs)
    by_name = {tensor.name: tensor for tensor in outputs}
    missing = [output.name for output in wanted if output.name not in by_name]
    if missing:
        raise ModelFailed(f"model '{model}' gave no output '{missing[0]}'")
    return tuple(by_name[output.name] for output in wanted)


def check_outputs(
    model: str, specs: Sequence[TensorSpec], wanted: Sequence[RequestedOutput]
) -> None:
    """Raise InvalidInput if an output asked for cannot be given, or is asked for twice."""
    if not wanted:
        return
    known = [spec.name for spec in specs]
    seen: set[str] = set()
    for output in wanted:
        if output.name in seen:
            raise _named_twice("output", output.name)
        seen.add(output.name)
        if output.name not in known:
            raise InvalidInput(
                f"unexpected inference output '{output.name}' for model '{model}'",
                hint=f"It gives {', '.join(known)}.",
            )


def _check_complete(model: str, specs: Sequence[TensorSpec], given: Mapping[str, Tensor]) -> None:
    if len(specs) == len(given) == 1:
        return
    required = [spec.name for spec in specs if not spec.optional]
    missing = [name for name in required if name not in given]
    if missing:
        raise InvalidInput(
            f"expected {len(required)} inputs but got {len(given)} inputs for model '{model}'. "
            f"Got input(s) {_listed(given)}, but missing required input(s) {_listed(missing)}. "
            "Please provide all required input(s)."
        )
    if {spec.name for spec in specs if spec.optional}.issuperset(_ONE_OF):
        chosen = [name for name in _ONE_OF if name in given]
        if len(chosen) != 1:
            raise InvalidInput(
                f"model '{model}' takes exactly one of the inputs {IMAGE} and {IMAGE_ENCODED}, "
                f"got {'both' if chosen else 'neither'}"
            )


def _check_form(model: str, spec: TensorSpec, tensor: Tensor) -> None:
    if tensor.datatype is not spec.datatype:
        raise InvalidInput(
            f"inference input '{tensor.name}' data-type is '{tensor.datatype}', "
            f"but model '{model}' expects '{spec.datatype}'"
        )
    if not spec.accepts(tensor.shape):
        raise InvalidInput(
            f"unexpected shape for input '{tensor.name}' for model '{model}'. "
            f"Expected {_shape(spec.shape)}, got {_shape(tensor.shape)}."
        )


def _named_twice(role: str, name: str) -> InvalidInput:
    return InvalidInput(f"{role} '{name}' already exists in request", hint="Name it once.")


def _listed(names: Mapping[str, Tensor] | Sequence[str]) -> str:
    return "[" + ",".join(f"'{name}'" for name in names) + "]"


def _shape(shape: tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"
