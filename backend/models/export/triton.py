"""A model repository for Triton, whose model files are computed in its Python backend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format

from backend.models.config import CONFIG_FILE
from backend.models.export.files import copy_folder, copy_program
from backend.models.export.graphs import (
    GRAPH_PROGRAM,
    loaded,
    most_sequences,
    write_beside,
    write_graph,
)
from backend.models.export.writing import Exported
from backend.models.repository import ModelFolders
from backend.models.servable import Servable
from backend.profiles.in_config import PARAMETER, profile_text
from backend.wire.generated import open_inference_pb2 as pb

_AS_THEY_ARE = ("python", "ensemble")
_BACKEND = "python"
_OURS = "inferdeck_"


class _Triton:
    """Python models and ensembles as they are; files with a program that computes them."""

    def place(self, to: Path) -> Path:
        """The folder itself is the repository."""
        return to

    def write(self, folders: ModelFolders, name: str, runtime: str, folder: Path) -> None:
        """One model's folder; raises ModelLoadError, UsageError and OSError."""
        config, source = folders.configuration(name)
        if runtime in _AS_THEY_ARE:
            copy_folder(source, folder)
            return
        with loaded(folders, name) as versions:
            for servable in versions:
                place = folder / servable.version
                place.mkdir()
                copy_program("triton_model.py", place / "model.py")
                copy_program(GRAPH_PROGRAM, place / GRAPH_PROGRAM)
                write_graph(servable, runtime, source, place)
            labels = write_beside(versions[-1], source, folder)
            text = text_format.MessageToString(_config(versions[-1], config, labels))
        (folder / CONFIG_FILE).write_text(text, encoding="utf-8")

    def finish(self, to: Path, done: Sequence[Exported]) -> None:
        """A repository is its models."""


def _config(servable: Servable, given: pb.ModelConfig, labels: dict[str, str]) -> pb.ModelConfig:
    """That of a Python model which takes and gives what the file does.

    Dimensions are those that a caller sees, for the program changes them itself.
    """
    config = pb.ModelConfig()
    config.CopyFrom(servable.config)
    for name in [name for name in config.parameters if name.startswith(_OURS)]:
        del config.parameters[name]
    for name in ("platform", "default_model_filename", "optimization", "model_warmup"):
        config.ClearField(name)
    config.backend = _BACKEND
    del config.instance_group[:]
    config.instance_group.extend(given.instance_group)
    if not config.instance_group:
        config.instance_group.add(kind=pb.ModelInstanceGroup.KIND_CPU, count=1)
    if config.HasField("sequence_batching"):
        # The program keeps the states; slots that are empty are none of the requests it is given.
        config.sequence_batching.ClearField("state")
        config.sequence_batching.oldest.max_candidate_sequences = most_sequences(config)
    for tensor in (*config.input, *config.output):
        tensor.ClearField("reshape")
    for output in config.output:
        if output.name in labels:
            output.label_filename = labels[output.name]
    if servable.profile is not None and (text := profile_text(servable.profile)):
        config.parameters[PARAMETER].string_value = text
    return config


TRITON = _Triton()
