"""Fills in what a configuration leaves out, from the ONNX file itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from backend.models.config import config_type
from backend.models.runtimes.onnx.layout import (
    can_batch,
    control_inputs,
    known,
    state_inputs,
    state_outputs,
    visible_dims,
)
from backend.models.runtimes.onnx.session import GraphTensor, OnnxSession, SessionSettings
from backend.models.runtimes.onnx.settings import BACKEND, DEFAULT_FILE, PLATFORM, model_file
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_Entry: TypeAlias = pb.ModelInput | pb.ModelOutput

DEFAULT_BATCH = 4
"""Largest batch where the graph allows batches and the configuration says nothing."""


def complete_config(config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:
    """The configuration with every input and output described; raises ModelLoadError.

    The file is opened only if something is missing.
    """
    full = pb.ModelConfig()
    full.CopyFrom(config)
    full.name = full.name or version_folder.parent.name
    full.backend = full.backend or BACKEND
    full.platform = full.platform or PLATFORM
    full.default_model_filename = full.default_model_filename or DEFAULT_FILE
    if not (_is_described(list(full.input)) and _is_described(list(full.output))):
        path = model_file(full, version_folder)
        _fill(full, OnnxSession(path, SessionSettings(), optimised=False))
    return full


def _is_described(entries: Sequence[_Entry]) -> bool:
    return bool(entries) and all(entry.data_type and entry.dims for entry in entries)


def _fill(full: pb.ModelConfig, session: OnnxSession) -> None:
    if full.max_batch_size == 0 and _may_batch(full, session):
        full.max_batch_size = DEFAULT_BATCH
        if full.WhichOneof("scheduling_choice") is None:
            full.dynamic_batching.SetInParent()
    batching = full.max_batch_size > 0
    _add_inputs(full, session)
    hidden = state_outputs(full)
    if not full.output:
        for name in session.outputs:
            if name not in hidden:
                full.output.add(name=name)
    inputs = {**session.inputs, **session.replaceable}
    for entry in full.input:
        _describe(entry, known("input", entry.name, inputs), batching=batching)
    for output in full.output:
        tensor = known("output", output.name, session.outputs)
        _describe(output, tensor, batching=batching)


def _add_inputs(full: pb.ModelConfig, session: OnnxSession) -> None:
    """Every input that the caller has to send and that is not listed."""
    fed = {entry.name for entry in full.input} | state_inputs(full) | control_inputs(full)
    for name in session.inputs:
        if name not in fed:
            full.input.add(name=name)


def _may_batch(full: pb.ModelConfig, session: OnnxSession) -> bool:
    """Whether the graph allows batches, and no dimensions given already speak against it."""
    graph = {**session.inputs, **session.outputs}
    entries: list[_Entry] = [*full.input, *full.output]
    for entry in entries:
        dims = entry.reshape.shape if entry.HasField("reshape") else entry.dims
        given = bool(entry.dims)
        if given and entry.name in graph and len(dims) == len(graph[entry.name].shape):
            return False
    for state in full.sequence_batching.state:
        if state.input_name in graph and len(state.dims) == len(graph[state.input_name].shape):
            return False
    return can_batch(graph.values())


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
