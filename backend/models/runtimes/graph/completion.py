"""Fills in what a configuration leaves out, from the model file itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from backend.models.config import config_type
from backend.models.runtimes.graph.contract import Graph, GraphTensor
from backend.models.runtimes.graph.file_kind import FileKind
from backend.models.runtimes.graph.layout import (
    can_batch,
    control_inputs,
    known,
    state_inputs,
    state_outputs,
    visible_dims,
)
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_Entry: TypeAlias = pb.ModelInput | pb.ModelOutput

DEFAULT_BATCH = 4
"""Largest batch where the graph allows batches and the configuration says nothing."""


def complete_config(
    config: pb.ModelConfig,
    version_folder: Path,
    kind: FileKind,
    read: Callable[[pb.ModelConfig], Graph],
) -> pb.ModelConfig:
    """The configuration with every input and output described; raises ModelLoadError.

    The file is read only if something is missing.
    """
    full = pb.ModelConfig()
    full.CopyFrom(config)
    full.name = full.name or version_folder.parent.name
    full.backend = full.backend or kind.backend
    full.platform = full.platform or kind.platform
    full.default_model_filename = full.default_model_filename or kind.file
    if not (_is_described(list(full.input)) and _is_described(list(full.output))):
        _fill(full, read(full))
    return full


def _is_described(entries: Sequence[_Entry]) -> bool:
    return bool(entries) and all(entry.data_type and entry.dims for entry in entries)


def _fill(full: pb.ModelConfig, graph: Graph) -> None:
    if full.max_batch_size == 0 and _may_batch(full, graph):
        full.max_batch_size = DEFAULT_BATCH
        if full.WhichOneof("scheduling_choice") is None:
            full.dynamic_batching.SetInParent()
    batching = full.max_batch_size > 0
    _add_inputs(full, graph)
    hidden = state_outputs(full)
    if not full.output:
        for name in graph.outputs:
            if name not in hidden:
                full.output.add(name=name)
    inputs = {**graph.inputs, **graph.replaceable}
    for entry in full.input:
        _describe(entry, known("input", entry.name, inputs), batching=batching)
    for output in full.output:
        tensor = known("output", output.name, graph.outputs)
        _describe(output, tensor, batching=batching)


def _add_inputs(full: pb.ModelConfig, graph: Graph) -> None:
    """Every input that the caller has to send and that is not listed."""
    fed = {entry.name for entry in full.input} | state_inputs(full) | control_inputs(full)
    for name in graph.inputs:
        if name not in fed:
            full.input.add(name=name)


def _may_batch(full: pb.ModelConfig, graph: Graph) -> bool:
    """Whether the graph allows batches, and no dimensions given already speak against it."""
    tensors = {**graph.inputs, **graph.outputs}
    entries: list[_Entry] = [*full.input, *full.output]
    for entry in entries:
        dims = entry.reshape.shape if entry.HasField("reshape") else entry.dims
        given = bool(entry.dims)
        if given and entry.name in tensors and len(dims) == len(tensors[entry.name].shape):
            return False
    for state in full.sequence_batching.state:
        if state.input_name in tensors and len(state.dims) == len(tensors[state.input_name].shape):
            return False
    return can_batch(tensors.values())


def _describe(entry: _Entry, tensor: GraphTensor, *, batching: bool) -> None:
    """Fill in datatype and dimensions; the protocol's tensors have at least one dimension."""
    if not entry.data_type:
        if tensor.datatype is None:
            raise ModelLoadError(
                f"'{tensor.name}' is {tensor.type}, which the protocol cannot carry"
            )
        entry.data_type = config_type(tensor.datatype)
    if not entry.dims:
        dims = visible_dims(tensor, batching=batching)
        entry.dims.extend(dims or (1,))
        if not dims and not entry.HasField("reshape"):
            entry.reshape.SetInParent()
