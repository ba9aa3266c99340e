"""Ray Serve behind the edges: every model of the folder in replicas on any number of machines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from backend.core.errors import UsageError
from backend.engines.ray.models import RayModels

if TYPE_CHECKING:
    from backend.engines.ray.engine import RayServe

__all__ = ["RayModels", "ray_serve"]

REQUIREMENTS = "requirements-ray.txt"


def ray_serve(address: str, models: RayModels, *, queue_limit: int) -> RayServe:
    """The models on the cluster at the address, or for '' on one that is started here.

    Raises UsageError with what to type if Ray is not installed.
    """
    # Or what is asked of it when we have left the cluster starts another one.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    try:
        import ray.serve  # noqa: F401 - nothing else may fail for want of Ray
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--engine ray needs Ray Serve, which is not installed ({error.name} is missing).",
            hint=f"Type: .venv/bin/pip install -r {REQUIREMENTS}",
        ) from None
    from backend.engines.ray.engine import RayServe

    return RayServe(address, models, queue_limit=queue_limit)
