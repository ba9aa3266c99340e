"""What plots show, as rows of a file."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Iterable, Mapping, Sequence

import orjson

from backend.core.tensors import Array

Row = Mapping[str, float | str]


def epoch_s() -> float:
    """What is added to the clock of a run, which counts from the start of the machine."""
    return time.time() - time.monotonic()


def line_rows(lines: Mapping[str, Array], epoch: float) -> list[Row]:
    """A row for each point: time in seconds since 1970, name of the line, value."""
    rows = [
        {"time": at_s + epoch, "series": name, "value": value}
        for name, points in lines.items()
        for at_s, value in zip(points[0].tolist(), points[1].tolist(), strict=True)
    ]
    return sorted(rows, key=lambda row: float(row["time"]))


def trace_rows(window: Array, columns: Mapping[str, int], epoch: float) -> list[Row]:
    """A row for each answer: time in seconds since 1970, spans in ms; what is not known is out."""
    rows: list[Row] = []
    for values in window.T.tolist():
        row = {name: values[place] for name, place in columns.items() if name != "at_s"}
        known = {name: value for name, value in row.items() if math.isfinite(value)}
        rows.append({"time": values[columns["at_s"]] + epoch} | known)
    return rows


def as_csv(rows: Sequence[Row]) -> bytes:
    """With a head; empty cells for what a row does not have."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def as_json_lines(rows: Iterable[Row]) -> bytes:
    """An object a line."""
    return b"".join(orjson.dumps(dict(row)) + b"\n" for row in rows)


def _plain(value: float | str) -> float | str:
    """What a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
