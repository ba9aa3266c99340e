"""Replies that are not what was asked for: told once in words, counted as failed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.core.choices import Payload, RunSettings, Serialization, Transport
from backend.core.errors import DeadlineExceeded, ReplyMismatch
from backend.core.flow import Policy
from backend.core.inference import InferResponse
from backend.core.samples import Captured, Frame
from backend.core.status import Result, Severity
from backend.core.target import Target
from backend.core.tensors import Datatype, Tensor
from backend.session.run.live import Session
from backend.session.sinks import NOTICES
from tests.session.list_source import ListSource
from tests.session.lying_server import Lie, lying
from tests.session.running import on_result, running
from tests.waiting import wait_for


def other_type(answer: InferResponse) -> InferResponse:
    data = answer.outputs[0].data.astype(np.float32)
    return replace(answer, outputs=(Tensor("OUTPUT0", Datatype.FP32, data),))


LIES: dict[str, tuple[Lie, str]] = {
    "another id": (lambda answer: replace(answer, id="999999"), "ids that are not those"),
    "a made-up id": (lambda answer: replace(answer, id="6f1c-uuid"), "ids that are not those"),
    "another datatype": (other_type, "'OUTPUT0' is FP32, declared is UINT8"),
    "no outputs": (lambda answer: replace(answer, outputs=()), "has no outputs"),
    "another name": (
        lambda answer: replace(
            answer, outputs=(replace(answer.outputs[0], name="Y"),)
        ),
        "'Y' that it does not declare",
    ),
}  # fmt: skip


def frames(count: int) -> list[Captured]:
    return [Frame(n, 0, np.full((1, 1, 3), n, np.uint8)) for n in range(count)]


def settings_for(target: Target, transport: Transport) -> RunSettings:
    form = Serialization.RAW if transport.is_grpc else Serialization.JSON
    return RunSettings(target, "identity", transport=transport, payload=Payload(form), in_flight=1)


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_once_and_counted(transport: Transport, lie: str) -> None:
    tell, wrong = LIES[lie]
    results: list[Result] = []
    with lying(tell) as target:
        session = Session(settings_for(target, transport), ListSource(frames(6)))
        on_result(session, results.append)
        notices = session.subscribe(NOTICES, Policy.DROP, "notices")
        with running(session):
            wait_for(lambda: session.join(0.0))

    counts = session.status().counts
    assert (counts.captured, counts.answered, counts.failed) == (6, 3, 3)
    assert [result.seq for result in results] == [1, 3, 5]
    assert isinstance(session.last_failure, ReplyMismatch)
    (notice,) = notices.drain()
    assert notice.severity is Severity.WARNING
    assert wrong in notice.title
    assert notice.body


def test_what_is_wrong_with_the_newest_reply_stands_in_the_status() -> None:
    with lying(other_type) as target:
        source = ListSource(frames(1), live=True, repeat=True, interval_s=0.01)
        session = Session(settings_for(target, Transport.GRPC), source)
        with running(session):
            wait_for(lambda: any("FP32" in alert.title for alert in session.status().alerts))


def test_ids_of_requests_that_were_answered_before_are_named_with_the_deadline() -> None:
    """A stream that gives one id again and again answers no other request."""
    with lying(lambda answer: replace(answer, id="1")) as target:
        settings = replace(settings_for(target, Transport.GRPC_STREAM), deadline_s=0.5)
        session = Session(settings, ListSource(frames(4)))
        with running(session):
            wait_for(lambda: isinstance(session.last_failure, DeadlineExceeded))
    assert "ids of requests answered before" in str(session.last_failure)
