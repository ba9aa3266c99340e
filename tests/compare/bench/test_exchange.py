"""The exchange alone: bytes made once, replies read now and then, errors never overlooked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backend.clients.codecs import GrpcCall, Outgoing, Reply, RestCall, RestReply
from backend.clients.inference import ExchangeClient, Over
from backend.compare.bench import Arrivals, Bench, Cell, Load, Matrix, Timed, result_of
from backend.compare.bench.answers import Answer, Tally
from backend.compare.bench.exchange import ExchangeSender
from backend.compare.bench.prepared import PreparedCodec, UnreadReply
from backend.compare.bench.schedule import Schedule
from backend.compare.bench.sending import make_sender
from backend.core.choices import RunSettings, Serialization, Transport
from backend.core.errors import RequestError, UsageError
from backend.core.target import Target
from backend.core.traffic import Traffic, Transfer
from backend.core.worker import Worker
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions
from backend.wire.generated.open_inference_pb2 import ModelInferRequest
from backend.wire.oip.grpc import encode_stream_response
from backend.wire.oip.stream_replies import id_of_good_reply
from tests.compare.bench.test_run import PROFILE, SMALL, plan
from tests.embedded import server, target  # noqa: F401 - fixtures
from tests.server.scripted_models import Gated
from tests.wire.oip.test_stream_replies import RESPONSE


class CountingCodec:
    """Counts what is made and read; raises for replies of status 500."""

    rest_path, unary_method, stream_method = "/infer", "", ""

    def __init__(self) -> None:
        self.encoded: list[int] = []
        self.decoded = 0

    def encode(self, sample: object, seq: int) -> Outgoing:
        self.encoded.append(seq)
        return Outgoing(RestCall("/infer", {}, b"%d" % seq), 1, 2)

    def restart(self) -> None: ...

    def decode(self, reply: Any, *_: object) -> Reply:
        self.decoded += 1
        if isinstance(reply, RestReply) and reply.status == 500:
            raise RequestError("It broke.")
        return Reply(None, ())


def way_over(transport: Transport) -> Cell:
    """Its bytes."""
    rest = transport is Transport.REST
    serialization = Serialization.BINARY if rest else Serialization.RAW
    return Cell(SMALL.name, transport=transport, serialization=serialization)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A clock of the test's own, which moves by a millisecond at each look."""
    now = [0]

    def look() -> int:
        now[0] += 1_000_000
        return now[0]

    monkeypatch.setattr("backend.compare.bench.prepared.time.monotonic_ns", look)
    return now


def test_a_request_is_made_once_for_each_number() -> None:
    codec = CountingCodec()
    prepared = PreparedCodec(codec, streamed=False)
    calls = [prepared.encode(SMALL.sample, seq).call for seq in (0, 1, 0, 1, 1)]
    assert codec.encoded == [0, 1]
    assert calls[0] is calls[2]
    assert calls[1] is calls[3] is calls[4]


def test_reading_takes_a_hundredth_of_the_time(clock: list[int]) -> None:
    codec = CountingCodec()
    prepared = PreparedCodec(codec, streamed=False)
    good = RestReply(200, {}, b"")
    replies = [prepared.decode(good) for _ in range(400)]
    unread = sum(isinstance(each, UnreadReply) for each in replies)
    assert unread + codec.decoded == 400
    assert codec.decoded == pytest.approx(400 / 100, abs=1)


def test_an_error_is_read_always(clock: list[int]) -> None:
    codec = CountingCodec()
    prepared = PreparedCodec(codec, streamed=False)
    prepared.decode(RestReply(200, {}, b""))
    assert isinstance(prepared.decode(RestReply(200, {}, b"")), UnreadReply)
    for _ in range(3):
        with pytest.raises(RequestError, match="It broke"):
            prepared.decode(RestReply(500, {}, b""))


def test_a_streams_reply_tells_its_request_without_being_read(clock: list[int]) -> None:
    codec = CountingCodec()
    prepared = PreparedCodec(codec, streamed=True)
    assert not isinstance(prepared.decode(b""), UnreadReply)
    message = encode_stream_response(replace(RESPONSE, id="17"), raw=True)
    assert id_of_good_reply(message) == "17"
    unread = prepared.decode(message)
    assert isinstance(unread, UnreadReply)
    assert unread.seq == 17
    for read in (
        encode_stream_response(None, raw=True, error="no", request_id="17"),
        message[:3],
        b"\xff",
        encode_stream_response(replace(RESPONSE, id="mine"), raw=True),
    ):
        assert not isinstance(prepared.decode(read), UnreadReply)


def test_its_latency_ends_with_the_reply() -> None:
    answer = Answer(5_000_000, 0, 0, 0, 9_000_000, 0, Traffic())
    assert answer.latency_ms == 4.0
    assert answer.spans_ms() == {}


@pytest.mark.parametrize("in_flight", [1, 3])
def test_every_way_is_timed_without_what_the_client_does(
    target: Target,  # noqa: F811
    in_flight: int,
) -> None:
    matrix = Matrix((SMALL.name,), in_flight=(in_flight,))
    wanted = replace(plan(target, matrix.cells()), timed=Timed.EXCHANGE)
    found = result_of(wanted, Bench(wanted).run(), server="s", server_process="other")
    assert found.conditions.timed == "exchange"
    assert len(found.cells) == 6
    for cell in found.cells:
        assert cell.measured, cell
        assert cell.failed == 0, cell.failures
        assert cell.answered >= 3 * in_flight
        # Some replies were read: the server's own parts are known, and are in no other block.
        assert {"wire", "server_infer"} <= cell.stages_ms.keys()
        assert not {"prepare", "encode", "decode", "server_and_network"} & cell.stages_ms.keys()


@pytest.mark.parametrize("transport", Transport)
def test_what_fails_is_counted(target: Target, transport: Transport) -> None:  # noqa: F811
    cell = way_over(transport)
    unknown = replace(PROFILE, model="no_such_model")
    wanted = replace(plan(target, [cell]), profile=unknown, timed=Timed.EXCHANGE)
    (found,) = Bench(wanted).run()
    assert "no_such_model" in (found.failure or found.impossible)


class Overtaking:
    """Exchanges of a stream: of four that are under way the newest is answered first."""

    def __init__(self, rounds: int) -> None:
        self.left = 4 * rounds
        self.under_way: list[bytes] = []
        self.closed = False

    def next_due(self, now_ns: int) -> int | None:
        """As a schedule has it: so many requests and no more."""
        self.left -= 1
        return now_ns if self.left >= 0 else None

    def begin(self, _number: int, call: GrpcCall, _transfer: Transfer) -> None:
        self.under_way.append(call.message)

    def wait(self) -> Iterator[Over]:
        some, self.under_way = self.under_way, []
        for message in reversed(some):
            request = ModelInferRequest.FromString(message)
            reply = encode_stream_response(replace(RESPONSE, id=request.id), raw=True)
            received = Transfer()
            received.received_ns = time.monotonic_ns()
            yield Over(None, reply, received)
            yield Over(None, reply, received)  # a decoupled model answers again

    def cancel(self) -> None: ...

    def close(self) -> None:
        self.closed = True


def test_replies_that_overtake_each_other_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = RunSettings(Target("t", grpc="127.0.0.1:9"), "identity", in_flight=4)
    sender = ExchangeSender(settings, PROFILE, SMALL.sample)
    overtaking, tally = Overtaking(100), Tally()
    monkeypatch.setattr(ExchangeClient, "open", lambda _client: overtaking)
    # Replies are of another model: none is read.
    monkeypatch.setattr(PreparedCodec, "decode", lambda codec, reply, *_: codec._glance(reply))
    sender.connect()
    sender.send(overtaking, tally, threading.Event())  # type: ignore[arg-type]  # stands in for it
    sender.close()
    assert overtaking.closed
    sent = np.reshape([answer.due_ns for answer in tally._answers], (100, 4))
    assert (np.diff(sent, axis=1) < 0).all()


@pytest.mark.parametrize("transport", Transport)
def test_who_cancels_does_not_wait_for_a_model_that_says_nothing(transport: Transport) -> None:
    model, registry = Gated(), bundled_registry()
    registry.add(model)
    own = EmbeddedServer(registry, ServerOptions())
    own.start()
    reached = Target("own", own.rest_url, own.grpc_address)
    profile = replace(PROFILE, model="gated")
    settings = way_over(transport).settings(reached, "gated", deadline_s=300.0)
    sender = make_sender(settings, profile, SMALL.sample, Timed.EXCHANGE)
    tally, stop = Tally(), threading.Event()
    schedule = Schedule(Load(), time.monotonic_ns(), 10**12)
    try:
        sender.connect()
        with Worker("sending", lambda _: sender.send(schedule, tally, stop)) as sending:
            assert model.entered.acquire(timeout=60)
            stop.set()
            assert sending.join(60)
        sender.close()
    finally:
        model.gate.set()
        own.stop()
    assert sending.error is None
    assert not tally._answers


@pytest.mark.parametrize("timed", Timed)
@pytest.mark.parametrize("transport", Transport)
def test_a_model_that_says_nothing_is_given_up_at_the_deadline(
    transport: Transport, timed: Timed
) -> None:
    model, registry = Gated(), bundled_registry()
    registry.add(model)
    own = EmbeddedServer(registry, ServerOptions())
    own.start()
    reached = Target("own", own.rest_url, own.grpc_address)
    wanted = replace(
        plan(reached, [way_over(transport)]),
        profile=replace(PROFILE, model="gated"),
        deadline_s=2.0,
        timed=timed,
    )
    try:
        (found,) = Bench(wanted).run()
    finally:
        model.gate.set()
        own.stop()
    assert "No reply from" in found.failure


def test_what_cannot_be_timed_alone_is_refused(target: Target) -> None:  # noqa: F811
    with pytest.raises(UsageError, match="before its exchange"):
        replace(
            plan(target, [Cell(SMALL.name)], load=Load(Arrivals.FIXED, 10.0)),
            timed=Timed.EXCHANGE,
        )
    remembers = replace(PROFILE, sequence=True)
    wanted = replace(plan(target, [Cell(SMALL.name)]), profile=remembers, timed=Timed.EXCHANGE)
    (found,) = Bench(wanted).run()
    assert "remembers" in found.impossible
