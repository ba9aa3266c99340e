"""Loads ONNX files with ONNX Runtime."""

from __future__ import annotations

import logging
from pathlib import Path

from backend.models.runtimes.graph import (
    GraphServable,
    as_run,
    complete_config,
)
from backend.models.runtimes.onnx.instance import OnnxInstance
from backend.models.runtimes.onnx.labels import labels_in
from backend.models.runtimes.onnx.placement import providers_of
from backend.models.runtimes.onnx.session import OnnxSession, SessionSettings
from backend.models.runtimes.onnx.settings import (
    KIND,
    model_file,
    session_settings,
)
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_log = logging.getLogger("inferdeck.models")


class OnnxServable(GraphServable):
    """One version of an ONNX model; its instances share the loaded file."""

    def __init__(self, config: pb.ModelConfig, version_folder: Path) -> None:
        """Load the file; raises ModelLoadError with the reason."""
        self._asked = config
        self.file = model_file(config, version_folder)
        self._settings = session_settings(config)
        self._session = OnnxSession(
            self.file,
            self._settings,
            providers=providers_of(config),
            tell=lambda lack: _log.warning("model %s does without %s", config.name, lack),
        )
        super().__init__(
            config, version_folder, self._session, lambda: labels_in(self._session.metadata)
        )
        self._lacks: tuple[str, ...] = ()
        self._config = self._described()

    @property
    def graph(self) -> OnnxSession:
        """What the file declares."""
        return self._session

    @property
    def config(self) -> pb.ModelConfig:
        """The configuration, with what computes it now."""
        if self._session.lacks != self._lacks:
            self._config = self._described()
        return self._config

    def _described(self) -> pb.ModelConfig:
        self._lacks = self._session.lacks
        return as_run(
            self._asked,
            threads=self._settings.threads,
            providers=self._session.providers,
            fallback="; ".join(self._lacks),
        )

    def make_instance(self, index: int) -> OnnxInstance:  # noqa: ARG002 - they are all alike
        """One more user of the loaded file, with sequences of its own."""
        return OnnxInstance(self._session, self._signature, self._no_sequences())

    def close(self) -> None:
        """The file is let go with the last reference to it."""


class OnnxRuntime:
    """Models whose version folders hold an ONNX file."""

    name = KIND.backend
    places_models = True

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:
        """As a file of its kind."""
        return KIND.handles(config, folder)

    def complete(self, config: pb.ModelConfig, version_folder: Path) -> pb.ModelConfig:
        """The configuration, filled from the file; raises ModelLoadError."""
        return complete_config(
            config,
            version_folder,
            KIND,
            lambda full: OnnxSession(
                model_file(full, version_folder), SessionSettings(), optimised=False
            ),
        )

    def load(self, config: pb.ModelConfig, version_folder: Path) -> OnnxServable:
        """The model, checked against its configuration; raises ModelLoadError."""
        try:
            return OnnxServable(config, version_folder)
        except ModelLoadError:
            raise
        except (ValueError, KeyError, OSError) as error:
            raise ModelLoadError(f"the model cannot be loaded: {error}") from error
