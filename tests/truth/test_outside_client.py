"""Medians against those of a client that is not ours, of the same bytes to the same server."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import grpc
import numpy as np
import pytest

from backend.clients.codecs import GrpcCall, RestCall
from backend.clients.inference import inference_client
from backend.compare.bench import Bench, BenchPayload, Cell, Plan, Timed
from backend.core.choices import RunSettings, Serialization, Transport
from backend.core.samples import Frame
from backend.core.target import Target
from backend.wire.oip.grpc import MODEL_INFER, MODEL_STREAM_INFER
from tests.truth.counting_proxy import CountingProxy
from tests.truth.runs import frames, named, run_through

Proxied = Callable[..., tuple[Target, CountingProxy]]
WITHIN = 0.10
ONE_WAY_MS = 100.0
COUNT = 5
_EXCHANGE = ("send", "wire", "receive", "server_")


@pytest.fixture(params=Transport)
def transport(request: pytest.FixtureRequest) -> Transport:
    return Transport(request.param)


@pytest.fixture
def target(proxied: Proxied, transport: Transport) -> Target:
    """Where each byte takes 100 ms either way, beside which nothing that a machine does counts."""
    delay_s = ONE_WAY_MS / 1e3
    found, _ = proxied(rest=transport is Transport.REST, delay_s=lambda _: delay_s)
    return found


@pytest.fixture
def settings(target: Target, transport: Transport) -> RunSettings:
    return cell_of(transport).settings(target, "identity", None)


def cell_of(transport: Transport) -> Cell:
    rest = transport is Transport.REST
    serialization = Serialization.BINARY if rest else Serialization.RAW
    return Cell("frame", transport=transport, serialization=serialization)


def outside_median_ms(settings: RunSettings) -> float:
    """Of the bytes that our client would send, by the standard library and by gRPC's own stubs."""
    (sample,) = frames(1)
    client = inference_client(settings, named("identity"))
    assert isinstance(sample, Frame)
    call = client.codec.encode(sample, 0).call
    with _exchange(settings, call) as exchange:
        exchange()  # opens the connection
        seconds = []
        for _ in range(COUNT):
            begun = time.perf_counter()
            assert len(exchange()) > sample.pixels.nbytes
            seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds)) * 1e3


@contextmanager
def _exchange(settings: RunSettings, call: object) -> Iterator[Callable[[], bytes]]:
    """One request and its reply."""
    if isinstance(call, RestCall):
        address = settings.target.rest.removeprefix("http://")
        with closing(HTTPConnection(address)) as connection:

            def over_rest() -> bytes:
                connection.request("POST", call.path, bytes(call.body), dict(call.headers))
                return connection.getresponse().read()

            yield over_rest
        return
    assert isinstance(call, GrpcCall)
    message = call.message
    with grpc.insecure_channel(settings.target.grpc) as channel:
        if settings.transport is Transport.GRPC:
            method = channel.unary_unary(MODEL_INFER, None, None)
            yield lambda: method(message)
        else:
            wanted: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
            replies: Any = channel.stream_stream(MODEL_STREAM_INFER, None, None)(
                iter(wanted.get, None)
            )

            def over_the_stream() -> bytes:
                wanted.put(message)
                reply: bytes = next(replies)
                return reply

            yield over_the_stream
            wanted.put(None)


@pytest.mark.parametrize("timed", Timed)
def test_bench_has_its_median(settings: RunSettings, timed: Timed) -> None:
    (sample,) = frames(1)
    assert isinstance(sample, Frame)
    plan = Plan(
        settings.target,
        named("identity"),
        (cell_of(settings.transport),),
        {"frame": BenchPayload("frame", sample, sample.pixels.nbytes)},
        budget_s=1.0,
        most_rounds=3,
        timed=timed,
    )
    (measured,) = Bench(plan).run()
    medians = [window.latencies.quantile_ms(0.5) for window in measured.windows]
    theirs = outside_median_ms(settings)
    assert float(np.median(medians)) == pytest.approx(theirs, rel=WITHIN)


def test_a_run_has_its_median(settings: RunSettings) -> None:
    _, outcomes = run_through(settings, frames(COUNT))
    exchanges = [
        sum(
            value
            for name, value in result.timeline.spans_ms().items()
            if name.startswith(_EXCHANGE)
        )
        for result in outcomes.results
    ]
    assert float(np.median(exchanges)) == pytest.approx(outside_median_ms(settings), rel=WITHIN)
