"""A model file with what says how it is fed, for the program `inferdeck_graph` to compute."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.core.tensors import Datatype
from backend.models.config import datatype_of
from backend.models.export.files import copy_file
from backend.models.repository import LoadedModel, ModelFolders, weight_files
from backend.models.runtimes.graph import FromFile, Graph
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
    batching = config.sequence_batching
    if batching.state or batching.control_input:
        raise ModelLoadError(
            "it keeps state between the requests of a sequence, which a program in that server "
            "cannot ask it for: serve the file by Triton's own backend for it, or on Ray"
        )
    entries: list[pb.ModelInput | pb.ModelOutput] = [*config.input, *config.output]
    for entry in entries:
        if datatype_of(entry.data_type, f"'{entry.name}'") is Datatype.BF16:
            raise ModelLoadError(f"'{entry.name}' is BF16, which numpy does not know")


def write_graph(servable: Servable, runtime: str, folder: Path) -> None:
    """The file, the weights that it keeps apart, and `graph.json`, into a folder.

    Raises ModelLoadError, UsageError and OSError.
    """
    assert isinstance(servable, FromFile)
    if runtime not in _FILES:
        raise ModelLoadError(f"a model of '{runtime}' is not a file")
    weights, source = weight_files(servable.file), servable.file.parent
    copy_file(source, servable.file.name, folder / _FILES[runtime])
    for weight in weights:
        if (folder / weight).exists():
            raise ModelLoadError(f"its weights stand in '{weight}', the name of another file of it")
        copy_file(source, weight, folder / weight)
    settings = _settings(servable.config, servable.graph, runtime)
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
    }


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
