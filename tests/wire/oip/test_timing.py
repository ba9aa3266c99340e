"""The server's durations as parameters, as a header and as JSON."""

from __future__ import annotations

import pytest

from backend.core.errors import ReplyMismatch
from backend.core.timing import ServerTiming
from backend.wire.oip.timing import (
    encode_time_to_parameters,
    timing_from_header,
    timing_from_json,
    timing_from_parameters,
    timing_to_header,
    timing_to_json,
    timing_to_parameters,
)

TIMING = ServerTiming(12.0, 3.0, 4567.0, 1.0)
WHOLE = ServerTiming(12.0, 3.0, 4567.0, 1.0, decode_us=80.0, encode_us=9.0)


def test_parameters_are_whole_microseconds() -> None:
    assert timing_to_parameters(TIMING) == {
        "inferdeck_queue_us": 12,
        "inferdeck_compute_input_us": 3,
        "inferdeck_compute_infer_us": 4567,
        "inferdeck_compute_output_us": 1,
    }
    assert timing_from_parameters(timing_to_parameters(TIMING)) == TIMING
    assert timing_from_parameters(timing_to_parameters(WHOLE)) == WHOLE


def test_the_time_to_encode_may_come_alone_once_it_is_known() -> None:
    begun = timing_to_parameters(TIMING.at_edge(80.0))
    assert timing_from_parameters({**begun, **encode_time_to_parameters(9.0)}) == WHOLE


def test_parameters_that_are_not_all_there_are_no_timing() -> None:
    assert timing_from_parameters({}) is None
    assert timing_from_parameters({**timing_to_parameters(TIMING), "inferdeck_queue_us": "1"}) is (
        None
    )


def test_the_header_is_in_milliseconds() -> None:
    header = timing_to_header(TIMING)

    assert header == (
        "queue;dur=0.012, compute_input;dur=0.003, "
        "compute_infer;dur=4.567, compute_output;dur=0.001"
    )
    back = timing_from_header(header)
    assert back is not None
    assert back.compute_infer_us == pytest.approx(4567.0)
    whole = timing_to_header(WHOLE)
    assert whole.startswith("decode;dur=0.080, queue;")
    assert whole.endswith(", encode;dur=0.009")
    assert timing_from_header(whole) == WHOLE


@pytest.mark.parametrize(
    "header",
    [None, "", "db;dur=5", "queue;dur=1", timing_to_header(TIMING).replace("4.567", "nan"), ";=,,"],
)
def test_other_headers_are_no_timing(header: str | None) -> None:
    assert timing_from_header(header) is None


def test_quotes_descriptions_and_other_entries_do_no_harm() -> None:
    header = 'cdn;desc="a", queue;desc=x;dur="1", compute_input;dur=2 ,compute_infer;dur=3,'

    back = timing_from_header(header + "compute_output;Dur=4")

    assert back == ServerTiming(1000.0, 2000.0, 3000.0, 4000.0)


def test_json_survives_the_trip_and_nonsense_does_not() -> None:
    assert timing_from_json(timing_to_json(TIMING)) == TIMING
    assert timing_from_json(timing_to_json(WHOLE)) == WHOLE
    assert timing_from_json(None) is None
    wrong: object
    for wrong in ([], {"queue_us": 1}, {**timing_to_json(TIMING), "queue_us": True}):
        with pytest.raises(ReplyMismatch, match="timing"):
            timing_from_json(wrong)
