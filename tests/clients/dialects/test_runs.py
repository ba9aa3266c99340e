"""Live runs against servers that answer as the recorded ones did."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import Compression, Payload, RunSettings, Serialization, Transport
from backend.core.predictions import Tensors
from backend.core.samples import Captured, Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.session.run.live import Session
from tests.clients.replay import capture_of, replaying
from tests.session.list_source import ListSource
from tests.session.running import on_result

REST_JSON = (Transport.REST, Payload(Serialization.JSON))
REST_BINARY = (Transport.REST, Payload(Serialization.BINARY))
STREAM = (Transport.GRPC_STREAM, Payload(Serialization.RAW))


def run(target: Target, way: tuple[Transport, Payload]) -> tuple[Session, list[Result]]:
    """Three frames, all on their way at once."""
    frames: list[Captured] = [Frame(n, 0, np.full((1, 1, 3), n, np.uint8)) for n in range(3)]
    results: list[Result] = []
    transport, payload = way
    settings = RunSettings(target, "identity", transport=transport, payload=payload, in_flight=3)
    session = Session(settings, ListSource(frames), retry=False)
    on_result(session, results.append)
    session.start()
    assert session.join(30)
    return session, results


def test_mlserver_streams_are_matched_by_order() -> None:
    """Each of its replies carries the id of the first request."""
    with replaying(capture_of("mlserver"), rest=False) as target:
        session, results = run(target, STREAM)
    assert session.error is None
    assert session.last_failure is None
    assert [result.seq for result in results] == [0, 1, 2]
    for seq, result in enumerate(results, 1):
        (prediction,) = result.predictions
        assert isinstance(prediction, Tensors)
        assert prediction.tensors[0].data.tolist() == [1, 2, seq]


def test_an_mlserver_model_that_answers_once_a_stream_is_explained() -> None:
    capture = capture_of("mlserver")
    for exchange in capture["grpc"]:
        if exchange["name"].startswith("stream"):
            del exchange["replies"][1:]
    with replaying(capture, rest=False) as target:
        session, results = run(target, STREAM)
    assert 0 < len(results) < 3  # a frame that comes late opens a stream of its own
    problem = str(session.error or session.last_failure)
    assert "predict_stream" in problem
    assert "Choose gRPC without a stream" in problem


@pytest.mark.parametrize(
    ("name", "way", "reason"),
    [
        ("kserve", STREAM, "KServe has no ModelStreamInfer"),
        ("mlserver", REST_BINARY, "takes no binary tensors over REST"),
        (
            "kserve",
            (Transport.REST, Payload(Serialization.JSON, compression=Compression.GZIP)),
            "refuses compressed bodies",
        ),
    ],
)
def test_what_a_server_cannot_do_is_said_before_anything_is_sent(
    name: str, way: tuple[Transport, Payload], reason: str
) -> None:
    with replaying(capture_of(name)) as target:
        session, results = run(target, way)
    assert results == []
    assert session.error is not None
    assert reason in str(session.error)
    assert session.status().counts.failed == 0


@pytest.mark.parametrize("name", ["triton", "kserve"])
@pytest.mark.parametrize("way", [REST_JSON, REST_BINARY], ids=["json", "binary"])
def test_rest_runs_against_every_server_that_has_the_form(
    name: str, way: tuple[Transport, Payload]
) -> None:
    with replaying(capture_of(name), grpc_=False) as target:
        session, results = run(target, way)
    assert session.error is None
    assert [result.seq for result in results] == [0, 1, 2]
