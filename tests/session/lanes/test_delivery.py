"""Answers come out in order; in live runs a late one is dropped, in lossless runs it is awaited."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import RunSettings
from backend.core.errors import ModelFailed
from backend.core.flow import Policy
from backend.core.ledger import DropPlace, Ledger
from backend.core.samples import Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.core.timing import Stage, Timeline
from backend.core.traffic import Traffic
from backend.session.lanes.delivery import Delivery
from backend.session.sinks import RESULTS, Subscription, Subscriptions
from tests.balance import is_balanced


def result(seq: int) -> Result:
    return Result(
        seq=seq,
        sample=Frame(seq, 0, np.zeros((2, 2, 3), np.uint8)),
        predictions=(),
        timeline=Timeline({Stage.RECEIVED: 5_000_000_000}),
        traffic=Traffic(100, 10, 110, 20),
        settings=RunSettings(Target("t"), "identity"),
    )


def delivery_with(sent: int, *, lossless: bool) -> tuple[Delivery, Ledger, Subscription[Result]]:
    ledger, subscriptions = Ledger(), Subscriptions()
    answers = subscriptions.add(RESULTS, Policy.DROP, "test", 8)
    delivery = Delivery(ledger, subscriptions)
    delivery.lossless = lossless
    for seq in range(sent):
        ledger.captured()
        ledger.taken()
        delivery.sent(seq)
    return delivery, ledger, answers


def seqs(answers: Subscription[Result]) -> list[int]:
    return [answer.seq for answer in answers.drain()]


def test_a_live_run_drops_what_was_overtaken() -> None:
    delivery, ledger, answers = delivery_with(3, lossless=False)
    for seq in (1, 0, 2):
        delivery.answered(result(seq))
    assert seqs(answers) == [1, 2]
    counts = ledger.counts()
    assert counts.dropped == {DropPlace.OVERTAKEN: 1}
    assert counts.answered == 2
    assert is_balanced(counts)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_patient_run_keeps_every_answer_in_order(order: tuple[int, ...]) -> None:
    delivery, ledger, answers = delivery_with(3, lossless=True)
    for seq in order:
        delivery.answered(result(seq))
    assert seqs(answers) == [0, 1, 2]
    assert ledger.counts().answered == 3


def test_a_failure_lets_the_answers_behind_it_out() -> None:
    delivery, ledger, answers = delivery_with(3, lossless=True)
    delivery.answered(result(2))
    delivery.answered(result(1))
    assert seqs(answers) == []
    delivery.failed(0, ModelFailed("no"))
    assert seqs(answers) == [1, 2]
    assert ledger.counts().failed == 1
    assert is_balanced(ledger.counts())


def test_every_answer_is_traced_and_counted_in_bytes() -> None:
    delivery, _, answers = delivery_with(2, lossless=False)
    delivery.answered(result(0))
    delivery.answered(result(1))
    rows = delivery.traces.window()
    assert rows[delivery.traces.columns["at_s"]].tolist() == [5.0, 5.0]
    assert rows[delivery.traces.columns["bytes_out"]].tolist() == [100, 100]
    assert seqs(answers) == [0, 1]
