"""Loads TensorFlow Lite files with LiteRT."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from backend.core.files.regular import read_regular
from backend.models.loads import Loads
from backend.models.runtimes.graph import GraphInstance, GraphServable, as_run, complete_config
from backend.models.runtimes.litert.labels import labels_in
from backend.models.runtimes.litert.session import LiteRtFile, LiteRtSession
from backend.models.runtimes.litert.settings import KIND, litert_settings, model_file
from backend.models.runtimes.litert.trial import Trials
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

MAX_BYTES = 2 << 30
"""The largest file that FlatBuffers can address."""


class LiteRtServable(GraphServable):
    """One version of a TensorFlow Lite model; its instances share the content of the file."""

    def __init__(self, config: pb.ModelConfig, version_folder: Path, file: LiteRtFile) -> None:
        """Check the file against its configuration; raises ModelLoadError with the reason."""
        super().__init__(
            config, version_folder, LiteRtSession(file), lambda: labels_in(file.content)
        )
        self.config = as_run(config, threads=file.settings.num_threads)
        self.file = model_file(config, version_folder)
        self._file = file

    @property
    def graph(self) -> LiteRtSession:
        """What the file declares, in its order."""
        return LiteRtSession(self._file)

    def make_instance(self, index: int) -> GraphInstance:  # noqa: ARG002 - they are all alike
        """One more interpreter; raises ModelLoadError if there is no memory for it."""
        session = LiteRtSession(self._file)
        session.allocate()
        return GraphInstance(session, self._signature, self._no_sequences())

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
