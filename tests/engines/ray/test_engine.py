"""What holds of Ray in this program's process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_LOAD = """
from backend.engines.ray import RayModels, ray_serve
from backend.models.servable import ModelLoadError
served = ray_serve("", RayModels(bundled=False), queue_limit=1)
import ray
from backend.wire.generated import open_inference_pb2 as pb
from backend.engines.ray.scale import NO_SCALE
served._replicas.close()
try:
    served._replicas.bring_up("faces", pb.ModelConfig(), NO_SCALE)
except ModelLoadError as error:
    print(error)
try:
    ray.nodes()
except Exception as error:
    print(type(error).__name__)
print(ray.is_initialized())
"""


@pytest.mark.cluster
def test_what_is_still_asked_of_ray_at_the_end_starts_no_cluster() -> None:
    pytest.importorskip("ray", reason="`make test-cluster` installs Ray")
    command = [sys.executable, "-c", _LOAD]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["the server ends", "RaySystemError", "False"]
