"""ONNX files, computed by ONNX Runtime."""

from backend.models.runtimes.onnx.loader import OnnxRuntime
from backend.models.runtimes.onnx.session import OnnxSession, SessionSettings

__all__ = ["OnnxRuntime", "OnnxSession", "SessionSettings"]
