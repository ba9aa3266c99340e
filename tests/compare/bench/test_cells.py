"""Which ways a matrix holds, and how one is named."""

from __future__ import annotations

import pytest

from backend.compare.bench import PRESETS, Cell, Matrix, way_of
from backend.core.bench_choices import Preset
from backend.core.choices import Compression, ImageEncoding, Serialization, Transport
from backend.core.errors import UsageError

PACKED_JSON = Cell(
    "",
    transport=Transport.REST,
    serialization=Serialization.JSON,
    compression=Compression.GZIP,
)


def test_a_way_is_named_as_its_cells_keys_begin() -> None:
    assert way_of("oip/rest/json/raw/gzip") == PACKED_JSON
    for matrix in PRESETS.values():
        for cell in matrix.with_payloads(("frame",)).cells():
            assert cell.key.startswith(f"{cell.way_key}/")
            assert way_of(cell.way_key).way == cell.way


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oip/rest/json", "Expected one of each of"),
        ("oip/rest/json/gif/none", "raw|jpeg|png"),
        ("oip/rest/json/raw/none/1", "Expected one of each of"),
        ("oip/rest/raw/raw/none", "REST"),
        ("", "Expected one of each of"),
    ],
)
def test_what_names_no_way_is_said(text: str, expected: str) -> None:
    with pytest.raises(UsageError, match="no way to send") as refused:
        way_of(text)
    assert expected in refused.value.hint


def test_ways_besides_are_measured_of_everything_and_once() -> None:
    matrix = Matrix(("a", "b"), in_flight=(1, 4), also=(PACKED_JSON,))
    cells = list(matrix.cells())
    packed = [cell for cell in cells if cell.compression is Compression.GZIP]
    assert {(cell.payload, cell.in_flight) for cell in packed} == {
        (payload, flight) for payload in "ab" for flight in (1, 4)
    }
    known = Matrix(("a",), also=(Cell("", image=ImageEncoding.RAW),))
    assert list(known.cells()) == list(Matrix(("a",)).cells())
    assert len(list(PRESETS[Preset.TRANSPORT].with_payloads(("a",)).cells())) == 6
