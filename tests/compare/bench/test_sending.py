"""Latency is counted from when a request was due, however long the one before took."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from backend.clients.codecs import Call, Outgoing, Reply, RestCall, RestReply
from backend.compare.bench import sending
from backend.compare.bench.answers import Cpu, Tally
from backend.compare.bench.schedule import Load, Schedule
from backend.compare.bench.sending import UnarySender
from backend.core.bench_choices import Arrivals
from backend.core.choices import RunSettings, Transport
from backend.core.target import Target
from backend.core.traffic import Transfer
from backend.profiles.bundled import profile_for
from tests.compare.bench.test_run import SMALL

MS = 1_000_000


class StallingClient:
    """Answers at once, but the first call only when it is let go."""

    def __init__(self) -> None:
        self.codec = self
        self.let_go = threading.Event()
        self.calls = 0

    def encode(self, sample: object, seq: int) -> Outgoing:
        now = time.monotonic_ns()
        return Outgoing(RestCall("/", {}, b""), now, now)

    def call(self, call: Call, transfer: Transfer) -> RestReply:
        self.calls += 1
        if self.calls == 1:
            assert self.let_go.wait(30)
        return RestReply(200, {}, b"")

    def decode(self, *_: Any) -> Reply:
        return Reply(None, ())

    def connect(self) -> None: ...
    def close(self) -> None: ...


def test_a_stall_shows_in_every_request_that_was_due_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = StallingClient()
    monkeypatch.setattr(sending, "inference_client", lambda *_: client)
    settings = RunSettings(Target("t"), "identity", transport=Transport.REST, in_flight=1)
    sender = UnarySender(settings, profile_for("identity"), SMALL.sample)
    tally, start_ns = Tally(), time.monotonic_ns()
    schedule = Schedule(Load(Arrivals.FIXED, 1000.0), start_ns, 200 * MS)
    threading.Timer(0.3, client.let_go.set).start()
    sender.send(schedule, tally, threading.Event())
    sender.close()
    window = tally.window(start_ns, 0.2, Cpu())
    # A loop that waits for its answers would have sent one request and found one slow.
    assert window.answered == client.calls == 200
    assert window.latencies.least_ms >= 100 * 0.995
    assert window.latencies.most_ms >= 300 * 0.995
