"""What a configuration says about an ONNX file and how it is run."""

from __future__ import annotations

from pathlib import Path

from backend.models.config import file_of_version
from backend.models.runtimes.graph import FileKind
from backend.models.runtimes.onnx.session import SessionSettings
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

KIND = FileKind("onnxruntime", "onnxruntime_onnx", "model.onnx")
_WHOLE_NUMBERS = (
    "intra_op_thread_count",
    "inter_op_thread_count",
    "execution_mode",
    "enable_mem_arena",
    "enable_mem_pattern",
)


def model_file(config: pb.ModelConfig, version_folder: Path) -> Path:
    """The model's file; raises ModelLoadError for a name that leaves the version folder.

    A folder of that name holds the file beside the weights that were stored apart.
    """
    path = file_of_version(version_folder, config.default_model_filename or KIND.file)
    return path / KIND.file if path.is_dir() else path


def session_settings(config: pb.ModelConfig) -> SessionSettings:
    """How the model is to be run; raises ModelLoadError for a parameter that is no number."""
    values: dict[str, int] = {}
    for name in _WHOLE_NUMBERS:
        if name in config.parameters:
            text = config.parameters[name].string_value
            if not text.isascii() or not text.isdigit() or len(text) > 9:
                raise ModelLoadError(f"parameter '{name}' must be a whole number, got '{text}'")
            values[name] = int(text)
    return SessionSettings(**values)
