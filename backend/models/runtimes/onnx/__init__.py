"""ONNX files, computed by ONNX Runtime."""

from backend.models.runtimes.onnx.loader import OnnxRuntime
from backend.models.runtimes.onnx.shapes import input_reshapes, output_reshapes

__all__ = ["OnnxRuntime", "input_reshapes", "output_reshapes"]
