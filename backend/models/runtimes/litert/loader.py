"""Loads TensorFlow Lite files with LiteRT."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from backend.core.files.regular import read_regular
from backend.core.tensors import TensorSpec
from backend.models.config import input_specs, output_specs, profile_in, read_labels
from backend.models.loads import Loads
from backend.models.runtimes.graph import as_run
from backend.models.runtimes.litert.labels import labels_in
from backend.models.runtimes.litert.session import LiteRtFile, LiteRtSession
from backend.models.runtimes.litert.settings import KIND, litert_settings, model_file
from backend.models.runtimes.litert.trial import Trials
from backend.models.runtimes.onnx import (
    GraphInstance,
    SequenceStates,
    Signature,
    check_config,
    complete_config,
    control_inputs,
    declared_states,
    input_reshapes,
    output_reshapes,
)
from backend.models.servable import ModelLoadError
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb

MAX_BYTES = 2 << 30
"""The largest file that FlatBuffers can address."""


class LiteRtServable:
    """One version of a TensorFlow Lite model; its instances share the content of the file."""

    instant = False
    decoupled = False
    trouble = ""

    def __init__(self, config: pb.ModelConfig, version_folder: Path, file: LiteRtFile) -> None:
        """Check the file against its configuration; raises ModelLoadError with the reason."""
        folder = version_folder.parent
        self.config = as_run(config, threads=file.settings.num_threads)
        self.name = config.name
        self.version = version_folder.name
        self.file = model_file(config, version_folder)
        self._file = file
        check_config(config, LiteRtSession(file))
        self._batching = config.max_batch_size > 0
        self.inputs: tuple[TensorSpec, ...] = input_specs(config)
        self.outputs: tuple[TensorSpec, ...] = output_specs(config)
        self.labels: Mapping[str, tuple[str, ...]] = read_labels(config, folder)
        if not self.labels and (names := labels_in(file.content)):
            self.labels = {self.outputs[0].name: names}
        self.profile: ModelProfile | None = profile_in(
            folder, config.name, self.inputs, self.outputs, self.labels
        )
        self._states = declared_states(config, folder)
        self._signature = Signature(
            model=self.name,
            batching=self._batching,
            outputs=self.outputs,
            input_reshapes=input_reshapes(config),
            output_reshapes=output_reshapes(config),
            controls=frozenset(control_inputs(config)),
        )

    @property
    def graph(self) -> LiteRtSession:
        """What the file declares, in its order."""
        return LiteRtSession(self._file)

    def make_instance(self, index: int) -> GraphInstance:  # noqa: ARG002 - they are all alike
        """One more interpreter; raises ModelLoadError if there is no memory for it."""
        session = LiteRtSession(self._file)
        session.allocate()
        states = SequenceStates(self.name, self._states, batching=self._batching)
        return GraphInstance(session, self._signature, states)

    def close(self) -> None:
        """The content is let go with the last reference to it."""


class LiteRtRuntime:
    """Models whose version folders hold a TensorFlow Lite file; `loads` are those to give up."""

    name = KIND.backend

    def __init__(self, loads: Loads | None = None) -> None:
        self._trials = Trials(loads)

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:
        """As a file of its kind."""
        return KIND.handles(config, folder)

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:
        """The configuration, filled from the file; raises ModelLoadError."""
        return complete_config(
            config,
            version_folder,
            KIND,
            lambda full: LiteRtSession(self._read(full, version_folder)),
        )

    def load(self, config: pb.ModelConfig, version_folder: Path) -> LiteRtServable:
        """The model, checked against its configuration; raises ModelLoadError."""
        return LiteRtServable(config, version_folder, self._read(config, version_folder))

    def _read(self, config: pb.ModelConfig, version_folder: Path) -> LiteRtFile:
        _check_installed()
        settings = litert_settings(config)
        content = _content(model_file(config, version_folder))
        trial = self._trials.of(config.name, content, settings.num_threads)
        return LiteRtFile(content, trial, settings)


def _content(path: Path) -> bytes:
    try:
        content = read_regular(path, MAX_BYTES)
    except FileNotFoundError:
        raise ModelLoadError(
            f"there is no file {path.name} in version folder {path.parent}"
        ) from None
    except OSError as error:
        raise ModelLoadError(f"{path.name} cannot be read: {error.strerror}") from None
    if not content:
        raise ModelLoadError(f"{path.name} is empty")
    return content


def _check_installed() -> None:
    if importlib.util.find_spec("ai_edge_litert") is not None:
        return
    if sys.platform == "darwin" and _is_intel():
        raise ModelLoadError(
            "LiteRT has no release for Macs with Intel processors; convert the file to ONNX "
            "elsewhere: python -m tf2onnx.convert --tflite model.tflite --output model.onnx"
        )
    raise ModelLoadError(
        f'LiteRT is not installed; type: "{sys.executable}" -m pip install ai-edge-litert'
    )


def _is_intel() -> bool:
    import platform

    return platform.machine() == "x86_64"
