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

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

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


class CustomMetrics(Collector):
    """Families of measurements by name; safe from any thread.

    Copies of a model that use the same labels are one measurement: counters and histograms are
    added up, of a gauge the value that was set last holds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._families: dict[str, _Family] = {}
        self._logged: set[str] = set()

    def change(self, owner: Hashable, text: bytes) -> None:
        """Take what a model's process says: JSON of one change; what is wrong is logged once."""
        try:
            change = json.loads(text)
            with self._lock:
                self._change(owner, change)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            if str(error) not in self._logged and len(self._logged) < _MOST_SERIES:
                self._logged.add(str(error))
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

    def collect(self) -> list[Metric]:
        """All of it, by name; counters bear the names that the models gave them."""
        with self._lock:
            families: list[Metric] = []
            for name, family in sorted(self._families.items()):
                metric = Metric(name, family.about, family.kind)
                for labels, owners in sorted(family.series.items()):
                    _add_samples(metric, dict(labels), list(owners.values()))
                families.append(metric)
        return families

    def _change(self, owner: Hashable, change: Mapping[str, Any]) -> None:
        name, kind = str(change["name"]), KINDS[change["kind"]]
        labels = tuple(sorted((str(key), str(value)) for key, value in change["labels"].items()))
        value = float(change["value"])
        family = self._families.get(name) or _Family(kind, str(change["about"]))
        self._check(name, family, kind, labels, value)
        self._families[name] = family
        owners = family.series.setdefault(labels, {})
        if change["do"] == "set":
            owners.pop(owner, None)  # so that it is the last
        series = owners.get(owner)
        if series is None:
            bounds = tuple(sorted(float(bound) for bound in change.get("buckets", ())))
            series = owners[owner] = _Series(bounds=bounds, buckets=[0] * len(bounds))
        match change["do"]:
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
        if not _is_unicode(family.about, *(text for _, text in labels)):
            raise ValueError(f"'{name}' is described or labelled with half a character")
        if math.isnan(value):
            raise ValueError(f"'{name}' was given NaN")
        count = sum(len(one.series) for one in self._families.values())
        if labels not in family.series and count >= _MOST_SERIES:
            raise ValueError(f"there are {_MOST_SERIES} already")


def _is_unicode(*texts: str) -> bool:
    """Whether none has a lone surrogate, for which UTF-8, and so the page, has no bytes."""
    return not any("\ud800" <= character <= "\udfff" for text in texts for character in text)


def _add_samples(metric: Metric, labels: dict[str, str], parts: Sequence[_Series]) -> None:
    name = metric.name
    if metric.type == "gauge":
        metric.add_sample(name, labels, parts[-1].value)
    elif metric.type == "counter":
        metric.add_sample(name, labels, sum(part.value for part in parts))
    else:
        _add_histogram(metric, labels, parts)


def _add_histogram(metric: Metric, labels: dict[str, str], parts: Sequence[_Series]) -> None:
    name, bounds = metric.name, parts[0].bounds
    alike = [part for part in parts if part.bounds == bounds]
    count = sum(part.count for part in alike)
    below = [sum(part.buckets[index] for part in alike) for index in range(len(bounds))]
    for bound, so_far in zip((*bounds, math.inf), (*below, count), strict=True):
        metric.add_sample(f"{name}_bucket", labels | {"le": _number(bound)}, so_far)
    metric.add_sample(f"{name}_sum", labels, sum(part.value for part in alike))
    metric.add_sample(f"{name}_count", labels, count)


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
