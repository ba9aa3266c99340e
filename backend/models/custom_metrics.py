"""Measurements that models make themselves, for the server's page of metrics."""

from __future__ import annotations

import json
import logging
import math
import re
import threading
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_log = logging.getLogger("inferdeck.models")

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RESERVED = "nv_"
_MOST_SERIES = 1000
KINDS = ("counter", "gauge", "histogram")
"""By the number that a model knows the kind by."""

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Series:
    """What one owner measured under one set of labels; the buckets are of a histogram."""

    value: float = 0.0
    count: int = 0
    bounds: tuple[float, ...] = ()
    buckets: list[int] = field(default_factory=list)

    def observe(self, value: float) -> None:
        self.value += value
        self.count += 1
        for index, bound in enumerate(self.bounds):
            self.buckets[index] += value <= bound


@dataclass(slots=True)
class _Family:
    kind: str
    about: str
    series: dict[Labels, dict[Hashable, _Series]] = field(default_factory=dict)


class CustomMetrics:
    """Families of measurements by name; safe from any thread.

    Copies of a model that use the same labels are told together: counters and histograms are added
    up, of a gauge the value that was set last holds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._families: dict[str, _Family] = {}
        self._told: set[str] = set()

    def change(self, owner: Hashable, text: bytes) -> None:
        """Take what a model's process says: JSON of one change; what is wrong is logged once."""
        try:
            said = json.loads(text)
            with self._lock:
                self._change(owner, said)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            if str(error) not in self._told and len(self._told) < _MOST_SERIES:
                self._told.add(str(error))
                _log.warning("A model's metric is left out: %s", error)

    def forget(self, owner: Hashable) -> None:
        """The owner is gone, and what it measured."""
        with self._lock:
            for name, family in list(self._families.items()):
                for labels, owners in list(family.series.items()):
                    owners.pop(owner, None)
                    if not owners:
                        del family.series[labels]
                if not family.series:
                    del self._families[name]

    def text(self) -> str:
        """All of it as Prometheus reads it."""
        with self._lock:
            lines: list[str] = []
            for name, family in sorted(self._families.items()):
                lines += [f"# HELP {name} {_escaped(family.about)}", f"# TYPE {name} {family.kind}"]
                for labels, owners in sorted(family.series.items()):
                    lines += _lines(name, family.kind, labels, list(owners.values()))
        return "".join(f"{line}\n" for line in lines)

    def _change(self, owner: Hashable, said: Mapping[str, Any]) -> None:
        name, kind = str(said["name"]), KINDS[said["kind"]]
        labels = tuple(sorted((str(key), str(value)) for key, value in said["labels"].items()))
        value = float(said["value"])
        family = self._families.get(name) or _Family(kind, str(said["about"]))
        self._check(name, family, kind, labels, value)
        self._families[name] = family
        owners = family.series.setdefault(labels, {})
        if said["do"] == "set":
            owners.pop(owner, None)  # so that it is the last
        series = owners.get(owner)
        if series is None:
            bounds = tuple(sorted(float(bound) for bound in said.get("buckets", ())))
            series = owners[owner] = _Series(bounds=bounds, buckets=[0] * len(bounds))
        match said["do"]:
            case "set":
                series.value = value
            case "observe":
                series.observe(value)
            case _:
                series.value += value

    def _check(self, name: str, family: _Family, kind: str, labels: Labels, value: float) -> None:
        if not _NAME.fullmatch(name) or name.startswith(_RESERVED):
            raise ValueError(f"'{name}' is no name for one")
        if family.kind != kind:
            raise ValueError(f"'{name}' is a {family.kind} already, not a {kind}")
        if not all(_LABEL.fullmatch(key) for key, _ in labels):
            raise ValueError(f"'{name}' has a label whose name is none")
        if math.isnan(value):
            raise ValueError(f"'{name}' was given NaN")
        count = sum(len(one.series) for one in self._families.values())
        if labels not in family.series and count >= _MOST_SERIES:
            raise ValueError(f"there are {_MOST_SERIES} already")


def _lines(name: str, kind: str, labels: Labels, parts: Sequence[_Series]) -> list[str]:
    if kind == "gauge":
        return [f"{name}{_labels(labels)} {_number(parts[-1].value)}"]
    total = sum(part.value for part in parts)
    if kind == "counter":
        return [f"{name}{_labels(labels)} {_number(total)}"]
    bounds = parts[0].bounds
    alike = [part for part in parts if part.bounds == bounds]
    count = sum(part.count for part in alike)
    lines = [
        f"{name}_bucket{_labels((*labels, ('le', _number(bound))))} "
        f"{sum(part.buckets[index] for part in alike)}"
        for index, bound in enumerate(bounds)
    ]
    return [
        *lines,
        f"{name}_bucket{_labels((*labels, ('le', '+Inf')))} {count}",
        f"{name}_sum{_labels(labels)} {_number(sum(part.value for part in alike))}",
        f"{name}_count{_labels(labels)} {count}",
    ]


def _labels(labels: Labels) -> str:
    said = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{{{said}}}" if said else ""


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
