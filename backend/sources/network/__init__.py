"""Network."""

from backend.sources.network.camera import NetworkCamera

__all__ = ["NetworkCamera"]
