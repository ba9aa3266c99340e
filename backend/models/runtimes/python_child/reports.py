"""What a Python model reports besides its answers: log lines and measurements."""

from __future__ import annotations

import json
import os
import threading
import traceback
from collections.abc import Mapping, Sequence
from enum import IntEnum

from backend.models.runtimes.python_child.tensor import TritonModelException

LOG_MARK = b"\x01"
"""First byte of a line on stderr that is a log record: then JSON of level and text."""

METRIC_MARK = b"\x02"
"""First byte of a line on stderr that is a change of a metric: then JSON of it."""

_STDERR = 2


class LogLevel(IntEnum):
    """How much a log line matters."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    VERBOSE = 3


class Logger:
    """Writes to the server's log."""

    LogLevel = LogLevel
    INFO = LogLevel.INFO
    WARNING = LogLevel.WARNING
    ERROR = LogLevel.ERROR
    VERBOSE = LogLevel.VERBOSE

    @staticmethod
    def log(message: str, level: int = LogLevel.INFO) -> None:
        """Write a line of that level."""
        os.write(_STDERR, LOG_MARK + _json([int(level), str(message)]) + b"\n")

    @staticmethod
    def log_info(message: str) -> None:
        """Write what is good to know."""
        Logger.log(message, LogLevel.INFO)

    @staticmethod
    def log_warn(message: str) -> None:
        """Write what may become a problem."""
        Logger.log(message, LogLevel.WARNING)

    @staticmethod
    def log_error(message: str) -> None:
        """Write what went wrong."""
        Logger.log(message, LogLevel.ERROR)

    @staticmethod
    def log_verbose(message: str) -> None:
        """Write what only a search for a fault needs."""
        Logger.log(message, LogLevel.VERBOSE)


def log_exception() -> None:
    """Write the exception that is being handled, with its traceback, as one record."""
    Logger.log(traceback.format_exc().rstrip(), LogLevel.ERROR)


class MetricKind(IntEnum):
    """What a metric's value may do."""

    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2


class Metric:
    """One measurement, shown by the server; its value here is what this process made of it."""

    def __init__(self, kind: MetricKind, about: Mapping[str, object]) -> None:
        self._kind = kind
        self._about = about
        self._lock = threading.Lock()
        self._value = 0.0

    def increment(self, value: float) -> None:
        """Add to it; a counter only grows."""
        if self._kind is MetricKind.COUNTER and value < 0:
            raise TritonModelException("A counter cannot be decreased.")
        with self._lock:
            self._value += value
        self._tell("add", value)

    def set(self, value: float) -> None:
        """Replace it; a counter refuses."""
        if self._kind is MetricKind.COUNTER:
            raise TritonModelException("A counter cannot be set.")
        with self._lock:
            self._value = value
            self._tell("set", value)  # in the order of the values

    def observe(self, value: float) -> None:
        """Count a measurement; only a histogram takes them."""
        if self._kind is not MetricKind.HISTOGRAM:
            raise TritonModelException("Only a histogram observes.")
        with self._lock:
            self._value += value
        self._tell("observe", value)

    def value(self) -> float:
        """Its value now."""
        return self._value

    def _tell(self, change: str, value: float) -> None:
        record = {**self._about, "do": change, "value": float(value)}
        os.write(_STDERR, METRIC_MARK + _json(record) + b"\n")


class MetricFamily:
    """Metrics of one name and kind, told apart by labels."""

    COUNTER = MetricKind.COUNTER
    GAUGE = MetricKind.GAUGE
    HISTOGRAM = MetricKind.HISTOGRAM

    def __init__(self, name: str, description: str, kind: MetricKind) -> None:
        self._name = name
        self._description = description
        self._kind = MetricKind(kind)
        self._metrics: dict[str, Metric] = {}

    def Metric(  # noqa: N802
        self, labels: Mapping[str, str] | None = None, buckets: Sequence[float] | None = None
    ) -> Metric:
        """The metric with those labels; a histogram has `buckets`, their upper bounds."""
        if (buckets is not None) != (self._kind is MetricKind.HISTOGRAM):
            raise TritonModelException("A histogram, and nothing else, needs buckets.")
        named = {str(key): str(value) for key, value in (labels or {}).items()}
        about = {
            "name": self._name,
            "about": self._description,
            "kind": int(self._kind),
            "labels": named,
            "buckets": [float(bound) for bound in buckets or ()],
        }
        key = json.dumps(named, sort_keys=True)
        return self._metrics.setdefault(key, Metric(self._kind, about))


def _json(value: object) -> bytes:
    """One line; half a surrogate pair, which UTF-8 cannot express, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
