"""gRPC to a server whose certificate is out of its time, with verification off."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.clients.connections.grpc import GrpcConnection
from backend.clients.connections.tls_relay import TlsRelay
from backend.core.choices import Compression
from backend.core.errors import ConsoleError
from backend.core.inference import InferRequest
from backend.core.target import Target, Tls
from backend.core.tensors import Datatype, Tensor
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.oip.grpc import (
    MODEL_INFER,
    MODEL_STREAM_INFER,
    decode_response,
    decode_stream_response,
    encode_request,
)
from tests.certificates import Pair
from tests.clients.conftest import secure_server, target_of
from tests.waiting import wait_for

UNVERIFIED = Tls(verify=False)
SIZE = 20_000_000


def message(number: int, size: int = SIZE) -> bytes:
    data = np.random.default_rng(number).integers(0, 256, size, np.uint8)
    tensor = Tensor("INPUT0", Datatype.UINT8, data)
    return encode_request(InferRequest("identity", (tensor,), id=str(number)), raw=True)


def echoed(channel: GrpcConnection, sent: bytes) -> bool:
    reply = channel.unary(MODEL_INFER, sent, deadline_s=60, compression=Compression.NONE)
    return sent.endswith(decode_response(reply).outputs[0].data.tobytes())


def relays() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "tls-relay"]


@pytest.fixture
def channel(expired: Pair) -> Iterator[GrpcConnection]:
    with secure_server(expired) as server:
        channel = GrpcConnection(target_of(server, tls=UNVERIFIED))
        yield channel
        channel.close()
    wait_for(lambda: not relays())


def test_large_messages_pass_unchanged(channel: GrpcConnection) -> None:
    assert echoed(channel, message(1))
    assert echoed(channel, message(2, 1))


def test_a_stream_passes_both_ways_at_once(channel: GrpcConnection) -> None:
    sent = [message(number, 3_000_000) for number in range(8)]
    call = channel.stream(MODEL_STREAM_INFER, iter(sent), compression=Compression.NONE)
    for wanted, reply in zip(sent, call, strict=True):
        _, answer = decode_stream_response(reply)
        assert answer is not None
        assert wanted.endswith(answer.outputs[0].data.tobytes())


def test_it_finds_a_server_that_was_restarted(expired: Pair) -> None:
    options = ServerOptions(certificate=expired.certificate, private_key=expired.key)
    first = EmbeddedServer(bundled_registry(), options)
    first.start()
    channel = GrpcConnection(target_of(first, tls=UNVERIFIED))
    assert echoed(channel, message(1, 10))
    port = int(first.grpc_address.rpartition(":")[2])
    first.stop()
    with pytest.raises(ConsoleError):
        echoed(channel, message(1, 10))
    again = EmbeddedServer(
        bundled_registry(),
        ServerOptions(
            certificate=expired.certificate, private_key=expired.key, grpc_port=port, rest_port=0
        ),
    )
    again.start()
    try:
        wait_for(lambda: _answers(channel))
    finally:
        channel.close()
        again.stop()
    wait_for(lambda: not relays())


def _answers(channel: GrpcConnection) -> bool:
    try:
        return echoed(channel, message(1, 10))
    except ConsoleError:
        return False


def test_the_entrance_is_this_users_only_and_goes_with_the_channel() -> None:
    relay = TlsRelay("127.0.0.1", 9, UNVERIFIED, connect_timeout_s=0.5)
    folder = Path(relay.address.removeprefix("unix:")).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    relay.close()
    assert relay.join(30)
    assert not folder.exists()
    relay.close()


def test_a_certificate_in_its_time_needs_none(good: Pair) -> None:
    with secure_server(good) as server:
        channel = GrpcConnection(target_of(server, tls=UNVERIFIED))
        assert echoed(channel, message(1, 10))
        assert relays() == []
        channel.close()


def test_nobody_behind_it_is_said_as_ever(expired: Pair) -> None:
    with secure_server(expired) as server:
        target = target_of(server, tls=UNVERIFIED)
    gone = Target("gone", grpc=target.grpc, tls=UNVERIFIED)
    channel = GrpcConnection(gone)
    with pytest.raises(ConsoleError, match=r"refused|Nothing answers"):
        echoed(channel, message(1, 10))
    channel.close()
