"""Network cameras over HTTP and RTSP, and what is wrong when they give no picture."""

from backend.sources.network.camera import NetworkCamera

__all__ = ["NetworkCamera"]
