"""TensorFlow Lite files, computed by LiteRT."""

from backend.models.runtimes.litert.loader import LiteRtRuntime

__all__ = ["LiteRtRuntime"]
