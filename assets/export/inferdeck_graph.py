"""Computes the model file beside it by ONNX Runtime or LiteRT; `graph.json` says how it is fed.

Needs numpy and, for the kind of the file, onnxruntime or ai-edge-litert.
"""

import importlib
import json
import math
import os
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"


class Graph:
    """One model file, ready to compute; used by one thread at a time.

    `inputs` and `outputs` are rows with the name, the datatype and the dimensions of a tensor as a
    caller sees it, without the batch dimension of a model that has one (`batching`).
    """

    def __init__(self, folder, gpu=False):
        told = json.loads((Path(folder) / "graph.json").read_text(encoding="utf-8"))
        self.inputs, self.outputs = told["inputs"], told["outputs"]
        self.batching = told["batching"]
        kind = {"onnxruntime": _Onnx, "litert": _LiteRt}[told["runtime"]]
        path = str(Path(folder) / told["file"])
        self._controls = set(told["controls"])
        self._sequences = _Sequences(Path(folder), told["states"], told["sequences"])
        self._file = kind(path, told["threads"], gpu, told["inputs"], told["outputs"])

    def compute(self, feeds, wanted, step=None):
        """The outputs of these names as arrays by name; feeds are arrays by the inputs' names.

        `step` is the request's sequence, whether it starts and whether it ends it.
        """
        given = {
            row["name"]: self._changed(feeds[row["name"]], row["dims"], row["inner_dims"])
            for row in self.inputs
            if row["name"] in feeds
        }
        size = len(next(iter(given.values()))) if self.batching else 0
        given.update((name, array) for name, array in feeds.items() if name in self._controls)
        given.update(self._sequences.feeds(step, size))
        rows = [row for row in self.outputs if row["name"] in wanted]
        found = self._file.compute(given, rows + self._sequences.rows)
        self._sequences.keep(step, found[len(rows) :])
        return {
            row["name"]: self._changed(array, row["inner_dims"], row["dims"])
            for row, array in zip(rows, found[: len(rows)], strict=True)
        }

    def _changed(self, array, before, after):
        """The array from one set of dimensions to another; the first -1 goes to the first one."""
        lead = array.shape[:1] if self.batching else ()
        if before == after or array.ndim != len(before) + len(lead):
            return array
        sizes = zip(array.shape[len(lead) :], before, strict=True)
        variable = iter([size for size, dim in sizes if dim == -1])
        return array.reshape((*lead, *(next(variable) if dim == -1 else dim for dim in after)))


class _Sequences:
    """What the file is to remember between the requests of a sequence.

    A server gives an instance `most` sequences at a time, and may end one without a word: it is the
    one that has been quiet for longest.
    """

    def __init__(self, folder, states, most):
        self._initial = {row["input"]: np.load(folder / row["initial"]) for row in states}
        self.rows = [{"name": row["output"]} for row in states]
        self._most = most
        self._kept = OrderedDict()

    def feeds(self, step, size):
        """The states of the request's sequence; `size` is that of its batch, 0 without one."""
        if not self.rows:
            return {}
        sequence, starts, _ends = step or (0, False, False)
        if starts:
            return {name: self._first(array, size) for name, array in self._initial.items()}
        if sequence not in self._kept:
            raise ValueError(f"sequence {sequence!r} was not started, or was quiet for too long")
        return self._kept[sequence]

    def keep(self, step, states):
        """Remember what the request left."""
        if not self.rows:
            return
        sequence, _starts, ends = step
        self._kept.pop(sequence, None)
        if not ends:
            self._kept[sequence] = dict(zip(self._initial, states, strict=True))
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _first(self, initial, size):
        return np.repeat(initial[np.newaxis], size, axis=0) if size else initial


class _Onnx:
    def __init__(self, path, threads, gpu, _inputs, _outputs):
        onnxruntime = _imported("onnxruntime", "onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        there = onnxruntime.get_available_providers()
        wanted = ["CUDAExecutionProvider"] if gpu else []
        providers = [name for name in [*wanted, "CPUExecutionProvider"] if name in there]
        self._session = onnxruntime.InferenceSession(path, options, providers=providers)

    def compute(self, feeds, rows):
        plain = {name: _texts(array) for name, array in feeds.items()}
        found = self._session.run([row["name"] for row in rows], plain)
        return [_bytes(np.asarray(array)) for array in found]


class _LiteRt:
    def __init__(self, path, threads, _gpu, inputs, outputs):
        litert = _imported("ai_edge_litert.interpreter", "ai-edge-litert")
        threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._interpreter = litert.Interpreter(model_path=path, num_threads=threads)
        details = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        # By their places: the names of a file's only signature are not those of its tensors.
        self._inputs = {row["name"]: details[0][row["place"]] for row in inputs}
        self._outputs = {row["name"]: details[1][row["place"]] for row in outputs}
        self._shapes = None

    def compute(self, feeds, rows):
        shapes = {name: array.shape for name, array in feeds.items()}
        if shapes != self._shapes:
            self._shapes = None
            for name, shape in shapes.items():
                self._interpreter.resize_tensor_input(
                    self._inputs[name]["index"], shape, strict=True
                )
            self._interpreter.allocate_tensors()
            self._shapes = shapes
        self._interpreter.reset_all_variables()
        for name, array in feeds.items():
            detail = self._inputs[name]
            stored = np.ascontiguousarray(_stored(array, detail))
            self._interpreter.set_tensor(detail["index"], stored)
        self._interpreter.invoke()
        details = [self._outputs[row["name"]] for row in rows]
        found = [self._interpreter.get_tensor(detail["index"]) for detail in details]
        return [
            _real(array, detail) if row["datatype"] == "FP32" else _bytes(array)
            for row, array, detail in zip(rows, found, details, strict=True)
        ]


def _imported(module, package):
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the model needs {package}, and there is no {error.name}: install it for the Python "
            f"{sys.version.split()[0]} of this server ({sys.prefix})"
        ) from None


def _stored(array, detail):
    """Real numbers as the file stores them: stored = real / scale + zero point."""
    kind = np.dtype(detail["dtype"])
    if array.dtype != np.float32 or kind.kind not in "iu":
        return array
    if np.isnan(array).any():
        raise ValueError(f"input '{detail['name']}' holds NaN, but the model stores it as {kind}")
    scale, zero = _quantization(detail)
    limits = np.iinfo(kind)
    with np.errstate(over="ignore"):
        numbers = np.rint(array / np.float32(scale)) + np.float32(zero)
    return np.clip(numbers, limits.min, limits.max).astype(kind)


def _real(array, detail):
    if array.dtype.kind not in "iu":
        return array
    scale, zero = _quantization(detail)
    return (array.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def _quantization(detail):
    parameters = detail["quantization_parameters"]
    scale, zeros = float(parameters["scales"][0]), parameters["zero_points"]
    if not math.isfinite(scale) or scale <= 0:
        raise ValueError(f"tensor '{detail['name']}' has a scale of {scale}")
    return scale, int(zeros[0]) if len(zeros) else 0


def _texts(array):
    if array.dtype != np.object_:
        return array
    texts = [one.decode() if isinstance(one, bytes) else one for one in array.reshape(-1)]
    return np.array(texts, np.object_).reshape(array.shape)


def _bytes(array):
    if array.dtype.kind not in "OSU":
        return array
    items = [one.encode() if isinstance(one, str) else one for one in array.reshape(-1).tolist()]
    return np.array(items, np.object_).reshape(array.shape)
