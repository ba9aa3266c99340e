"""How a kind of model file is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.wire.generated import open_inference_pb2 as pb


@dataclass(frozen=True, slots=True)
class FileKind:
    """How configurations name one kind of model file."""

    backend: str
    platform: str
    file: str
    """The name of the file in a version folder, where the configuration gives none."""

    def handles(self, config: pb.ModelConfig, folder: Path) -> bool:
        """By backend or platform; where neither is given, by the name of the model's file."""
        if config.backend:
            return config.backend == self.backend
        if config.platform:
            return config.platform == self.platform
        if config.default_model_filename:
            return Path(config.default_model_filename.lower()).suffix == Path(self.file).suffix
        return _has_file(folder, self.file)


def _has_file(folder: Path, name: str) -> bool:
    """Whether a version of a model has that file, or its folder without versions."""
    return (folder / name).is_file() or any(path.exists() for path in folder.glob(f"[0-9]*/{name}"))
