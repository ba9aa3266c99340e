"""What a configuration says about a TensorFlow Lite file and how it is run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.tensors import Datatype
from backend.models.config import datatype_of, file_of_version
from backend.models.runtimes.graph import FileKind
from backend.models.runtimes.litert.quantization import Dequantize, Quantization
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

KIND = FileKind("litert", "litert_tflite", "model.tflite")


@dataclass(frozen=True, slots=True)
class LiteRtSettings:
    """How a model computes; the names are those of the configuration's parameters."""

    num_threads: int
    """For each instance; at most cores - 1."""
    dequantize: Dequantize = Dequantize.AUTO
    declared: Mapping[str, Datatype] = field(default_factory=dict)
    """The datatypes that the configuration gives, by the name of the tensor."""

    def takes_real(self, name: str, quantization: Quantization, dims: tuple[int, ...]) -> bool:
        """Whether a quantized input is FP32 to the caller."""
        if self.dequantize is not Dequantize.AUTO:
            return self.dequantize in (Dequantize.ALL, Dequantize.INPUTS)
        if name in self.declared:
            return self.declared[name] is not quantization.datatype
        return not quantization.is_picture(dims)

    def gives_real(self, name: str, quantization: Quantization, _dims: tuple[int, ...]) -> bool:
        """Whether a quantized output is FP32 to the caller."""
        if self.dequantize is not Dequantize.AUTO:
            return self.dequantize in (Dequantize.ALL, Dequantize.OUTPUTS)
        return self.declared.get(name) is not quantization.datatype


def model_file(config: pb.ModelConfig, version_folder: Path) -> Path:
    """The model's file; raises ModelLoadError for a name that leaves the version folder."""
    return file_of_version(version_folder, config.default_model_filename or KIND.file)


def litert_settings(config: pb.ModelConfig) -> LiteRtSettings:
    """How the model is to be run; raises ModelLoadError for a parameter that makes no sense."""
    entries: list[pb.ModelInput | pb.ModelOutput] = [*config.input, *config.output]
    declared = {
        entry.name: datatype_of(entry.data_type, f"'{entry.name}'")
        for entry in entries
        if entry.data_type
    }
    return LiteRtSettings(_threads(config), _dequantize(config), declared)


def _threads(config: pb.ModelConfig) -> int:
    most = max(1, (os.cpu_count() or 2) - 1)
    if "num_threads" not in config.parameters:
        return most
    text = config.parameters["num_threads"].string_value
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ModelLoadError(f"parameter 'num_threads' must be a whole number, got '{text}'")
    return min(int(text), most) or most


def _dequantize(config: pb.ModelConfig) -> Dequantize:
    if "dequantize" not in config.parameters:
        return Dequantize.AUTO
    text = config.parameters["dequantize"].string_value
    try:
        return Dequantize(text)
    except ValueError:
        raise ModelLoadError(
            f"parameter 'dequantize' must be one of {', '.join(Dequantize)}, got '{text}'"
        ) from None
