"""Whether a configuration and a model file fit each other, told before the first request."""

from __future__ import annotations

from collections.abc import Iterable

from backend.core.tensors import Datatype
from backend.models.config import datatype_of
from backend.models.runtimes.graph.contract import Graph, GraphTensor
from backend.models.runtimes.graph.layout import agree, control_inputs, known, listed, state_inputs
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb


def check_config(config: pb.ModelConfig, graph: Graph) -> None:
    """Raise ModelLoadError, saying what the file has and what the configuration says."""
    if config.model_transaction_policy.decoupled:
        raise ModelLoadError("a model file answers every request once: it cannot be decoupled")
    _check_inputs(config, graph)
    for output in config.output:
        tensor = known("output", output.name, graph.outputs)
        _check_tensor("output", output, tensor, config.max_batch_size)
    for state in config.sequence_batching.state:
        _check_state(state, graph, config.max_batch_size)
    _check_strings(graph)


def _check_inputs(config: pb.ModelConfig, graph: Graph) -> None:
    every = {**graph.inputs, **graph.replaceable}
    for entry in config.input:
        tensor = known("input", entry.name, every)
        if entry.allow_ragged_batch:
            raise ModelLoadError(f"input '{entry.name}': ragged batches are not offered here")
        if entry.optional and entry.name in graph.inputs:
            raise ModelLoadError(
                f"input '{entry.name}' cannot be optional: the model needs it for every request"
            )
        _check_tensor("input", entry, tensor, config.max_batch_size)
    for control in config.sequence_batching.control_input:
        _check_control(control, graph, config.max_batch_size)
    fed = {entry.name for entry in config.input} | state_inputs(config) | control_inputs(config)
    missing = [name for name in graph.inputs if name not in fed]
    if missing:
        raise ModelLoadError(
            f"the model needs input(s) {listed(missing)}, which the configuration does not list"
        )


def _check_tensor(
    role: str, entry: pb.ModelInput | pb.ModelOutput, tensor: GraphTensor, max_batch_size: int
) -> None:
    _check_type(
        role, entry.name, datatype_of(entry.data_type, f"model {role} '{entry.name}'"), tensor
    )
    if entry.HasField("reshape"):
        _check_reshape(role, entry)
    dims = entry.reshape.shape if entry.HasField("reshape") else entry.dims
    _check_shape(role, tensor, tuple(dims), max_batch_size)


def _check_type(role: str, name: str, wanted: Datatype, tensor: GraphTensor) -> None:
    if tensor.datatype is None:
        raise ModelLoadError(
            f"{role} '{name}' is {tensor.type} in the model, which the protocol cannot carry"
        )
    if tensor.datatype is not wanted:
        raise ModelLoadError(
            f"{role} '{name}' is {tensor.datatype} in the model, "
            f"but the configuration says {wanted}"
        )


def _check_reshape(role: str, entry: pb.ModelInput | pb.ModelOutput) -> None:
    """Every variable dimension must have its partner; what is fixed must count the same."""
    outer, inner = list(entry.dims), list(entry.reshape.shape)
    if outer.count(-1) != inner.count(-1) or _product(outer) != _product(inner):
        raise ModelLoadError(
            f"{role} '{entry.name}' cannot be reshaped from {outer} to {inner}: "
            "both need the same number of elements and of variable dimensions"
        )


def _product(dims: Iterable[int]) -> int:
    product = 1
    for size in dims:
        product *= size if size != -1 else 1
    return product


def _check_shape(
    role: str, tensor: GraphTensor, dims: tuple[int, ...], max_batch_size: int
) -> None:
    if not tensor.shape:
        return  # a scalar, or the graph does not say
    if max_batch_size > 0 and tensor.dims[0] != -1:
        raise ModelLoadError(
            f"max_batch_size is {max_batch_size}, but the model cannot take batches: the first "
            f"dimension of {role} '{tensor.name}' is not variable in {list(tensor.dims)}"
        )
    whole = (-1, *dims) if max_batch_size > 0 else dims
    if not agree(whole, tensor.dims):
        raise ModelLoadError(
            f"{role} '{tensor.name}' has shape {list(tensor.dims)} in the model, but the "
            f"configuration says {list(whole)}"
            + (" with the batch in front" if max_batch_size > 0 else " (max_batch_size is 0)")
        )


def _check_control(
    entry: pb.ModelSequenceBatching.ControlInput, graph: Graph, max_batch_size: int
) -> None:
    """A control is one value for each request."""
    tensor = known("control input", entry.name, graph.inputs)
    if max_batch_size > 0 and tensor.dims[:1] != (-1,):
        raise ModelLoadError(
            f"max_batch_size is {max_batch_size}, but the first dimension of control input "
            f"'{entry.name}' is not variable in {list(tensor.dims)}"
        )
    if len(tensor.shape) > 2:
        raise ModelLoadError(
            f"control input '{entry.name}' has {len(tensor.shape)} dimensions in the model; "
            "it is one number for each request"
        )
    for control in entry.control:
        _check_type("control input", entry.name, _control_type(entry.name, control), tensor)


def _control_type(name: str, control: pb.ModelSequenceBatching.Control) -> Datatype:
    if control.kind == pb.ModelSequenceBatching.Control.CONTROL_SEQUENCE_CORRID:
        return datatype_of(control.data_type, f"control input '{name}'")
    if control.int32_false_true:
        return Datatype.INT32
    return Datatype.FP32 if control.fp32_false_true else Datatype.BOOL


def _check_state(state: pb.ModelSequenceBatching.State, graph: Graph, max_batch_size: int) -> None:
    wanted = datatype_of(state.data_type, f"state '{state.input_name}'")
    kept = known("state output", state.output_name, graph.outputs)
    fed = known("state input", state.input_name, graph.inputs)
    for role, tensor in (("state output", kept), ("state input", fed)):
        _check_type(role, tensor.name, wanted, tensor)
        _check_shape(role, tensor, tuple(state.dims), max_batch_size)


def _check_strings(graph: Graph) -> None:
    texts = [name for name, tensor in graph.inputs.items() if tensor.datatype is Datatype.BYTES]
    if texts and graph.refuses_text:
        raise ModelLoadError(f"input(s) {listed(texts)} are text and {graph.refuses_text}")
