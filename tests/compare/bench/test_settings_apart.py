"""What one setting does is said where it exceeds the noise, once for all ways that have it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.compare.bench.verdict import verdict_of
from backend.core.choices import Compression, ImageEncoding, Transport
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result

PNG = replace(STREAM, image=ImageEncoding.PNG)
UNARY = replace(STREAM, transport=Transport.GRPC)


@pytest.mark.parametrize(
    ("p50", "sent", "expected"),
    [
        (
            9.0,
            400.0,
            "PNG instead of pixels takes 3.0x as long and sends 40 % of the bytes: right ",
        ),
        (1.5, 400.0, "PNG instead of pixels takes 0.5x as long and sends 40 % of the bytes: bett"),
        (3.1, 400.0, "PNG instead of pixels sends 40 % of the bytes and takes no longer."),
        (1.5, 1200.0, "PNG instead of pixels takes 0.5x as long but sends 120 % of the bytes: wro"),
        (9.0, 990.0, "PNG instead of pixels takes 3.0x as long and sends 99 % of the bytes: it g"),
    ],
)
def test_what_an_image_encoding_does(p50: float, sent: float, expected: str) -> None:
    notes = verdict_of(
        result(cell_result(STREAM, 3.0), cell_result(PNG, p50, bytes_out=sent))
    ).notes
    assert [note for note in notes if note.startswith(expected)], notes


def test_within_the_noise_nothing_is_said() -> None:
    found = verdict_of(
        result(
            cell_result(STREAM, 3.0, noise=0.3),
            cell_result(PNG, 3.6, noise=0.3, bytes_out=970.0),
        )
    )
    assert not [note for note in found.notes if "PNG instead" in note]


def test_gzip_is_told_apart_by_what_it_packs_and_not_by_transport() -> None:
    ways = {REST_BINARY: 10.0, STREAM: 20.0, REST_JSON: 2.0}
    cells = []
    for way, factor in ways.items():
        packed = replace(way, compression=Compression.GZIP)
        cells += [cell_result(way, 3.0), cell_result(packed, 3.0 * factor, bytes_out=250.0)]
    notes = verdict_of(result(*cells)).notes
    assert [note for note in notes if note.startswith("Gzip")] == [
        (
            "Gzip on tensors as bytes takes 10.0 to 20.0x as long and sends 25 % of the bytes: "
            "right only over a slow network."
        ),
        (
            "Gzip on json takes 2.0x as long and sends 25 % of the bytes: right only over a slow "
            "network."
        ),
    ]


def test_ways_that_do_not_agree_are_one_note() -> None:
    unary_png = replace(UNARY, image=ImageEncoding.PNG)
    found = verdict_of(
        result(
            cell_result(STREAM, 3.0),
            cell_result(PNG, 9.0, bytes_out=400.0),
            cell_result(UNARY, 3.0),
            cell_result(unary_png, 1.5, bytes_out=410.0),
        )
    )
    assert [note for note in found.notes if note.startswith("PNG instead")] == [
        (
            "PNG instead of pixels takes 0.5 to 3.0x as long and sends 40 to 41 % of the bytes: it "
            "depends on the way."
        )
    ]


def test_a_way_within_the_noise_does_not_blur_the_others() -> None:
    unary_png = replace(UNARY, image=ImageEncoding.PNG)
    found = verdict_of(
        result(
            cell_result(STREAM, 3.0),
            cell_result(PNG, 9.0, bytes_out=400.0),
            cell_result(UNARY, 3.0, noise=0.9),
            cell_result(unary_png, 4.0, noise=0.9, bytes_out=410.0),
        )
    )
    (note,) = (note for note in found.notes if note.startswith("PNG instead"))
    assert "takes 3.0x as long and sends 40 %" in note


def test_what_gzip_does_is_not_said_of_others() -> None:
    cells = []
    for way, p50, sent in ((STREAM, 3.0, 1000.0), (PNG, 9.0, 400.0)):
        packed = replace(way, compression=Compression.GZIP)
        cells += [cell_result(way, p50, bytes_out=sent), cell_result(packed, 9.0, bytes_out=390.0)]
    notes = verdict_of(result(*cells)).notes
    assert len([note for note in notes if note.startswith("PNG instead")]) == 1
    assert len([note for note in notes if note.startswith("Gzip")]) == 1


def test_of_several_sizes_only_the_last_is_told_of() -> None:
    cells = [
        cell_result(replace(way, payload=size), p50, bytes_out=sent)
        for size, factor in (("1 KB", 2.0), ("1 MB", 3.0))
        for way, p50, sent in ((STREAM, 2.0, 1000.0), (PNG, 2.0 * factor, 400.0))
    ]
    notes = [note for note in verdict_of(result(*cells)).notes if note.startswith("PNG instead")]
    assert len(notes) == 1
    assert "3.0x" in notes[0]


def test_ways_that_differ_in_more_than_one_setting_are_not_set_against_each_other() -> None:
    packed = replace(PNG, compression=Compression.GZIP)
    found = verdict_of(result(cell_result(UNARY, 3.0), cell_result(packed, 30.0, bytes_out=100.0)))
    assert not [note for note in found.notes if "instead" in note or note.startswith("Gzip")]


def test_json_is_set_against_binary_tensors() -> None:
    found = verdict_of(
        result(cell_result(REST_BINARY, 2.0), cell_result(REST_JSON, 26.0, bytes_out=3600.0))
    )
    assert (
        "JSON instead of binary tensors takes 13.0x as long and sends 360 % of the bytes: it gains "
        "nothing." in found.notes
    )
    assert "JSON is right where requests are written by hand or read by people." in found.notes
