"""Datatypes and tensors under the names that model configurations use."""

from __future__ import annotations

from collections.abc import Iterable

from backend.core.tensors import Datatype, TensorSpec
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

_BATCH = -1


def config_type(datatype: Datatype) -> pb.DataType:
    """``TYPE_FP32`` for FP32; BYTES is TYPE_STRING there."""
    name = "STRING" if datatype is Datatype.BYTES else datatype.value
    return pb.DataType.Value(f"TYPE_{name}")  # type: ignore[return-value]  # the stub says int


def datatype_of(config: pb.DataType, what: str) -> Datatype:
    """FP32 for ``TYPE_FP32``; raises ModelLoadError, naming `what`, for TYPE_INVALID."""
    if config not in pb.DataType.values() or config == pb.TYPE_INVALID:
        raise ModelLoadError(f"{what} has no valid data_type")
    name = pb.DataType.Name(config).removeprefix("TYPE_")
    return Datatype.BYTES if name == "STRING" else Datatype(name)


def input_specs(config: pb.ModelConfig) -> tuple[TensorSpec, ...]:
    """What a configuration declares as inputs, the batch dimension as a leading -1."""
    return tuple(_spec(config, tensor, "input", tensor.optional) for tensor in config.input)


def output_specs(config: pb.ModelConfig) -> tuple[TensorSpec, ...]:
    """What a configuration declares as outputs, the batch dimension as a leading -1."""
    return tuple(_spec(config, tensor, "output", optional=False) for tensor in config.output)


def describe(
    name: str, platform: str, inputs: Iterable[TensorSpec], outputs: Iterable[TensorSpec]
) -> pb.ModelConfig:
    """The configuration of a model that does not batch and has one instance."""
    return pb.ModelConfig(
        name=name,
        platform=platform,
        backend=platform,
        version_policy=pb.ModelVersionPolicy(latest=pb.ModelVersionPolicy.Latest(num_versions=1)),
        input=[
            pb.ModelInput(
                name=spec.name,
                data_type=config_type(spec.datatype),
                dims=spec.shape,
                optional=spec.optional,
            )
            for spec in inputs
        ],
        output=[
            pb.ModelOutput(name=spec.name, data_type=config_type(spec.datatype), dims=spec.shape)
            for spec in outputs
        ],
        instance_group=[
            pb.ModelInstanceGroup(name=name, count=1, kind=pb.ModelInstanceGroup.KIND_CPU)
        ],
    )


def _spec(
    config: pb.ModelConfig,
    tensor: pb.ModelInput | pb.ModelOutput,
    role: str,
    optional: bool,
) -> TensorSpec:
    datatype = datatype_of(tensor.data_type, f"model {role} '{tensor.name}'")
    batch = (_BATCH,) if config.max_batch_size > 0 else ()
    return TensorSpec(tensor.name, datatype, (*batch, *tensor.dims), optional)
