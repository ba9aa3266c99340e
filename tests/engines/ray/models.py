"""A repository for a cluster: Python models that tell which replica answered."""

from __future__ import annotations

from pathlib import Path

_HEAD = """
import os
import time
import numpy as np
import triton_python_backend_utils as pb_utils


def given(request, name="X"):
    return pb_utils.get_input_tensor_by_name(request, name).as_numpy()


def reply(**outputs):
    return pb_utils.InferenceResponse([pb_utils.Tensor(*pair) for pair in outputs.items()])

"""
SLEEP_S = 0.05
_ECHO = """
class TritonPythonModel:
    def execute(self, requests):
        replies = []
        for request in requests:
            time.sleep(%g)
            replies.append(reply(Y=given(request), PID=np.array([os.getpid()], np.int64)))
        return replies
"""
_SUM = """
class TritonPythonModel:
    def initialize(self, args):
        self.sums = {}

    def execute(self, requests):
        replies = []
        for request in requests:
            key = int(given(request, "ID")[0, 0])
            if given(request, "START")[0, 0]:
                self.sums[key] = 0
            self.sums[key] += int(given(request)[0, 0])
            replies.append(reply(
                Y=np.array([[self.sums[key]]], np.int32), PID=np.array([[os.getpid()]], np.int64)
            ))
        return replies
"""
_ASKS = """
class TritonPythonModel:
    def execute(self, requests):
        replies = []
        for request in requests:
            asked = pb_utils.InferenceRequest(
                model_name="slow", requested_output_names=["Y"],
                inputs=[pb_utils.Tensor("X", given(request))],
            ).exec()
            if asked.has_error():
                raise pb_utils.TritonModelException(asked.error().message())
            replies.append(reply(Y=pb_utils.get_output_tensor_by_name(asked, "Y").as_numpy() + 1))
        return replies
"""
_PLAIN = """
backend: "python"
input [{ name: "X" data_type: TYPE_INT32 dims: [-1] }]
output [{ name: "Y" data_type: TYPE_INT32 dims: [-1] }%s]
instance_group [{ kind: KIND_CPU count: 1 }]
"""
_PID = ', { name: "PID" data_type: TYPE_INT64 dims: [1] }'
_SEQUENCES = """
backend: "python"
max_batch_size: 8
input [{ name: "X" data_type: TYPE_INT32 dims: [1] }]
output [{ name: "Y" data_type: TYPE_INT32 dims: [1] },
        { name: "PID" data_type: TYPE_INT64 dims: [1] }]
instance_group [{ kind: KIND_CPU count: 1 }]
sequence_batching {
  max_sequence_idle_microseconds: 60000000
  oldest { max_candidate_sequences: 64 }
  control_input [
    { name: "START" control [{ kind: CONTROL_SEQUENCE_START int32_false_true: [0, 1] }] },
    { name: "ID" control [{ kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 }] }
  ]
}
"""


LARGE = "large"
"""No node has as many processors as it reserves."""
_MODELS = {
    "one": (_ECHO % SLEEP_S, _PLAIN % _PID, ""),
    # No node has room for two of its replicas.
    "slow": (_ECHO % SLEEP_S, _PLAIN % _PID, "replicas = 2\ncpus = 2.2"),
    "quick": (_ECHO % 0, _PLAIN % _PID, "replicas = 2"),
    "scaled": (
        _ECHO % SLEEP_S,
        _PLAIN % _PID,
        "max_replicas = 2\ntarget_in_flight = 2\nupscale_delay_s = 1\ndownscale_delay_s = 3",
    ),
    "sum": (_SUM, _SEQUENCES, "replicas = 2"),
    "asks": (_ASKS, _PLAIN % "", ""),
    LARGE: (_ECHO % 0, _PLAIN % _PID, "cpus = 64"),
}
SERVED = tuple(name for name in _MODELS if name != LARGE)


def write_models(root: Path) -> Path:
    """Write every model, with its table ``[ray]``; returns the folder."""
    for name, (code, config, scale) in _MODELS.items():
        folder = root / name / "1"
        folder.mkdir(parents=True)
        (folder / "model.py").write_text(_HEAD + code)
        (folder.parent / "config.pbtxt").write_text(config)
        if scale:
            cpus = "" if "cpus" in scale else "cpus = 0.1\n"
            (folder.parent / "profile.toml").write_text(f"[ray]\n{cpus}{scale}\n")
    return root
