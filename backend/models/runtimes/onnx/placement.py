"""What a configuration wants an ONNX file to be computed on: execution providers of ONNX Runtime.

The words are Triton's (`optimization.execution_accelerators`, `instance_group`); DirectML, CoreML
and others that Triton has not are named in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.wire.generated import open_inference_pb2 as pb

CPU = "CPUExecutionProvider"
_CUDA = "CUDAExecutionProvider"
_TENSORRT = "TensorrtExecutionProvider"
DIRECTML = "DmlExecutionProvider"
_PROVIDERS = {
    "tensorrt": _TENSORRT,
    "cuda": _CUDA,
    "migraphx": "MIGraphXExecutionProvider",
    "directml": DIRECTML,
    "coreml": "CoreMLExecutionProvider",
    "webgpu": "WebGpuExecutionProvider",
    "qnn": "QNNExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "dnnl": "DnnlExecutionProvider",
    "xnnpack": "XnnpackExecutionProvider",
}
_HALF, _BYTE = ("FP16", "trt_fp16_enable"), ("INT8", "trt_int8_enable")
_TENSORRT_OPTIONS = {
    "max_workspace_size_bytes": "trt_max_workspace_size",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One execution provider under ONNX Runtime's name, with its own options."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


def providers_of(config: pb.ModelConfig) -> tuple[Provider, ...]:
    """Those to try before the CPU, the first first; none if the configuration wants none.

    A group of KIND_GPU wants the accelerators for GPUs and CUDA; without a group of any kind only
    the accelerators listed. Groups of KIND_CPU alone want those for CPUs.
    """
    kinds = {group.kind for group in config.instance_group}
    listed = config.optimization.execution_accelerators
    found: list[Provider] = []
    if kinds != {pb.ModelInstanceGroup.KIND_CPU}:
        found += [_accelerator(entry) for entry in listed.gpu_execution_accelerator]
    if pb.ModelInstanceGroup.KIND_GPU in kinds:
        found.append(Provider(_CUDA))
        found = _on_device(found, [gpu for group in config.instance_group for gpu in group.gpus])
    found += [_accelerator(entry) for entry in listed.cpu_execution_accelerator]
    return tuple({provider.name: provider for provider in reversed(found)}.values())[::-1]


def _accelerator(entry: pb.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator) -> Provider:
    """By Triton's name, or by ONNX Runtime's own; what is neither is asked for as it stands."""
    name = _PROVIDERS.get(entry.name.lower(), entry.name)
    options = dict(entry.parameters)
    return Provider(name, _tensorrt(options) if name == _TENSORRT else options)


def _tensorrt(options: Mapping[str, str]) -> dict[str, str]:
    """Triton's parameters under the provider's own names; others are the provider's already."""
    named = {
        _TENSORRT_OPTIONS.get(key, key): value
        for key, value in options.items()
        if key != "precision_mode"
    }
    for precision, switch in (_HALF, _BYTE):
        if options.get("precision_mode", "").upper() == precision:
            named[switch] = "1"
    return named


def _on_device(providers: Sequence[Provider], gpus: Sequence[int]) -> list[Provider]:
    """All on the first of the GPUs that the groups name: the instances share one session."""
    if not gpus:
        return list(providers)
    device = {"device_id": str(gpus[0])}
    return [
        Provider(provider.name, {**device, **provider.options})
        if provider.name in (_CUDA, _TENSORRT, DIRECTML)
        else provider
        for provider in providers
    ]
