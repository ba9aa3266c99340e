"""The exchange alone: bytes made once, replies read now and then, errors never overlooked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from backend.clients.codecs import Outgoing, Reply, RestCall, RestReply
from backend.compare.bench import Arrivals, Bench, Cell, Load, Matrix, Timed, result_of
from backend.compare.bench.answers import Answer, Tally
from backend.compare.bench.prepared import PreparedCodec, UnreadReply
from backend.compare.bench.sending import StreamSender
from backend.core.choices import RunSettings, Transport
from backend.core.errors import RequestError, UsageError
from backend.core.target import Target
from backend.core.traffic import Traffic
from backend.wire.generated.open_inference_pb2 import ModelInferRequest
from backend.wire.oip.grpc import encode_stream_response
from backend.wire.oip.stream_replies import id_of_good_reply
from tests.compare.bench.test_run import PROFILE, SMALL, plan
from tests.embedded import server, target  # noqa: F401 - fixtures
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
    (cell,) = (
        each
        for each in Matrix((SMALL.name,)).cells()
        if each.transport is transport and each.serialization in ("raw", "binary")
    )
    unknown = replace(PROFILE, model="no_such_model")
    wanted = replace(plan(target, [cell]), profile=unknown, timed=Timed.EXCHANGE)
    (found,) = Bench(wanted).run()
    assert "no_such_model" in (found.failure or found.impossible)


class Overtaking:
    """A stream whose newest request of four is answered first."""

    def __init__(self, rounds: int) -> None:
        self.left = 4 * rounds
        self.clocked = False
        self._lock = threading.Lock()

    def next_due(self, now_ns: int) -> int | None:
        """As a schedule has it: so many requests and no more."""
        with self._lock:
            self.left -= 1
            return now_ns if self.left >= 0 else None

    def stream(self, messages: Iterator[bytes]) -> Overtaking:
        self._messages = messages
        return self

    def add_callback(self, ended: object) -> None: ...

    def __iter__(self) -> Iterator[bytes]:
        while some := list(islice(self._messages, 4)):
            yield from reversed([_reply_to(message) for message in some])


def _reply_to(message: bytes) -> bytes:
    request = ModelInferRequest.FromString(message)
    return encode_stream_response(replace(RESPONSE, id=request.id), raw=True)


def test_replies_that_overtake_each_other_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = RunSettings(Target("t", grpc="127.0.0.1:9"), "identity", in_flight=4)
    sender = StreamSender(settings, PROFILE, SMALL.sample, Timed.EXCHANGE)
    overtaking, tally = Overtaking(100), Tally()
    monkeypatch.setattr(sender._client, "connect", lambda: None)
    monkeypatch.setattr(sender._client, "stream", overtaking.stream)
    # Replies are of another model: none is read.
    monkeypatch.setattr(PreparedCodec, "decode", lambda codec, reply, *_: codec._glance(reply))
    sender.connect()
    sender.send(overtaking, tally, threading.Event())  # type: ignore[arg-type]  # stands in for it
    sender.close()
    sent = np.reshape([answer.due_ns for answer in tally._answers], (100, 4))
    assert (np.diff(sent, axis=1) < 0).all()


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
