"""Bytes as the readings have them, against those that a proxy saw."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.core.choices import Api, Compression, Payload, RunSettings, Serialization, Transport
from backend.core.target import Target
from tests.session.list_source import ListSource
from tests.truth.counting_proxy import CountingProxy
from tests.truth.outcomes import Outcomes
from tests.truth.runs import frames, run_through, run_until, session_of

Proxied = Callable[..., tuple[Target, CountingProxy]]
FRAME_BYTES = 320 * 240 * 3
COUNT = 6


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("serialization", [Serialization.JSON, Serialization.BINARY])
def test_over_rest_every_byte_of_the_socket_counts(
    proxied: Proxied, serialization: Serialization, compression: Compression
) -> None:
    target, proxy = proxied(rest=True)
    payload = Payload(serialization, compression=compression)
    settings = RunSettings(target, "identity", Api.OIP, Transport.REST, payload)
    session, outcomes = run_through(settings, frames(COUNT))
    summary = session.summary()
    assert (summary.wire_out, summary.wire_in) == (proxy.up, proxy.down)
    assert not summary.wire_estimated
    assert summary.bytes_out == sum(result.traffic.bytes_out for result in outcomes.results)
    assert summary.bytes_in > COUNT * FRAME_BYTES
    assert summary.bytes_out > COUNT * FRAME_BYTES
    one = outcomes.results[0].traffic
    packed = compression is Compression.GZIP
    assert (one.wire_out < one.bytes_out) is (one.wire_in < one.bytes_in) is packed


def test_a_message_is_as_large_as_it_was_before_its_compression(proxied: Proxied) -> None:
    sizes = []
    for compression in Compression:
        target, _ = proxied(rest=True)
        payload = Payload(Serialization.BINARY, compression=compression)
        settings = RunSettings(target, "identity", Api.OIP, Transport.REST, payload)
        session, _ = run_through(settings, frames(2))
        sizes.append((session.summary().bytes_out, session.summary().bytes_in))
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("transport", [Transport.GRPC, Transport.GRPC_STREAM])
def test_over_grpc_the_wire_is_estimated_within_one_percent(
    proxied: Proxied, transport: Transport, compression: Compression
) -> None:
    target, proxy = proxied(rest=False)
    payload = Payload(compression=compression)
    settings = RunSettings(target, "identity", Api.OIP, transport, payload)
    session, _ = run_through(settings, frames(4 * COUNT))
    summary = session.summary()
    assert summary.wire_estimated is (compression is Compression.GZIP)
    assert summary.wire_out == pytest.approx(proxy.up, rel=0.01)
    assert summary.wire_in == pytest.approx(proxy.down, rel=0.01)
    assert summary.bytes_out > 4 * COUNT * FRAME_BYTES
    ratio = summary.ratio_out
    assert ratio is not None
    assert ratio == pytest.approx(summary.bytes_out / summary.wire_out, abs=0.001)


def test_requests_that_fail_have_cost_their_bytes(proxied: Proxied) -> None:
    target, proxy = proxied(rest=True)
    payload = Payload(Serialization.BINARY)
    settings = RunSettings(target, "absent", Api.OIP, Transport.REST, payload)
    session, outcomes = run_through(settings, frames(COUNT))
    summary = session.summary()
    assert (summary.answered, summary.failed) == (0, COUNT)
    assert (summary.wire_out, summary.wire_in) == (proxy.up, proxy.down)
    assert summary.bytes_out == sum(failure.traffic.bytes_out for failure in outcomes.failures)
    assert summary.bytes_out > COUNT * FRAME_BYTES


def test_requests_that_are_overtaken_or_stopped_have_cost_their_bytes(proxied: Proxied) -> None:
    """The replies of the first connection come late, those of the second overtake them."""
    target, proxy = proxied(rest=True, delay_s=lambda number: 0.0 if number % 2 else 0.2)
    settings = RunSettings(
        target,
        "identity",
        Api.OIP,
        Transport.REST,
        Payload(Serialization.BINARY),
        in_flight=4,
    )
    outcomes = Outcomes()
    source = ListSource(frames(1), live=True, repeat=True, interval_s=0.01)
    session = session_of(settings, source, outcomes)
    run_until(session, outcomes, {"overtaken": 3, "answered": 10})
    summary = session.summary()
    in_outcomes = [
        *(result.traffic for result in outcomes.results),
        *(loss.traffic for loss in outcomes.losses),
    ]
    of_answers = sum(result.traffic.wire_out for result in outcomes.results)
    # What a request had not sent yet when it was given up is in the total alone.
    assert sum(each.wire_out for each in in_outcomes) <= summary.wire_out
    assert of_answers + 3 * FRAME_BYTES < summary.wire_out
    # What the system had taken, but not passed on when the connection was cut, no proxy saw.
    in_flight = sum(loss.place == "stopped" for loss in outcomes.losses)
    assert summary.wire_out - in_flight * 2 * FRAME_BYTES <= proxy.up <= summary.wire_out
    assert summary.wire_in <= proxy.down <= summary.wire_in + 4 * 2 * FRAME_BYTES
