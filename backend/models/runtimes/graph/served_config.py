"""A configuration as it is served, with how the model is run."""

from __future__ import annotations

from collections.abc import Sequence

from backend.models.config import without_gpus
from backend.wire.generated import open_inference_pb2 as pb

THREADS, PROVIDERS, FALLBACK = "inferdeck_threads", "inferdeck_providers", "inferdeck_fallback"
"""Parameters of a served configuration that say how it is run; in a given one they do nothing."""
_CPU_PROVIDERS = ("CPU", "Azure", "OpenVINO", "Dnnl", "Xnnpack")


def as_run(
    config: pb.ModelConfig, *, threads: int, providers: Sequence[str] = (), fallback: str = ""
) -> pb.ModelConfig:
    """A copy that says how the model is run: threads of an instance, providers, what is lacking.

    Groups for GPUs are for the CPU in it if no provider computes on one.
    """
    run = pb.ModelConfig()
    run.CopyFrom(config)
    if all(provider.startswith(_CPU_PROVIDERS) for provider in providers):
        without_gpus(run)
    for name, text in (
        (THREADS, str(threads)),
        (PROVIDERS, ", ".join(providers)),
        (FALLBACK, fallback),
    ):
        run.parameters.pop(name, None)
        if text:
            run.parameters[name].string_value = text
    return run
