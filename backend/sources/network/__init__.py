"""Network cameras over HTTP and RTSP, and what is wrong when they give no picture."""

from backend.sources.network.camera import NETWORK_CAMERA, NetworkCamera

KINDS = (NETWORK_CAMERA,)

__all__ = ["KINDS", "NETWORK_CAMERA", "NetworkCamera"]
