"""Durations, each against somebody else's clock of the same run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from backend.clients.control import ServerControlClient
from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.samples import Captured
from backend.core.status import Result
from backend.core.target import Target
from backend.core.timing import SPANS, contradict
from backend.server.lifecycle.embedded import EmbeddedServer
from tests.session.list_source import ListSource
from tests.truth.counting_proxy import CountingProxy
from tests.truth.outcomes import Outcomes
from tests.truth.runs import RUN_S, frames, run_through, session_of
from tests.truth.sleeping import SLEEP_MS

Proxied = Callable[..., tuple[Target, CountingProxy]]
COUNT = 8
DELAY_MS = 30.0
DRAWING_MS = 20.0
_SERVER = tuple(name for name in SPANS if name.startswith("server_") and "and" not in name)


def settings_for(target: Target, transport: Transport, model: str = "sleeping") -> RunSettings:
    over_rest = transport is Transport.REST
    payload = Payload(Serialization.BINARY if over_rest else Serialization.RAW)
    return RunSettings(target, model, Api.OIP, transport, payload)


def spans_of(results: list[Result]) -> list[dict[str, float]]:
    return [result.timeline.spans_ms() for result in results]


@pytest.mark.parametrize("transport", Transport)
def test_a_model_that_sleeps_shows_it_and_statistics_say_the_same(
    proxied: Proxied, server: EmbeddedServer, transport: Transport
) -> None:
    target, _ = proxied(rest=transport is Transport.REST)
    _, outcomes = run_through(settings_for(target, transport), frames(COUNT))
    spans = spans_of(outcomes.results)
    assert all(span["server_infer"] >= SLEEP_MS for span in spans)
    control = ServerControlClient(Target("own", server.rest_url))
    (stats,) = control.statistics("sleeping")
    control.close()
    counted = stats["inference_stats"]
    for part, name in (
        ("queue", "server_queue"),
        ("compute_input", "server_input"),
        ("compute_infer", "server_infer"),
        ("compute_output", "server_output"),
    ):
        assert int(counted[part]["count"]) == COUNT
        # Each is told to the microsecond.
        ours_ns = sum(span[name] for span in spans) * 1e6
        assert ours_ns == pytest.approx(int(counted[part]["ns"]), abs=COUNT * 1000)


@pytest.mark.parametrize("transport", Transport)
def test_a_delay_on_the_way_is_the_wires_and_nobody_elses(
    proxied: Proxied, transport: Transport
) -> None:
    """Each way waits 30 ms in the proxy, so that the wire has at least 60."""
    rest = transport is Transport.REST
    target, _ = proxied(rest=rest, delay_s=lambda _: DELAY_MS / 1e3)
    _, outcomes = run_through(settings_for(target, transport, "identity"), frames(COUNT))
    for span in spans_of(outcomes.results):
        assert span["wire"] >= 2 * DELAY_MS
        rest_of_it = span["latency"] - span["wire"]
        others = sum(value for name, value in span.items() if name not in ("wire", "latency"))
        assert others == pytest.approx(rest_of_it, abs=1e-6)


class Drawing(ListSource):
    """Takes 20 ms to draw what it captured, and notes by its own clock how long it took."""

    def __init__(self, items: list[Captured]) -> None:
        super().__init__(items)
        self.took_ms: list[float] = []

    def read(self, stop: threading.Event) -> Captured | None:
        item = super().read(stop)
        begun = time.perf_counter()
        stop.wait(DRAWING_MS / 1e3)
        self.took_ms.append(1e3 * (time.perf_counter() - begun))
        return item


@pytest.mark.parametrize("transport", Transport)
def test_what_a_source_does_is_no_waiting(proxied: Proxied, transport: Transport) -> None:
    target, _ = proxied(rest=transport is Transport.REST)
    source, outcomes = Drawing(frames(COUNT)), Outcomes()
    session = session_of(settings_for(target, transport, "identity"), source, outcomes)
    session.start()
    assert session.join(RUN_S)
    for took_ms, span in zip(source.took_ms, spans_of(outcomes.results), strict=False):
        assert span["source"] >= took_ms > DRAWING_MS / 2
        others = sum(value for name, value in span.items() if name not in ("source", "latency"))
        assert others == pytest.approx(span["latency"] - span["source"], abs=1e-6)


@pytest.mark.parametrize("serialization", [Serialization.JSON, Serialization.BINARY])
def test_the_server_counts_its_own_reading_and_writing(
    proxied: Proxied, server: EmbeddedServer, serialization: Serialization
) -> None:
    """The parts fill the time that its request log has, which is measured around them."""
    target, _ = proxied(rest=True)
    payload = Payload(serialization)
    settings = RunSettings(target, "identity", Api.OIP, Transport.REST, payload)
    _, outcomes = run_through(settings, frames(COUNT))
    logged = sorted(
        row.duration_ms for row in server.requests.snapshot() if row.method.endswith("/infer")
    )
    spans = spans_of(outcomes.results)
    claimed = sorted(sum(span[name] for name in _SERVER) for span in spans)
    assert len(logged) == COUNT
    assert all(ours <= theirs for ours, theirs in zip(claimed, logged, strict=True))
    for span in spans:
        assert span["server_decode"] > 0
        assert span["server_encode"] > 0
    if serialization is Serialization.JSON:
        # Numbers as text cost more than a model that does nothing.
        text = sum(span["server_decode"] + span["server_encode"] for span in spans)
        assert text > sum(span["server_infer"] for span in spans)


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("transport", Transport)
def test_stages_add_up_to_the_latency_and_contradict_nobody(
    proxied: Proxied, api: Api, transport: Transport
) -> None:
    rest = transport is Transport.REST
    target, _ = proxied(rest=rest)
    payload = Payload(Serialization.BINARY if rest else Serialization.RAW)
    settings = RunSettings(target, "identity", api, transport, payload)
    session, outcomes = run_through(settings, frames(COUNT))
    for span in spans_of(outcomes.results):
        shown = {name for name in SPANS if name not in ("server_and_network", "draw")}
        if not rest:
            shown -= {"send", "receive"}
        assert span.keys() == shown | {"latency"}
        parts = sum(value for name, value in span.items() if name != "latency")
        assert parts == pytest.approx(span["latency"], abs=1e-6)
        assert not contradict(span)
    assert session.summary().clock_trouble == 0
