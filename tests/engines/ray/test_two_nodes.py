"""The same folder on two real nodes: faster, scaled, in order, and alive when parts of it die.

`make test-cluster` runs this; it takes some minutes. Figures are printed (`-s`).
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator

import grpc
import pytest

from backend.wire.generated import open_inference_pb2 as pb
from tests.engines.ray.callers import Rest, Stream, answer, request
from tests.engines.ray.two_nodes import Cluster, Served
from tests.server.grpc_calls import streaming, unary
from tests.waiting import wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

_SECONDS = 10.0
_STREAMS = 8
_ANSWERS = 10_000


@pytest.fixture
def rest(server: Served) -> Rest:
    return Rest(server)


def _answered(streams: list[Stream]) -> int:
    return sum(stream.answered for stream in streams)


def test_models_ask_each_other_across_replicas(rest: Rest, server: Served) -> None:
    with grpc.insecure_channel(server.grpc) as channel:
        call = unary(channel, "/inference.GRPCInferenceService/ModelInfer")
        metadata = (("authorization", f"Bearer {server.token}"),)
        data = call(request("asks", 41).SerializeToString(), metadata=metadata, timeout=120)
    response = pb.ModelInferResponse.FromString(data)
    assert int.from_bytes(response.raw_output_contents[0], "little") == 42


def test_the_nodes_and_replicas_are_told(rest: Rest) -> None:
    status = rest.get("/v2/cluster")
    assert [node["alive"] for node in status["nodes"]] == [True, True]
    assert len({row["node"] for row in rest.replicas("quick")}) == 2
    assert len(rest.replicas("one")) == 1
    assert all(row["memory_bytes"] > 0 and row["age_s"] > 0 for row in rest.replicas("slow"))


def test_two_replicas_answer_more_than_one(server: Served) -> None:
    numbers = itertools.count()
    one = [Stream(server, "one", numbers).start() for _ in range(2)]
    two = [Stream(server, "slow", numbers).start() for _ in range(2)]
    wait_for(lambda: min(_answered(one), _answered(two)) > 20)
    before = _answered(one), _answered(two)
    time.sleep(_SECONDS)
    after = _answered(one), _answered(two)
    for stream in one + two:
        stream.stop()
        assert (stream.wrong, stream.lost, stream.broken) == (0, [], "")
    single, double = (b - a for a, b in zip(before, after, strict=True))
    print(f"\n{single / _SECONDS:.1f}/s by one replica, {double / _SECONDS:.1f}/s by two")
    assert double >= 1.6 * single
    assert len({pid for stream in two for pid in stream.pids}) == 2


def test_the_sum_over_replicas_is_what_was_asked(rest: Rest, server: Served) -> None:
    def counted() -> int:
        (row,) = rest.get("/v2/models/quick/stats")["model_stats"]
        count: int = row["inference_stats"]["success"]["count"]
        return count

    before = counted()
    streams = [Stream(server, "quick", itertools.count()).start() for _ in range(2)]
    wait_for(lambda: _answered(streams) > 100)
    for stream in streams:
        stream.stop()
    assert counted() - before == _answered(streams)
    each = [row["answered"] for row in rest.replicas("quick")]
    assert len(each) == 2
    assert min(each) > 0


def test_a_sequence_keeps_to_one_replica_and_to_its_order(server: Served) -> None:
    sequences, length = range(1, 21), 10
    requests = [
        request(
            "sum",
            place,
            sequence_id=sequence,
            sequence_start=place == 0,
            sequence_end=place == length - 1,
        ).SerializeToString()
        for place in range(length)
        for sequence in sequences
    ]
    with grpc.insecure_channel(server.grpc) as channel:
        metadata = (("authorization", f"Bearer {server.token}"),)
        path = "/inference.GRPCInferenceService/ModelStreamInfer"
        call = streaming(channel, path)(iter(requests), metadata=metadata, timeout=120)
        replies = [pb.ModelStreamInferResponse.FromString(data) for data in call]
    assert [reply.error_message for reply in replies if reply.error_message] == []
    found = [answer(reply.infer_response) for reply in replies]
    want = [place * (place + 1) // 2 for place in range(length) for _ in sequences]
    assert [value for value, _ in found] == want
    homes = [{pid for _, pid in found[start :: len(sequences)]} for start in range(len(sequences))]
    assert all(len(home) == 1 for home in homes)
    assert len(set.union(*homes)) == 2


def test_a_model_is_scaled_up_and_down_without_loss(rest: Rest, server: Served) -> None:
    assert len(rest.replicas("scaled")) == 1
    streams = [Stream(server, "scaled", itertools.count()).start() for _ in range(3)]
    wait_for(lambda: len(rest.replicas("scaled")) == 2, "a second replica")
    wait_for(lambda: len({pid for stream in streams for pid in stream.pids}) == 2)
    for stream in streams:
        stream.stop()
        assert (stream.wrong, stream.lost, stream.broken) == (0, [], "")
    wait_for(lambda: len(rest.replicas("scaled")) == 1, "one replica again")


def test_what_dies_takes_only_its_own_along(nodes: Cluster, rest: Rest, server: Served) -> None:
    numbers, lock = itertools.count(), threading.Lock()

    def numbered() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers)
            yield number

    streams = [Stream(server, "quick", numbered()).start() for _ in range(_STREAMS)]
    in_flight = sum(stream.in_flight for stream in streams)
    wait_for(lambda: _answered(streams) > _ANSWERS // 4)

    nodes.nodes[1].kill()
    _goes_on(streams)
    with_node = sum(len(stream.lost) for stream in streams)
    wait_for(lambda: len(rest.replicas("quick")) == 2, "a new replica")

    os.kill(rest.replicas("quick")[0]["pid"], signal.SIGKILL)
    _goes_on(streams)
    wait_for(lambda: _answered(streams) >= _ANSWERS)
    for stream in streams:
        stream.stop()
    lost = sum(len(stream.lost) for stream in streams)
    gap_s = max(stream.gap_s for stream in streams)
    print(
        f"\n{_answered(streams)} answers; {with_node} lost with a node, "
        f"{lost - with_node} with a replica; longest pause {gap_s:.2f} s"
    )
    assert [stream.broken for stream in streams if stream.broken] == []
    assert sum(stream.wrong for stream in streams) == 0
    assert with_node <= in_flight
    assert lost - with_node <= in_flight
    assert gap_s < 5.0
    wait_for(lambda: [node["alive"] for node in rest.get("/v2/cluster")["nodes"]].count(True) == 1)


def _goes_on(streams: list[Stream]) -> None:
    """Every stream has been answered again since now."""
    before = [stream.answered for stream in streams]
    wait_for(
        lambda: all(s.answered > b + 20 for s, b in zip(streams, before, strict=True)),
        "an answer on every stream",
    )
