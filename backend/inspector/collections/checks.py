"""What is expected of an answer: status, latency and values, each a line.

`WHAT = CONDITION`: WHAT is `status`, `latency_ms`, `bytes`, `messages`, `headers.NAME`, or a path
into the last reply as `call` prints it, such as `reply.outputs[0].data[3]` or, by a tensor's name,
`reply.outputs.scores.shape`; `replies[0]...` is the first message of a stream. CONDITION is a
value, or text of an operator and a value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.errors import UsageError

_STEP = re.compile(r"\.?([^.\[\]\s]+)|\[(\d{1,9})\]|\[\"([^\"]*)\"\]")
_CONDITION = re.compile(r"\s*(==|!=|<=|>=|<|>|~=|contains\b|is\b)\s*(.*)", re.DOTALL)
_AROUND = re.compile(r"(.+?)\s*\+-\s*(\S+)", re.DOTALL)
_SUBJECTS = ("status", "latency_ms", "bytes", "messages", "headers", "reply", "replies")


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()
"""What a path leads to that is not there."""

_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "null": lambda value: value is None,
    "missing": lambda value: value is MISSING,
    "there": lambda value: value is not MISSING,
}
_TOLERANCE = 1e-6
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what came of it: `got` is what was there, in a line."""

    what: str
    expected: str
    got: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What checks look at; `status` has every word for it: 'OK', '0', or 'OK', '200'."""

    status: tuple[str, ...]
    latency_ms: float
    size: int
    headers: Mapping[str, str]
    replies: Sequence[Any]


def checks_to_begin_with(*, rest: bool) -> str:
    """The table of a request's file with two checks that most requests can have."""
    status = "200" if rest else '"OK"'
    return f'[checks]\nstatus = {status}\nlatency_ms = "< 100"\n'


def judged(checks: Mapping[str, Any], answer: Answer) -> tuple[Finding, ...]:
    """Every check against an answer; raises UsageError for one that cannot be understood."""
    return tuple(_finding(what, expected, answer) for what, expected in checks.items())


def check_words(checks: Mapping[str, Any]) -> None:
    """Raise UsageError for a check that cannot be understood, before anything is sent."""
    judged(checks, Answer((), 0.0, 0, {}, ()))


def _finding(what: str, expected: Any, answer: Answer) -> Finding:
    operator, wanted = _condition(what, expected)
    got = _got(what, answer)
    if what == "status":
        ok = (str(wanted) in answer.status) is (operator == "==")
        shown = " ".join(answer.status) or "none"
        return Finding(what, _line(operator, wanted), shown, ok)
    return Finding(what, _line(operator, wanted), _shown(got), _holds(operator, got, wanted))


def _condition(what: str, expected: Any) -> tuple[str, Any]:
    found = _CONDITION.fullmatch(expected) if isinstance(expected, str) else None
    if found is None:
        return "==", expected
    operator, text = found[1], found[2].strip()
    if what == "status":
        if operator not in ("==", "!="):
            raise UsageError(f"Check {what}: a status is compared by == or !=, not {operator}.")
        return operator, text.strip('"')
    if operator == "is":
        if text not in _KINDS:
            raise UsageError(f"Check {what}: 'is' takes one of {', '.join(_KINDS)}, got '{text}'.")
        return operator, text
    if operator == "~=":
        around = _AROUND.fullmatch(text)
        value, room = (around[1], around[2]) if around else (text, str(_TOLERANCE))
        return operator, (_value(value, what), _number(room, what))
    if operator in ("<", "<=", ">", ">="):
        return operator, _number(text, what)
    return operator, _value(text, what)


def _value(text: str, what: str) -> Any:
    """JSON, or the text as it stands."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if not text:
            raise UsageError(f"Check {what}: something is to stand after the operator.") from None
        return text


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise UsageError(f"Check {what}: expected a number, got '{text[:_SHOWN]}'.")
    return number


def _got(what: str, answer: Answer) -> Any:
    subject, *steps = _steps(what)
    if subject not in _SUBJECTS:
        raise UsageError(
            f"Check {what}: it begins with none of {', '.join(_SUBJECTS)}.",
            hint="Values of the reply are such as reply.outputs[0].data[0].",
        )
    if subject == "headers":
        name = ".".join(map(str, steps)).lower()
        return answer.headers.get(name, MISSING)
    values = {
        "status": answer.status,
        "latency_ms": answer.latency_ms,
        "bytes": answer.size,
        "messages": len(answer.replies),
        "reply": answer.replies[-1] if answer.replies else MISSING,
        "replies": list(answer.replies),
    }
    value: Any = values[str(subject)]
    for step in steps:
        value = _into(value, step)
    return value


def _steps(what: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 0
    while at < len(what):
        found = _STEP.match(what, at)
        if found is None:
            raise UsageError(
                f"Check {what[:_SHOWN]}: cannot be read from its character {at + 1} on.",
                hint="A path is such as reply.outputs[0].data[0].",
            )
        steps.append(int(found[2]) if found[2] is not None else found[1] or found[3] or "")
        at = found.end()
    return steps or [""]


def _into(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list):
        if step == "length":
            return len(value)
        named = (one for one in value if isinstance(one, dict) and one.get("name") == step)
        return next(named, MISSING)
    return len(value) if step == "length" and isinstance(value, str) else MISSING


def _holds(operator: str, got: Any, wanted: Any) -> bool:
    match operator:
        case "is":
            return _KINDS[wanted](got)
        case "==":
            return _same(got, wanted)
        case "!=":
            return not _same(got, wanted)
        case "~=":
            return _near(got, *wanted)
        case "contains":
            if isinstance(got, str):
                return str(wanted) in got
            return isinstance(got, list) and any(_same(one, wanted) for one in got)
    if not _KINDS["number"](got):
        return False
    orders = {"<": got < wanted, "<=": got <= wanted, ">": got > wanted, ">=": got >= wanted}
    return bool(orders[operator])


def _same(got: Any, wanted: Any) -> bool:
    return bool(got == wanted) and isinstance(got, bool) is isinstance(wanted, bool)


def _near(got: Any, wanted: Any, room: float) -> bool:
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(
            _near(one, other, room) for one, other in zip(got, wanted, strict=True)
        )
    number = _KINDS["number"]
    return number(got) and number(wanted) and abs(got - wanted) <= room


def _line(operator: str, wanted: Any) -> str:
    if operator == "~=":
        return f"~= {_shown(wanted[0])} +- {wanted[1]:g}"
    return f"{operator} {wanted if operator == 'is' else _shown(wanted)}"


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    if isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
