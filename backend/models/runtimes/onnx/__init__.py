"""ONNX files, computed by ONNX Runtime, and what other kinds of model file share with them."""

from backend.models.runtimes.onnx.checks import check_config
from backend.models.runtimes.onnx.completion import FileKind, complete_config
from backend.models.runtimes.onnx.instance import GraphInstance, Signature
from backend.models.runtimes.onnx.layout import control_inputs
from backend.models.runtimes.onnx.loader import OnnxRuntime
from backend.models.runtimes.onnx.session import OnnxSession, SessionSettings
from backend.models.runtimes.onnx.shapes import input_reshapes, output_reshapes
from backend.models.runtimes.onnx.states import SequenceStates, declared_states

__all__ = [
    "FileKind",
    "GraphInstance",
    "OnnxRuntime",
    "OnnxSession",
    "SequenceStates",
    "SessionSettings",
    "Signature",
    "check_config",
    "complete_config",
    "control_inputs",
    "declared_states",
    "input_reshapes",
    "output_reshapes",
]
