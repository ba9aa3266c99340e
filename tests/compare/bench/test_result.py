"""Results as files, tables, conditions and beside another one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import msgspec
import pytest

from backend.compare.bench import (
    as_csv,
    as_markdown,
    as_table,
    changes,
    changes_as_table,
    decode_result,
    encode_result,
    parse_condition,
    read_result,
    verdict_of,
    violations,
)
from backend.compare.bench.result import LARGEST_FILE, CellResult
from backend.core.errors import UsageError
from tests.attacks.growth import assert_linear
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result

FOUND = result(
    cell_result(STREAM, 2.0),
    cell_result(REST_BINARY, 3.0, stable=False),
    CellResult(REST_JSON, "failed", "The server said no."),
)


def test_a_result_comes_back_from_its_json(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(encode_result(FOUND))
    assert read_result(path) == FOUND
    assert json.loads(path.read_bytes())["version"] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no result"),
        ("[]", "no result"),
        ('{"version": 2}', "of version 2"),
        ('{"version": 1}', "missing required field"),
        (encode_result(FOUND).decode().replace('"made_at"', '"made"'), "unknown field"),
        (encode_result(FOUND).decode().replace('"grpc_stream"', '"pigeon"', 1), "pigeon"),
    ],
)
def test_what_is_no_result_is_said(text: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        decode_result(text.encode())


def test_reading_is_linear_and_bounded(tmp_path: Path) -> None:
    def reading(size: int) -> object:
        text = b'{"version": 1, "cells": [' + b'{"cell": {}},' * (size // 13) + b"]}"

        def read() -> None:
            with pytest.raises(UsageError):
                decode_result(text)

        return read

    assert_linear(reading, 1 << 20, seconds=5.0, peak_bytes_per_byte=4.0)  # type: ignore[arg-type]
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(UsageError, match="over 32 MiB"):
        read_result(path)


def test_tables_hold_every_cell_the_fastest_first() -> None:
    lines = as_table(FOUND).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "OIP gRPC stream, raw",
        "OIP REST, binary",
        "OIP REST, json",
    ]
    assert lines[2].endswith("not stable")
    assert lines[3].endswith("The server said no.")
    text = as_markdown(FOUND, verdict_of(FOUND))
    assert text.startswith(verdict_of(FOUND).sentence)
    assert text.count("\n| ") == 4


def test_csv_has_figures_intervals_and_reasons() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(FOUND))))
    assert rows[0]["p50_ms"] == "2.0"
    assert float(rows[0]["p50_ms_low"]) < 2.0 < float(rows[0]["p50_ms_high"])
    assert rows[2]["status"] == "failed"
    assert rows[2]["reason"] == "The server said no."
    assert rows[2]["p50_ms"] == ""


def test_conditions_name_the_cells_they_hold_for() -> None:
    found = violations(FOUND, [parse_condition("p50_ms > 2.5")])
    assert found[0].endswith("p50_ms is 3 (p50_ms>2.5)")
    assert "The server said no." in found[1]
    assert len(found) == 2
    assert violations(FOUND, []) == []
    lost = msgspec.structs.replace(cell_result(STREAM, 2.0), reason="The connection was lost.")
    (line,) = violations(result(lost), [parse_condition("p50_ms > 2.5")])
    assert line.endswith("The connection was lost.")
    fine = result(cell_result(STREAM, 2.0))
    assert violations(fine, [parse_condition("p99_ms>=5"), parse_condition("rate<10")]) == []


@pytest.mark.parametrize("text", ["", "p99", "p99_ms>", "p99_ms=3", "speed>3", "p99_ms>20ms"])
def test_what_is_no_condition_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="p99_ms>20"):
        parse_condition(text)


def test_two_results_are_compared_cell_by_cell() -> None:
    before = result(cell_result(STREAM, 1.0), cell_result(REST_BINARY, 3.02))
    found = changes(FOUND, before)
    assert {(each.cell.transport, each.figure): each.differs for each in found} == {
        ("grpc_stream", "p50_ms"): True,
        ("grpc_stream", "p99_ms"): True,
        ("grpc_stream", "rate"): False,
        ("rest", "p50_ms"): False,
        ("rest", "p99_ms"): False,
        ("rest", "rate"): False,
    }
    assert "p50_ms 1 -> 2 (2.00x)" in changes_as_table(found)
    assert "Nothing of 3" in changes_as_table(found[3:])
