"""Whether a complete configuration makes sense, before anything is loaded by it."""

from __future__ import annotations

from collections.abc import Iterable

from backend.models.config.types import input_specs, output_specs
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb


def check_config(config: pb.ModelConfig) -> None:
    """Raise ModelLoadError with what is wrong with it."""
    if config.max_batch_size < 0:
        raise ModelLoadError(f"max_batch_size must not be negative, got {config.max_batch_size}")
    for role, specs in (("input", input_specs(config)), ("output", output_specs(config))):
        _check_names(role, [spec.name for spec in specs])
        for spec in specs:
            _check_dims(role, spec.name, spec.shape)
    _check_scheduling(config)


def without_gpus(config: pb.ModelConfig) -> bool:
    """Let instances that are meant for a GPU be made on the CPU; False if there are none."""
    groups = [g for g in config.instance_group if g.kind == pb.ModelInstanceGroup.KIND_GPU]
    for group in groups:
        group.kind = pb.ModelInstanceGroup.KIND_CPU
        del group.gpus[:]
    return bool(groups)


def _check_names(role: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not name:
            raise ModelLoadError(f"every model {role} needs a name")
        if name in seen:
            raise ModelLoadError(f"model {role} '{name}' is declared twice")
        seen.add(name)


def _check_dims(role: str, name: str, shape: tuple[int, ...]) -> None:
    wrong = [size for size in shape if size < -1 or size == 0]
    if wrong:
        raise ModelLoadError(
            f"model {role} '{name}' has dimension {wrong[0]}; expected a size above 0, or -1"
        )


def _check_scheduling(config: pb.ModelConfig) -> None:
    preferred = [
        *config.dynamic_batching.preferred_batch_size,
        *config.sequence_batching.oldest.preferred_batch_size,
    ]
    for size in preferred:
        if not 0 < size <= max(1, config.max_batch_size):
            raise ModelLoadError(
                f"preferred_batch_size {size} must be 1 to max_batch_size ({config.max_batch_size})"
            )
    batching = config.dynamic_batching
    if batching.default_priority_level > batching.priority_levels:
        raise ModelLoadError(
            f"default_priority_level {batching.default_priority_level} is above priority_levels "
            f"({batching.priority_levels})"
        )
    if batching.priority_levels and not batching.default_priority_level:
        raise ModelLoadError("default_priority_level must be 1 to priority_levels")
    oldest = config.sequence_batching.oldest
    if oldest.max_candidate_sequences < 0:
        raise ModelLoadError("max_candidate_sequences must not be negative")
