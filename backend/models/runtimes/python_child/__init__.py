"""What runs in a Python model's process; imports nothing of the server's side."""

from backend.models.runtimes.python_child.model_config import Properties
from backend.models.runtimes.python_child.reports import LOG_MARK, METRIC_MARK, LogLevel

__all__ = ["LOG_MARK", "METRIC_MARK", "LogLevel", "Properties"]
