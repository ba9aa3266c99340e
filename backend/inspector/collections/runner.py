"""One request of a collection sent, and what its checks say of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from backend.core.conditions import VIOLATED
from backend.core.defaults import CALL_DEADLINE_S
from backend.core.errors import ConsoleError, InvalidInput, UsageError
from backend.core.samples import Sample
from backend.core.target import Target
from backend.inspector.calls import Exchange, Request
from backend.inspector.collections.checks import Answer, Finding, check_words, judged
from backend.inspector.collections.drafting import draft_of
from backend.inspector.collections.files import SavedRequest
from backend.inspector.forms import AS_IN_A_RUN, NOTHING_LIVE, Described, Draft, Live, Variables
from backend.inspector.methods import Method
from backend.inspector.views import reply_value, rest_value


class Sender(Protocol):
    """What sends a request and waits for its end."""

    def call(self, request: Request) -> Exchange:
        """Raises what cannot be sent at all."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: `error` says why it was not sent or failed, '' for neither.

    `sample` is the picture or sound that was sent.
    """

    exchange: Exchange | None = None
    findings: tuple[Finding, ...] = ()
    error: str = ""
    exit_code: int = 0
    sample: Sample | None = None

    @property
    def ok(self) -> bool:
        """Whether it went well and every check holds."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests are sent, and who knows the methods and models there.

    `find` gives the method of a name, `describe` a model by name and version, `live` what fills
    inputs as in a run of a model; all may ask the server and raise ConsoleError.
    """

    target: Target
    sender: Sender
    find: Callable[[str], Method]
    describe: Callable[[str, str], Described]
    live: Callable[[str], Live] = lambda _model: NOTHING_LIVE


def run_request(saved: SavedRequest, folder: Path, variables: Variables, place: Place) -> Outcome:
    """Send one request, whose files lie below `folder`, and look at its checks.

    Nothing is raised for what is wrong with the request or its answer: it is in the outcome.
    """
    try:
        checks = _filled(saved.checks, variables)
        check_words(checks)
        method = place.find(variables.fill(saved.method))
        draft = draft_of(saved, method, place.target, variables, place.describe, folder)
        if draft.deadline_s is None:
            draft = replace(draft, deadline_s=CALL_DEADLINE_S)
        live = _live_for(draft, place)
        sample = draft.sample(live)
        exchange = place.sender.call(draft.request(live))
    except ConsoleError as error:
        wrong = isinstance(error, InvalidInput)
        return Outcome(
            error=str(error), exit_code=UsageError.exit_code if wrong else error.exit_code
        )
    findings = judged(checks, _answer(exchange, method))
    return replace(_outcome(exchange, findings), sample=sample)


def _live_for(draft: Draft, place: Place) -> Live:
    form = draft.form
    if form is None or not any(row.sent and row.fill.kind in AS_IN_A_RUN for row in form.rows):
        return NOTHING_LIVE
    return place.live(form.model)


def _outcome(exchange: Exchange, findings: tuple[Finding, ...]) -> Outcome:
    fault = exchange.fault
    expected = exchange.status is not None and any(one.what == "status" for one in findings)
    failed = [one for one in findings if not one.ok]
    if fault is not None and not expected:
        words = f"{fault.message} {fault.hint}".strip()
        return Outcome(exchange, findings, words, fault.exit_code)
    told = fault.message if fault is not None and failed else ""
    return Outcome(exchange, findings, told, VIOLATED if failed else 0)


def _filled(checks: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    return {
        variables.fill(what): variables.fill(expected) if isinstance(expected, str) else expected
        for what, expected in checks.items()
    }


def _answer(exchange: Exchange, method: Method) -> Answer:
    status, words = exchange.status, ()
    if status is not None:
        first, second = str(status.code), status.name
        words = (first, second) if exchange.request.rest else (second, first)  # type: ignore[assignment]
    headers = {name.lower(): value for name, value in (*exchange.headers, *exchange.trailers)}
    return Answer(
        words, exchange.total_ns / 1e6, exchange.reply_size, headers, _replies(exchange, method)
    )


def _replies(exchange: Exchange, method: Method) -> list[Any]:
    if exchange.request.rest:
        return [rest_value(exchange, as_came=False)] if exchange.replies else []
    values = []
    for reply in exchange.replies:
        try:
            values.append(reply_value(exchange.request, method, reply.body, as_came=False))
        except ConsoleError as error:
            values.append({"error": str(error)})
    return values
