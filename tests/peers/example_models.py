"""The models that Triton's public client examples and perf_analyzer ask for, for either server.

All are of the python backend, so that the Triton of pytriton's wheel runs them on the CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_HEAD = """
import numpy as np
import triton_python_backend_utils as pb_utils


def given(request, name):
    return pb_utils.get_input_tensor_by_name(request, name).as_numpy()


def reply(**outputs):
    return pb_utils.InferenceResponse([pb_utils.Tensor(*pair) for pair in outputs.items()])

"""
_SUMS = """
class TritonPythonModel:
    def execute(self, requests):
        replies = []
        for request in requests:
            one, other = given(request, "INPUT0"), given(request, "INPUT1")
            replies.append(reply(OUTPUT0=one + other, OUTPUT1=one - other))
        return replies
"""
_TEXT_SUMS = """
def texts(numbers):
    return np.array([str(n).encode() for n in numbers.ravel()], object).reshape(numbers.shape)


class TritonPythonModel:
    def execute(self, requests):
        replies = []
        for request in requests:
            one, other = given(request, "INPUT0").astype(int), given(request, "INPUT1").astype(int)
            replies.append(reply(OUTPUT0=texts(one + other), OUTPUT1=texts(one - other)))
        return replies
"""
_ECHO = """
class TritonPythonModel:
    def execute(self, requests):
        return [reply(OUTPUT0=given(request, "INPUT0")) for request in requests]
"""
_SEQUENCE = """
class TritonPythonModel:
    def execute(self, requests):
        return [
            reply(OUTPUT=given(request, "INPUT") + given(request, "START")) for request in requests
        ]
"""
_DYNA_SEQUENCE = """
class TritonPythonModel:
    def initialize(self, args):
        self.sums = {}

    def execute(self, requests):
        replies = []
        for request in requests:
            corrid = given(request, "CORRID").item()
            start, end = given(request, "START").item(), given(request, "END").item()
            value = given(request, "INPUT")
            if isinstance(corrid, bytes):
                total = value if start else self.sums[corrid] + value
                self.sums[corrid] = total
                replies.append(reply(OUTPUT=total + np.int32(int(corrid) if end else 0)))
            else:
                replies.append(reply(OUTPUT=value + np.int32(start) + np.int32(corrid * end)))
        return replies
"""
_REPEAT = """
import time


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            for index, (value, delay) in enumerate(
                zip(given(request, "IN"), given(request, "DELAY"))
            ):
                time.sleep(delay / 1000)
                sender.send(reply(
                    OUT=np.array([value], np.int32), IDX=np.array([index], np.uint32)
                ))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""
_IMAGE = """
class TritonPythonModel:
    def execute(self, requests):
        replies = []
        for request in requests:
            pixels = given(request, "data_0")
            scores = pixels.reshape(pixels.shape[0], -1)[:, :10]
            replies.append(reply(fc6_1=np.ascontiguousarray(scores, np.float32)))
        return replies
"""
_TENSOR = '{{ name: "{}" data_type: TYPE_{} dims: [{}] {} }}'
_CONTROL = '{{ name: "{}" control [{{ kind: CONTROL_SEQUENCE_{} {} }}] }}'
_SWITCH = "int32_false_true: [0, 1]"


def write_examples(folder: Path) -> None:
    """A model repository; raises OSError."""
    pair = ("INPUT0", "INPUT1"), ("OUTPUT0", "OUTPUT1")
    for name, datatype, code in (
        ("simple", "INT32", _SUMS),
        ("simple_int8", "INT8", _SUMS),
        ("simple_string", "STRING", _TEXT_SUMS),
    ):
        inputs, outputs = ([(tensor, datatype, "16") for tensor in side] for side in pair)
        _write(folder, name, code, inputs, outputs, "max_batch_size: 8 dynamic_batching {}")
    echo = [("INPUT0", "STRING", "-1")], [("OUTPUT0", "STRING", "-1")]
    _write(folder, "simple_identity", _ECHO, *echo, "max_batch_size: 8")
    for datatype in ("FP16", "BF16", "FP32", "BOOL", "UINT64"):
        sides = [("INPUT0", datatype, "-1")], [("OUTPUT0", datatype, "-1")]
        _write(folder, f"echo_{datatype.lower()}", _ECHO, *sides, "")
    for name, of_corrid in (
        ("simple_sequence", ""),
        ("simple_dyna_sequence", "TYPE_UINT64"),
        ("simple_string_dyna_sequence", "TYPE_STRING"),
    ):
        _write_sequence(folder, name, of_corrid)
    _write(
        folder,
        "repeat_int32",
        _REPEAT,
        [("IN", "INT32", "-1"), ("DELAY", "UINT32", "-1"), ("WAIT", "UINT32", "1")],
        [("OUT", "INT32", "1"), ("IDX", "UINT32", "1")],
        "model_transaction_policy { decoupled: true }",
    )
    _write(
        folder,
        "densenet_onnx",
        _IMAGE,
        [("data_0", "FP32", "3, 224, 224", "format: FORMAT_NCHW")],
        [("fc6_1", "FP32", "10", 'label_filename: "labels.txt"')],
        "max_batch_size: 8",
    )
    labels = "".join(f"label {index}\n" for index in range(10))
    (folder / "densenet_onnx" / "labels.txt").write_text(labels)


def _write_sequence(folder: Path, name: str, of_corrid: str) -> None:
    controls = [_CONTROL.format("START", "START", _SWITCH)]
    controls.append(_CONTROL.format("READY", "READY", _SWITCH))
    if of_corrid:
        controls.append(_CONTROL.format("END", "END", _SWITCH))
        controls.append(_CONTROL.format("CORRID", "CORRID", f"data_type: {of_corrid}"))
    batching = "oldest { max_candidate_sequences: 16 }" if of_corrid else ""
    _write(
        folder,
        name,
        _DYNA_SEQUENCE if of_corrid else _SEQUENCE,
        [("INPUT", "INT32", "1")],
        [("OUTPUT", "INT32", "1")],
        f"max_batch_size: 8 sequence_batching {{ max_sequence_idle_microseconds: 5000000 "
        f"control_input [{', '.join(controls)}] {batching} }}",
    )


def _write(
    folder: Path,
    name: str,
    code: str,
    inputs: Sequence[tuple[str, ...]],
    outputs: Sequence[tuple[str, ...]],
    more: str,
) -> None:
    (folder / name / "1").mkdir(parents=True)
    (folder / name / "1" / "model.py").write_text(_HEAD + code)
    sides = (
        f"{side} [{', '.join(_TENSOR.format(*tensor, *[''] * (4 - len(tensor))) for tensor in ts)}]"
        for side, ts in (("input", inputs), ("output", outputs))
    )
    config = ['backend: "python"', *sides, "instance_group [{ kind: KIND_CPU }]", more]
    (folder / name / "config.pbtxt").write_text("\n".join(config) + "\n")
