"""Models written for Triton's Python backend, seen from the server: one process an instance."""

from backend.models.runtimes.python.loader import PythonRuntime

__all__ = ["PythonRuntime"]
