"""A model file with what says how it is fed, for the program `inferdeck_graph` to compute."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from backend.core.tensors import Datatype
from backend.models.config import datatype_of
from backend.models.export.files import copy_file
from backend.models.repository import LoadedModel, ModelFolders, weight_files
from backend.models.runtimes.graph import FromFile, Graph, declared_states
from backend.models.servable import ModelLoadError, Servable
from backend.profiles.file import PROFILE_FILE
from backend.wire.generated import open_inference_pb2 as pb

GRAPH_PROGRAM = "inferdeck_graph.py"
_SETTINGS = "graph.json"
_FILES = {"onnxruntime": "model.onnx", "litert": "model.tflite"}
PACKAGES = {"onnxruntime": "onnxruntime>=1.22", "litert": "ai-edge-litert>=2.1"}
"""What the program needs besides numpy, by the name of the runtime."""
_THREADS = {"onnxruntime": "intra_op_thread_count", "litert": "num_threads"}


@contextmanager
def loaded(folders: ModelFolders, name: str) -> Iterator[list[Servable]]:
    """The versions that would be served, smallest first.

    Raises ModelLoadError if one is broken, or needs what no program beside it can do.
    """
    found = folders.load(name)
    models = [model for model in found if isinstance(model, LoadedModel)]
    try:
        for broken in found:
            if not isinstance(broken, LoadedModel):
                raise ModelLoadError(f"version {broken.version}: {broken.reason}")
        for model in models:
            _check(model.servable.config)
        yield [model.servable for model in models]
    finally:
        for model in models:
            model.retire()


def _check(config: pb.ModelConfig) -> None:
    for state in config.sequence_batching.state:
        if datatype_of(state.data_type, state.input_name) in (Datatype.BYTES, Datatype.BF16):
            raise ModelLoadError(f"its state '{state.input_name}' is text or BF16, not numbers")
    entries: list[pb.ModelInput | pb.ModelOutput] = [*config.input, *config.output]
    for entry in entries:
        if datatype_of(entry.data_type, f"'{entry.name}'") is Datatype.BF16:
            raise ModelLoadError(f"'{entry.name}' is BF16, which numpy does not know")


def most_sequences(config: pb.ModelConfig) -> int:
    """How many sequences an instance works on at a time."""
    oldest: int = config.sequence_batching.oldest.max_candidate_sequences
    return oldest or max(1, config.max_batch_size)


def write_graph(servable: Servable, runtime: str, source: Path, folder: Path) -> None:
    """The file, the weights that it keeps apart, and `graph.json`, into a folder.

    `source` is the model's folder, with the states that its sequences begin with. Raises
    ModelLoadError, UsageError and OSError.
    """
    assert isinstance(servable, FromFile)
    if runtime not in _FILES:
        raise ModelLoadError(f"a model of '{runtime}' is not a file")
    weights, beside = weight_files(servable.file), servable.file.parent
    copy_file(beside, servable.file.name, folder / _FILES[runtime])
    for weight in weights:
        if (folder / weight).exists():
            raise ModelLoadError(f"its weights stand in '{weight}', the name of another file of it")
        copy_file(beside, weight, folder / weight)
    settings = _settings(servable.config, servable.graph, runtime)
    settings["states"] = _write_states(servable.config, source, folder)
    (folder / _SETTINGS).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


def write_beside(servable: Servable, source: Path, folder: Path) -> dict[str, str]:
    """Class names and profile, into a folder; the names of the label files by output.

    Raises OSError.
    """
    names: dict[str, str] = {}
    for number, (output, labels) in enumerate(servable.labels.items()):
        names[output] = f"labels_{number}.txt" if number else "labels.txt"
        (folder / names[output]).write_text("\n".join(labels) + "\n", encoding="utf-8")
    if (source / PROFILE_FILE).is_file():
        shutil.copyfile(source / PROFILE_FILE, folder / PROFILE_FILE)
    return names


def _settings(config: pb.ModelConfig, graph: Graph, runtime: str) -> dict[str, Any]:
    threads = config.parameters.get(_THREADS[runtime])
    return {
        "runtime": runtime,
        "file": _FILES[runtime],
        "threads": int(threads.string_value) if threads else 0,
        "batching": config.max_batch_size > 0,
        "inputs": _rows(config.input, list(graph.inputs)),
        "outputs": _rows(config.output, list(graph.outputs)),
        "controls": [control.name for control in config.sequence_batching.control_input],
        "sequences": most_sequences(config),
    }


def _write_states(config: pb.ModelConfig, source: Path, folder: Path) -> list[dict[str, str]]:
    """What a sequence begins with, as files of numpy; which tensors these are of."""
    rows = []
    for number, state in enumerate(declared_states(config, source)):
        file = f"state_{number}.npy"
        np.save(folder / file, state.initial, allow_pickle=False)
        rows.append({"input": state.input, "output": state.output, "initial": file})
    return rows


def _rows(
    entries: Iterable[pb.ModelInput | pb.ModelOutput], order: list[str]
) -> list[dict[str, Any]]:
    rows = []
    for entry in entries:
        dims = list(entry.dims)
        inner = list(entry.reshape.shape) if entry.HasField("reshape") else dims
        rows.append(
            {
                "name": entry.name,
                "place": order.index(entry.name) if entry.name in order else -1,
                "datatype": str(datatype_of(entry.data_type, entry.name)),
                "dims": dims,
                "inner_dims": inner,
            }
        )
    return rows
