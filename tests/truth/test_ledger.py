"""Under overload every sample is told of once, and every answer is that of its own frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.predictions import Tensors
from backend.core.samples import Frame
from backend.core.target import Target
from backend.core.tensors import Array
from backend.sources.generated.pattern import TestPattern
from tests.session.list_source import ListSource
from tests.truth.counting_proxy import CountingProxy
from tests.truth.outcomes import Outcomes
from tests.truth.runs import RUN_S, check_books, frames, run_until, session_of
from tests.waiting import wait_for

Proxied = Callable[..., tuple[Target, CountingProxy]]
WIDTH, HEIGHT = 320, 240


def overloaded(target: Target, transport: Transport) -> RunSettings:
    serialization = Serialization.BINARY if transport is Transport.REST else Serialization.RAW
    return RunSettings(target, "sleeping", Api.OIP, transport, Payload(serialization), in_flight=3)


def burnt_in(pixels: Array) -> Array:
    """Where a frame of the pattern has its number, which is the left half of its lowest strip."""
    return pixels[-HEIGHT // 10 :, : WIDTH // 2]


@pytest.mark.parametrize("transport", Transport)
def test_every_sample_is_told_of_and_every_answer_shows_its_own_number(
    proxied: Proxied, transport: Transport
) -> None:
    target, _ = proxied(rest=transport is Transport.REST)
    pattern = TestPattern(WIDTH, HEIGHT, fps=240)
    outcomes = Outcomes()
    session = session_of(overloaded(target, transport), pattern, outcomes)
    run_until(session, outcomes, {"answered": 12, "waiting": 12})
    reference = TestPattern(WIDTH, HEIGHT, fps=240)
    for result in outcomes.results:
        (tensors,) = result.predictions
        assert isinstance(tensors, Tensors)
        assert isinstance(result.sample, Frame)
        came_back = burnt_in(tensors.tensors[0].data.reshape(HEIGHT, WIDTH, 3))
        painted, next_one = (
            burnt_in(reference.paint(result.sample.seq + more, 0)) for more in (0, 1)
        )
        assert np.array_equal(came_back, painted)
        assert not np.array_equal(came_back, next_one)


@pytest.mark.parametrize("transport", Transport)
def test_a_lost_connection_is_an_outage_and_no_latency(
    proxied: Proxied, transport: Transport
) -> None:
    """A frame of a file waits until there is a connection again: it tells nothing of the target."""
    target, proxy = proxied(rest=transport is Transport.REST)
    outcomes = Outcomes()
    source = ListSource(frames(1, width=64, height=48), repeat=True, interval_s=0.001)
    session = session_of(overloaded(target, transport), source, outcomes)
    session.start()
    try:
        wait_for(lambda: session.status().counts.answered >= 5)
        proxy.refusing = True
        proxy.cut()
        wait_for(lambda: session.status().outages.count == 1)
        proxy.refusing = False
        session.retry_now()
        wait_for(lambda: session.status().outages.delayed >= 1)
        answered = session.status().counts.answered
        wait_for(lambda: session.status().counts.answered >= answered + 5)
    finally:
        session.request_stop()
        assert session.join(RUN_S)
    check_books(session, outcomes)
    status = session.status()
    assert status.latency is not None
    assert status.latency.count == status.counts.answered - status.outages.delayed
    assert status.outages.seconds > 0
