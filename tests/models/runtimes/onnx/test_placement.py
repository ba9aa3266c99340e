"""A model is computed where its configuration wants it, or on the CPU with the reason shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.tensors import Datatype
from backend.models.config.text import parse_config
from backend.models.runtimes.graph import FALLBACK, PROVIDERS, THREADS
from backend.models.runtimes.onnx.loader import OnnxServable
from backend.models.runtimes.onnx.placement import providers_of
from backend.wire.generated import open_inference_pb2 as pb
from tests.models.onnx_folders import answer, ask, fp32, identity, load, outputs_of, request

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_GPU = "instance_group { kind: KIND_GPU gpus: [ 1, 0 ] }"
_TENSORRT = """
optimization { execution_accelerators { gpu_execution_accelerator : [ {
  name : "tensorrt"
  parameters { key: "precision_mode" value: "FP16" }
  parameters { key: "max_workspace_size_bytes" value: "1073741824" }
} ] } }
"""
_OPENVINO = """
optimization { execution_accelerators { cpu_execution_accelerator : [ { name : "openvino" } ] } }
"""


def accelerator(name: str, list_: str = "gpu_execution_accelerator", more: str = "") -> str:
    return (
        f'optimization {{ execution_accelerators {{ {list_} [ {{ name: "{name}" {more} }} ] }} }}'
    )


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ("", {}),
        ("instance_group { kind: KIND_CPU }", {}),
        (_GPU, {_CUDA: {"device_id": "1"}}),
        (
            _TENSORRT,
            {
                "TensorrtExecutionProvider": {
                    "trt_fp16_enable": "1",
                    "trt_max_workspace_size": "1073741824",
                }
            },
        ),
        (_TENSORRT + "instance_group { kind: KIND_CPU }", {}),
        (_OPENVINO + "instance_group { kind: KIND_CPU }", {"OpenVINOExecutionProvider": {}}),
        (
            accelerator("directml", more='parameters { key: "device_id" value: "2" }') + _GPU,
            {"DmlExecutionProvider": {"device_id": "2"}, _CUDA: {"device_id": "1"}},
        ),
        (
            accelerator("coreml", more='parameters { key: "MLComputeUnits" value: "ALL" }'),
            {"CoreMLExecutionProvider": {"MLComputeUnits": "ALL"}},
        ),
        (accelerator("CUDAExecutionProvider") + "instance_group { kind: KIND_GPU }", {_CUDA: {}}),
        (accelerator("tensort"), {"tensort": {}}),
    ],
)
def test_what_a_configuration_wants(config: str, wanted: Mapping[str, Mapping[str, str]]) -> None:
    providers = providers_of(parse_config(config))
    assert {each.name: dict(each.options) for each in providers} == wanted
    assert [each.name for each in providers] == list(wanted)


def shown(servable: OnnxServable) -> dict[str, str]:
    return {name: entry.string_value for name, entry in servable.config.parameters.items()}


def test_without_a_wish_it_is_the_cpu_with_bounded_threads(tmp_path: Path) -> None:
    config = 'parameters { key: "intra_op_thread_count" value { string_value: "1" } }'
    parameters = shown(load(identity(tmp_path / "m", Datatype.FP32, [2]), config))
    assert parameters[PROVIDERS] == _CPU
    assert parameters[THREADS] == "1"
    assert FALLBACK not in parameters


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (_GPU, f"{_CUDA}: this ONNX Runtime has only .*{_CPU}"),
        (_TENSORRT, "TensorrtExecutionProvider: this ONNX Runtime has only"),
        (accelerator("tensort"), "tensort: this ONNX Runtime has only"),
    ],
)
def test_what_is_not_there_falls_back_to_the_cpu_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, config: str, said: str
) -> None:
    if _CUDA in onnxruntime.get_available_providers():
        pytest.skip("this machine has what the test takes to be missing")
    servable = load(identity(tmp_path / "m", Datatype.FP32, [2]), config)
    parameters = shown(servable)
    assert re.search(said, parameters[FALLBACK])
    assert parameters[PROVIDERS] == _CPU
    assert all(g.kind == pb.ModelInstanceGroup.KIND_CPU for g in servable.config.instance_group)
    assert f"model m does without {parameters[FALLBACK]}" in caplog.text
    assert answer(servable, fp32("X", [1, 2]))["Y"].data.tolist() == [1, 2]


def test_a_provider_that_is_there_is_used(tmp_path: Path) -> None:
    azure = "AzureExecutionProvider"  # it is in every build, and computes nothing by itself
    if azure not in onnxruntime.get_available_providers():
        pytest.skip(f"this ONNX Runtime has no {azure}")
    servable = load(identity(tmp_path / "m", Datatype.FP32, [2]), accelerator(azure))
    assert shown(servable)[PROVIDERS] == f"{azure}, {_CPU}"
    assert FALLBACK not in shown(servable)
    assert answer(servable, fp32("X", [1, 2]))["Y"].data.tolist() == [1, 2]


_Real = onnxruntime.InferenceSession


class _Broken:
    """A session that claims to be on CUDA; it does what `fault` says."""

    fault = "start"

    def __init__(self, path: str, options: Any, providers: list[Any], **more: Any) -> None:
        self._cuda = any(each[0] == _CUDA for each in providers)
        if self._cuda and self.fault == "start":
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : no device")
        self._session = _Real(path, options, providers=[_CPU])

    def get_providers(self) -> list[str]:
        return [_CUDA, _CPU] if self._cuda and self.fault != "silent" else [_CPU]

    def run(self, outputs: list[str], feeds: dict[str, Any], options: Any) -> Any:
        if self._cuda and self.fault == "compute":
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : out of memory")
        return self._session.run(outputs, feeds, options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(onnxruntime, "InferenceSession", _Broken)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [_CUDA, _CPU])
    return monkeypatch


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("start", f"{_CUDA}: it failed to start: no device"),
        ("silent", f"{_CUDA}: it did not start"),
    ],
)
def test_a_provider_that_does_not_start(
    tmp_path: Path, broken: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    broken.setattr(_Broken, "fault", fault)
    servable = load(identity(tmp_path / "m", Datatype.FP32, [2]), _GPU)
    assert shown(servable)[FALLBACK] == said
    assert shown(servable)[PROVIDERS] == _CPU
    assert answer(servable, fp32("X", [1, 2]))["Y"].data.tolist() == [1, 2]


def test_a_provider_that_fails_later_is_left_without_losing_the_request(
    tmp_path: Path, broken: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken.setattr(_Broken, "fault", "compute")
    servable = load(identity(tmp_path / "m", Datatype.FP32, [2]), _GPU)
    assert shown(servable)[PROVIDERS] == f"{_CUDA}, {_CPU}"
    assert servable.config.instance_group[0].kind == pb.ModelInstanceGroup.KIND_GPU
    instance = servable.make_instance(0)
    for number in (1, 2):
        (response,) = ask(instance, request(fp32("X", [number, 2])))
        assert outputs_of(response)["Y"].data.tolist() == [number, 2]
    assert caplog.text.count("failed to compute") == 1
    assert shown(servable)[FALLBACK] == f"{_CUDA}: it failed to compute: out of memory"
    assert shown(servable)[PROVIDERS] == _CPU


def test_a_requests_own_fault_is_not_the_providers(
    tmp_path: Path, broken: pytest.MonkeyPatch
) -> None:
    broken.setattr(_Broken, "fault", "none")
    servable = load(identity(tmp_path / "m", Datatype.FP32, [2]), _GPU)
    (response,) = ask(servable.make_instance(0), request(fp32("X", [1, 2, 3])))
    with pytest.raises(InvalidInput):
        outputs_of(response)
    assert FALLBACK not in shown(servable)


def test_what_the_cpu_cannot_compute_either_stays_an_error(
    tmp_path: Path, broken: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("no such kernel")

    broken.setattr(_Broken, "fault", "none")
    broken.setattr(_Broken, "run", fail)
    servable = load(identity(tmp_path / "m", Datatype.FP32, [2]), _GPU)
    (response,) = ask(servable.make_instance(0), request(fp32("X", [1, 2])))
    with pytest.raises(ModelFailed, match="no such kernel"):
        outputs_of(response)
    assert shown(servable)[PROVIDERS] == f"{_CUDA}, {_CPU}"
