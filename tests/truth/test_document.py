"""docs/readings.md defines every number that is given out, and names tests that are there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from backend.compare.bench.result import FIGURES, CellResult
from backend.core.ledger import DropPlace
from backend.core.timing import SPANS
from backend.core.traffic import Traffic
from backend.session.run import Summary

ROOT = Path(__file__).resolve().parents[2]
_NO_READINGS = {"cell", "status", "reason", "failures", "histogram", "wire_estimated"}
TEXT = (ROOT / "docs" / "readings.md").read_text(encoding="utf-8")


def test_every_stage_field_and_place_is_defined() -> None:
    words = set(re.findall(r"`([\w.]+)`", TEXT))
    given_out = {*SPANS, "latency", *(field.name for field in fields(Summary))}
    given_out |= {field.name for field in fields(Traffic)} - {"estimated"}
    assert not given_out - words
    assert all(place in TEXT for place in DropPlace)


def test_every_figure_of_a_measured_way_is_defined() -> None:
    words = set(re.findall(r"`([\w.]+)`", TEXT))
    told = {*FIGURES, *CellResult.__struct_fields__} - _NO_READINGS
    assert not told - words


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", TEXT)
    assert named
    assert not [name for name in named if not (ROOT / name).is_file()]
