"""Python."""

from backend.models.runtimes.python.loader import PythonRuntime

__all__ = ["PythonRuntime"]
