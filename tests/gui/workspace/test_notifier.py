"""What the user is told, and what is offered to be done about it."""

from __future__ import annotations

from typing import Any

import pytest

from backend.core.errors import PortInUse, TargetFault, TargetUnreachable
from backend.core.status import Alert, Notice, Severity
from gui.workspace.notices import ToastAction
from gui.workspace.notifier import Notifier


class Provider:
    """Knows one action for errors of one kind, and one for every fault."""

    def __init__(self, kind: type[BaseException], title: str) -> None:
        self._kind = kind
        self._action = ToastAction(title, lambda: None)

    def of_error(self, error: BaseException) -> tuple[ToastAction, ...]:
        return (self._action,) if isinstance(error, self._kind) else ()

    def of_fault(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        return (self._action,)


@pytest.fixture
def told() -> list[Any]:
    """Everything in the order in which it was told."""
    return []


@pytest.fixture
def notifier(qapp: object, told: list[Any]) -> Notifier:
    notifier = Notifier()
    notifier.offer_actions(Provider(PortInUse, "Use free ports"))
    notifier.offer_actions(Provider(Exception, "Report it"))
    notifier.notified.connect(
        lambda notice, actions, details: told.append(
            (notice, [action.title for action in actions], details)
        )
    )
    notifier.crashed.connect(lambda: told.append("crashed"))
    return notifier


def test_an_error_comes_with_what_every_provider_knows(notifier: Notifier, told: list[Any]) -> None:
    error = PortInUse("127.0.0.1", 8000)
    notifier.show_error(error)
    notifier.show_error(TargetUnreachable("Nobody is there.", "Is it up?"))
    assert told == [
        (Notice(Severity.ERROR, error.message, error.hint), ["Use free ports", "Report it"], ""),
        (Notice(Severity.ERROR, "Nobody is there.", "Is it up?"), ["Report it"], ""),
    ]


def test_a_fault_that_is_not_known_has_no_actions(notifier: Notifier) -> None:
    assert notifier.actions_for_fault(None) == ()
    titles = [action.title for action in notifier.actions_for_fault(TargetFault.REFUSED)]
    assert titles == ["Use free ports", "Report it"]


def test_a_fault_of_ours_stops_runs_before_it_is_told_with_a_report(
    notifier: Notifier, told: list[Any]
) -> None:
    notifier.show_error(ZeroDivisionError("oops"))
    assert told[0] == "crashed"
    notice, titles, details = told[1]
    assert (notice.title, notice.body) == ("Something broke, streaming stopped", "oops")
    assert titles == ["Report it"]
    assert "ZeroDivisionError: oops" in details


def test_conditions_alerts_and_lines_reach_whoever_listens(notifier: Notifier) -> None:
    seen: list[Any] = []
    notifier.condition_changed.connect(lambda *parts: seen.append(parts))
    notifier.alerts_changed.connect(lambda *parts: seen.append(parts))
    notifier.logged.connect(seen.append)
    alert = Alert("source", Severity.WARNING, "The source is not there")
    notifier.show_condition("target", None)
    notifier.set_alerts("run", [alert])
    notifier.log("line")
    assert seen == [("target", None, ()), ("run", (alert,)), "line"]
