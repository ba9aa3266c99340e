"""The sentence says what won, by how much and why, and no more than the noise allows."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from backend.compare.bench.noise import tied
from backend.compare.bench.phrases import Language
from backend.compare.bench.result import BenchResult
from backend.compare.bench.verdict import knee, verdict_of
from backend.core.bench_choices import Timed
from backend.core.choices import Api, Compression, Transport
from tests.compare.bench.made import REST_BINARY, REST_JSON, STREAM, cell_result, result


def test_a_clear_winner_is_named_with_factor_and_reason() -> None:
    found = verdict_of(
        result(
            cell_result(STREAM, 2.0),
            cell_result(REST_JSON, 26.0, stages_ms={"server_output": 22.0, "encode": 3.0}),
        )
    )
    assert found.sentence == (
        "For frame (900.0 KiB), OIP gRPC stream, raw is fastest at a median of 2.00 ms; "
        "OIP REST, json takes 13.0x as long (85 % of it the server's writing of the output)."
    )


def test_what_is_within_the_noise_ties() -> None:
    found = verdict_of(
        result(
            cell_result(STREAM, 2.0, noise=0.3),
            cell_result(REST_BINARY, 2.3, noise=0.3, tail=1.2),
            cell_result(REST_JSON, 40.0),
        )
    )
    assert (
        "OIP gRPC stream, raw and OIP REST, binary tie at a median of 2.00 ms to 2.30 ms; "
        in found.sentence
    )
    assert "OIP REST, json takes 20.0x as long." in found.sentence


def test_a_better_tail_is_said_only_where_it_is_better() -> None:
    better = verdict_of(
        result(cell_result(STREAM, 2.0, tail=4.0), cell_result(REST_BINARY, 2.05, tail=1.2))
    )
    assert any(
        note == "OIP REST, binary has the better tail: 99 % within 2.46 ms, "
        "OIP gRPC stream, raw 8.00 ms."
        for note in better.notes
    )
    same = verdict_of(
        result(
            cell_result(STREAM, 2.0, tail=2.0, noise=0.2),
            cell_result(REST_BINARY, 2.1, tail=1.8, noise=0.2),
        )
    )
    assert not any("tail" in note for note in same.notes)


def test_ways_with_commas_of_their_own_are_told_apart() -> None:
    ways = (STREAM, replace(STREAM, transport=Transport.GRPC), REST_BINARY)
    found = verdict_of(result(*(cell_result(way, 2.0, noise=0.2) for way in ways)))
    names, _, _ = found.sentence.partition(" tie at ")
    assert names.count("; ") == 1
    assert names.endswith(" and OIP REST, binary")


def test_of_several_sizes_only_the_last_names_every_way() -> None:
    cells = [
        cell_result(replace(way, payload=size), p50)
        for size in ("1 KB", "1 MB")
        for way, p50 in ((STREAM, 2.0), (REST_JSON, 26.0))
    ]
    assert verdict_of(result(*cells)).sentence == (
        "For 1 KB (900.0 KiB), OIP gRPC stream, raw is fastest at a median of 2.00 ms. "
        "For 1 MB (900.0 KiB), OIP gRPC stream, raw is fastest at a median of 2.00 ms; "
        "OIP REST, json takes 13.0x as long."
    )


def test_of_many_sizes_the_sentence_is_about_the_first_and_the_last() -> None:
    sizes = ("1 KB", "64 KB", "1 MB")
    found = verdict_of(result(*(cell_result(replace(STREAM, payload=size), 2.0) for size in sizes)))
    assert found.sentence == (
        "For 1 KB (900.0 KiB), OIP gRPC stream, raw has a median of 2.00 ms; no other way was "
        "measured. For 1 MB (900.0 KiB), OIP gRPC stream, raw has a median of 2.00 ms; no other "
        "way was measured."
    )
    assert found.notes[0].startswith("For 64 KB (900.0 KiB), ")


def test_a_way_that_was_measured_alone_has_won_nothing() -> None:
    assert verdict_of(result(cell_result(STREAM, 2.0))).sentence == (
        "For frame (900.0 KiB), OIP gRPC stream, raw has a median of 2.00 ms; no other way was "
        "measured."
    )


def test_of_many_ways_the_sentence_stays_short() -> None:
    ways = [
        replace(each, api=api, compression=packed)
        for each in (STREAM, REST_BINARY, REST_JSON)
        for api in Api
        for packed in Compression
    ]
    slower = [cell_result(way, 2.0 + 4 * number) for number, way in enumerate(ways)]
    assert verdict_of(result(*slower)).sentence == (
        f"For frame (900.0 KiB), {ways[0].way} is fastest at a median of 2.00 ms; 11 others "
        f"take 3.0x to 23.0x as long, {ways[-1].way} the longest."
    )
    alike = [cell_result(way, 2.0) for way in ways]
    assert verdict_of(result(*alike)).sentence == (
        f"For frame (900.0 KiB), {'; '.join(way.way for way in ways[:3])} and 9 others tie at a "
        "median of 2.00 ms."
    )


def test_doubts_are_said() -> None:
    found = verdict_of(
        result(
            cell_result(STREAM, 2.0, stable=False, failed=3),
            cell_result(REST_BINARY, 2.0),
            cancelled=True,
        )
    )
    assert "1 of 2 ways did not settle within 10 %" in " ".join(found.doubts)
    assert "no latency: 3." in " ".join(found.doubts)
    assert "ended early" in " ".join(found.doubts)
    assert found.all_notes[: len(found.doubts)] == found.doubts


def test_why_requests_failed_is_said() -> None:
    failures = {"The sensor is hot.": 1, "It is not calibrated.": 9}
    flaky = msgspec.structs.replace(cell_result(STREAM, 2.0, failed=10), failures=failures)
    assert verdict_of(result(flaky)).doubts == (
        "Requests that failed, and have no latency: 10, most of them so: It is not calibrated.",
    )


@pytest.mark.parametrize("timed", Timed)
def test_what_was_not_timed_is_said(timed: Timed) -> None:
    found = result(cell_result(STREAM, 2.0))
    conditions = msgspec.structs.replace(found.conditions, timed=timed)
    notes = verdict_of(msgspec.structs.replace(found, conditions=conditions)).notes
    assert any("Only the exchange" in note for note in notes) is (timed is Timed.EXCHANGE)


def test_what_was_given_up_is_no_matter_of_patience() -> None:
    lost = msgspec.structs.replace(
        cell_result(STREAM, 2.0, stable=False), reason="The connection was lost."
    )
    doubts = verdict_of(result(lost, cell_result(REST_BINARY, 2.0))).doubts
    assert (
        "1 of 2 ways were given up before the end, for the reason in their row: The connection was "
        "lost." in doubts
    )
    assert not [doubt for doubt in doubts if "did not settle" in doubt]


def test_the_knee_is_where_more_in_flight_stops_to_help() -> None:
    rates = {1: 100.0, 2: 190.0, 4: 300.0, 8: 310.0, 16: 305.0}
    cells = [
        cell_result(replace(STREAM, in_flight=number), 2.0, rate=rate)
        for number, rate in rates.items()
    ]
    found = knee(cells)
    assert found is not None
    assert found.cell.in_flight == 4
    assert knee(cells[:1]) is None
    notes = verdict_of(result(*cells)).notes
    assert "OIP gRPC stream, raw: 4 in flight is enough, with 300 answers a second." in notes


def scaled(most: float) -> BenchResult:
    """Two ways with 1 and 2 in flight; REST binary brings so many answers a second with 2."""
    return result(
        *(
            cell_result(replace(way, in_flight=number), p50, rate=rate)
            for way, number, p50, rate in (
                (STREAM, 1, 2.0, 100.0),
                (STREAM, 2, 4.0, 190.0),
                (REST_BINARY, 1, 3.0, 90.0),
                (REST_BINARY, 2, 6.0, most),
            )
        )
    )


def test_how_far_it_scales_is_answered_first() -> None:
    found = verdict_of(scaled(140.0))
    assert found.sentence == (
        "For frame (900.0 KiB), OIP gRPC stream, raw with 2 in flight brings most: 190 answers a "
        "second."
    )
    assert found.notes[0] == (
        "With 1 in flight, OIP gRPC stream, raw is fastest at a median of 2.00 ms; "
        "OIP REST, binary takes 1.5x as long."
    )
    assert verdict_of(scaled(192.0)).sentence == (
        "For frame (900.0 KiB), OIP REST, binary with 2 in flight and OIP gRPC stream, raw with 2 "
        "in flight tie at 190 to 192 answers a second."
    )


def test_of_three_slower_ways_the_sentence_says_how_far_it_goes() -> None:
    grpc = replace(STREAM, transport=Transport.GRPC)
    slower = ((grpc, 4.0), (REST_BINARY, 6.0), (REST_JSON, 26.0))
    cells = [cell_result(STREAM, 2.0), *(cell_result(way, p50) for way, p50 in slower)]
    assert verdict_of(result(*cells)).sentence == (
        "For frame (900.0 KiB), OIP gRPC stream, raw is fastest at a median of 2.00 ms; 3 others "
        "take 2.0x to 13.0x as long, OIP REST, json the longest."
    )


def test_a_payload_is_called_what_the_language_calls_it() -> None:
    named = verdict_of(result(cell_result(STREAM, 2.0)), Language(name=str.upper))
    assert named.sentence.startswith("For FRAME (900.0 KiB), ")


@pytest.mark.parametrize(
    ("other", "noise", "expected"),
    [(10.4, 0.001, True), (10.6, 0.001, False), (12.0, 0.15, True), (20.0, 0.15, False)],
)
def test_ties(other: float, noise: float, expected: bool) -> None:
    one = cell_result(STREAM, 10.0, noise=noise).p50_ms
    assert tied(one, cell_result(STREAM, other, noise=noise).p50_ms) is expected
    assert not tied(one, None)
