"""ONNX Runtime, spoken to with the protocol's datatypes."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.files.regular import check_regular
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.runtimes.graph import Feeds, GraphTensor, bytes_of, texts_of
from backend.models.runtimes.onnx.engine import SILENT, Engine
from backend.models.runtimes.onnx.placement import Provider
from backend.models.runtimes.onnx.reasons import reason
from backend.models.runtimes.onnx.types import BFLOAT16, datatype_of_onnx
from backend.models.servable import ModelLoadError


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How a model computes; the names are those of the configuration's parameters."""

    intra_op_thread_count: int = 0
    inter_op_thread_count: int = 0
    execution_mode: int = 0
    """1: independent parts of the graph at the same time."""
    enable_mem_arena: int = 1
    enable_mem_pattern: int = 1

    @property
    def threads(self) -> int:
        """Those that compute one operator: as wanted, at most cores - 1."""
        most = max(1, (os.cpu_count() or 2) - 1)
        return min(self.intra_op_thread_count, most) or most


class OnnxSession:
    """One loaded ONNX file; `compute` may be called from several threads at once."""

    def __init__(
        self,
        path: Path,
        settings: SessionSettings,
        *,
        optimised: bool = True,
        providers: Sequence[Provider] = (),
        tell: Callable[[str], None] = lambda _lack: None,
    ) -> None:
        """Load the file; raises ModelLoadError with ONNX Runtime's reason.

        Not `optimised` is quicker, where only the declarations are read. `providers` are tried
        before the CPU; `lacks` says which do not compute, and why, and `tell` gets each at once.
        """
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

        _check_there(path)
        self._engine = Engine(
            path, lambda: _options(settings, optimised=optimised), providers, tell
        )
        declared = self._engine.session
        self._refusal: type[Exception] = InvalidArgument
        self._new_value = onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type
        self._value = onnxruntime.OrtValue.ortvalue_from_numpy
        self.inputs = _declared(declared.get_inputs())
        self.outputs = _declared(declared.get_outputs())
        self.replaceable = _declared(declared.get_overridable_initializers())
        """Weights that a request may replace, and need not."""
        self.metadata: Mapping[str, str] = declared.get_modelmeta().custom_metadata_map
        """What the exporter has written beside the graph."""
        self._bfloat16 = {
            name
            for name, tensor in {**self.inputs, **self.outputs, **self.replaceable}.items()
            if tensor.datatype is Datatype.BF16
        }

    @property
    def refuses_text(self) -> str:
        """Its Python interface takes text only in numpy arrays, and BF16 only otherwise."""
        if not self._bfloat16:
            return ""
        return "other tensors are BF16: ONNX Runtime cannot be given both from Python"

    def feed(self, tensor: Tensor) -> Array:
        """An input as ONNX Runtime takes it: text as `str` objects, BF16 as its bits.

        Raises InvalidInput for text that is not UTF-8.
        """
        return texts_of(tensor) if tensor.datatype is Datatype.BYTES else tensor.data

    def tensor(self, name: str, datatype: Datatype, data: Array) -> Tensor:
        """An output of `finish`; raises ModelFailed for text that is none."""
        return Tensor(name, datatype, bytes_of(name, data) if datatype is Datatype.BYTES else data)

    @property
    def providers(self) -> tuple[str, ...]:
        """The execution providers that compute now, the first first."""
        return self._engine.providers

    @property
    def lacks(self) -> tuple[str, ...]:
        """Why wanted providers do not compute; grows if one fails later."""
        return self._engine.lacks

    def prepare(self, feeds: Feeds) -> Mapping[str, Any]:
        """The inputs as ONNX Runtime takes them; they refer to the arrays, and keep them alive."""
        if not self._bfloat16:
            return feeds
        return {name: self._as_value(name, array) for name, array in feeds.items()}

    def compute(
        self, outputs: Sequence[str], prepared: Mapping[str, Any], options: Any = None
    ) -> list[Any]:
        """The outputs of that name, for `finish`; raises InvalidInput or ModelFailed.

        `options` are of `run_options`.
        """
        run = "run_with_ort_values" if self._bfloat16 else "run"
        try:
            return list(self._engine.run(run, list(outputs), dict(prepared), options))
        except self._refusal as error:
            raise InvalidInput(f"the model cannot take these inputs: {reason(error)}") from error
        except Exception as error:  # its errors have no common class
            raise ModelFailed(f"ONNX Runtime failed: {reason(error)}") from error

    def finish(self, outputs: Sequence[str], raw: Sequence[Any]) -> dict[str, Array]:
        """The outputs as arrays, by name."""
        if not self._bfloat16:
            return {name: np.asarray(array) for name, array in zip(outputs, raw, strict=True)}
        return {
            name: _bits(value) if name in self._bfloat16 else np.asarray(value.numpy())
            for name, value in zip(outputs, raw, strict=True)
        }

    @staticmethod
    def run_options() -> Any:
        """For `compute`: once its `terminate` is set to True, those that use it fail soon."""
        import onnxruntime

        options = onnxruntime.RunOptions()
        options.log_severity_level = SILENT
        return options

    def _as_value(self, name: str, array: Array) -> Any:
        data = np.ascontiguousarray(array).reshape(array.shape)
        return self._new_value(data, BFLOAT16) if name in self._bfloat16 else self._value(data)


def _check_there(path: Path) -> None:
    try:
        check_regular(path)
    except FileNotFoundError:
        raise ModelLoadError(
            f"there is no file {path.name} in version folder {path.parent}"
        ) from None
    except OSError as error:
        raise ModelLoadError(f"{path.name} cannot be read: {error.strerror}") from None


def _options(settings: SessionSettings, *, optimised: bool) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    most = SessionSettings().threads
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = min(max(settings.inter_op_thread_count, 0), most)
    if settings.execution_mode == 1:
        options.execution_mode = onnxruntime.ExecutionMode.ORT_PARALLEL
    options.enable_cpu_mem_arena = settings.enable_mem_arena != 0
    options.enable_mem_pattern = settings.enable_mem_pattern != 0
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Spinning threads burn a core between the frames of a live stream, for a tenth of the time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _declared(nodes: Sequence[Any]) -> dict[str, GraphTensor]:
    return {
        node.name: GraphTensor(node.name, node.type, tuple(node.shape), datatype_of_onnx(node.type))
        for node in nodes
    }


def _bits(value: Any) -> Array:
    """A copy of a BF16 value's bits: its own conversion to numpy refuses the type."""
    shape = tuple(value.shape())
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        return np.zeros(shape, Datatype.BF16.numpy)
    data = ctypes.string_at(value.data_ptr(), count * Datatype.BF16.numpy.itemsize)
    return np.frombuffer(data, Datatype.BF16.numpy).reshape(shape)
