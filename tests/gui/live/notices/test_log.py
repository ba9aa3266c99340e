"""What the log says of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.core.errors import NotReady
from backend.core.status import RunState, RunStatus
from gui.live.notices import RunLog

_LOST = NotReady("the replica of model 'faces' that had the request was lost")
_STREAMING = RunStatus(state=RunState.STREAMING)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def log(lines: list[str]) -> RunLog:
    return RunLog(lines.append, str)


def failed(count: int, status: RunStatus = _STREAMING) -> RunStatus:
    return replace(status, counts=replace(status.counts, failed=count))


def test_requests_that_failed_are_told_with_the_reason_once_for_all_in_a_row(
    log: RunLog, lines: list[str]
) -> None:
    log.note(failed(0), None)
    for count in (2, 5, 5, 5):
        log.note(failed(count), _LOST)
    assert lines == [f"2 requests failed: {_LOST.message}"]
    log.note(failed(6), _LOST)
    assert lines[1:] == [f"1 request failed: {_LOST.message}"]


def test_what_went_with_the_target_is_told_by_its_loss(log: RunLog, lines: list[str]) -> None:
    gone = RunStatus(state=RunState.RECONNECTING, message="Nothing answers.")
    log.note(failed(4, gone), _LOST)
    log.note(failed(4), _LOST)
    assert lines == ["Target lost: Nothing answers."]
