"""Class names from the text files that a configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from backend.core.files.regular import read_regular
from backend.models.config.paths import inside
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

MAX_BYTES = 16 << 20


def read_labels(config: pb.ModelConfig, folder: Path) -> Mapping[str, tuple[str, ...]]:
    """The class names per output that has a label file: one on each line, the first is class 0.

    Raises ModelLoadError for a file that cannot be read or is outside the model's folder.
    """
    return {
        output.name: _lines(inside(folder, output.label_filename))
        for output in config.output
        if output.label_filename
    }


def _lines(path: Path) -> tuple[str, ...]:
    try:
        lines = read_regular(path, MAX_BYTES).decode("utf-8-sig").rstrip("\r\n").split("\n")
        return tuple(line.strip() for line in lines)
    except OSError as error:
        raise ModelLoadError(f"label file {path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ModelLoadError(f"label file {path.name} is not UTF-8") from error
