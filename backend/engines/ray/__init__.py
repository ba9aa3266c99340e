"""Ray Serve behind the edges: every model of the folder in replicas on any number of machines.

Needs the extra that `requirements-ray.txt` locks; importing this without it raises ImportError.
"""

from backend.engines.ray.engine import RayModels, RayServe

__all__ = ["RayModels", "RayServe"]
