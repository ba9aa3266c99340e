"""Which of a graph's tensors a caller sees, and with which dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend.models.runtimes.graph.contract import GraphTensor
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb


def state_inputs(config: pb.ModelConfig) -> set[str]:
    """Inputs that are fed with what the sequence's last request left."""
    return {state.input_name for state in config.sequence_batching.state}


def state_outputs(config: pb.ModelConfig) -> set[str]:
    """Outputs that are kept for the sequence's next request."""
    return {state.output_name for state in config.sequence_batching.state}


def control_inputs(config: pb.ModelConfig) -> set[str]:
    """Inputs that tell the model where in a sequence a request stands."""
    return {control.name for control in config.sequence_batching.control_input}


def can_batch(tensors: Iterable[GraphTensor]) -> bool:
    """Whether the first dimension of all these tensors may be the batch.

    It must be variable in each, and where the dimensions have names they must have the same: the
    rows of an output may count what was found instead.
    """
    firsts = [tensor.shape[0] if tensor.shape else 0 for tensor in tensors]
    names = {first for first in firsts if isinstance(first, str)}
    return bool(firsts) and len(names) <= 1 and not any(isinstance(f, int) for f in firsts)


def visible_dims(tensor: GraphTensor, *, batching: bool) -> tuple[int, ...]:
    """The graph's dimensions without that of the batch."""
    return tensor.dims[1:] if batching else tensor.dims


def agree(left: Iterable[int], right: Iterable[int]) -> bool:
    """Whether two shapes can be the same: as many dimensions, equal where both are fixed."""
    first, second = tuple(left), tuple(right)
    return len(first) == len(second) and all(
        a == b or -1 in (a, b) for a, b in zip(first, second, strict=True)
    )


def known(role: str, name: str, tensors: Mapping[str, GraphTensor]) -> GraphTensor:
    """The tensor of that name; raises ModelLoadError, naming those that the model has."""
    if name not in tensors:
        raise ModelLoadError(
            f"the model has no {role} '{name}', which the configuration lists; "
            f"it has {listed(tensors)}"
        )
    return tensors[name]


def listed(names: Iterable[str]) -> str:
    """The first names, as an error tells them."""
    shown = sorted(names)
    more = ", ..." if len(shown) > 16 else ""
    return ", ".join(f"'{name}'" for name in shown[:16]) + more
