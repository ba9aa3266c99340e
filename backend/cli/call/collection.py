"""`call --collection`: every request of a folder, what came of it, and what its checks say."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from backend.cli.call.junit import junit_text
from backend.cli.call.live import CallLive
from backend.cli.call.options import ReportFormat
from backend.cli.call.request import CallPlan
from backend.clients.control import ServerControlClient
from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.inspector.calls import Caller
from backend.inspector.collections import (
    Collection,
    Entry,
    Outcome,
    Place,
    read_collection,
    run_request,
)
from backend.inspector.forms import Described, Variables

_STATUS_WIDTH = 10


def collection_of(options: argparse.Namespace) -> Collection | None:
    """The collection that is asked for, None for none; its environment may give the target.

    Raises UsageError for options that make no sense, files of variables among them.
    """
    if options.collection is None:
        if options.env or options.var or options.only:
            raise UsageError("--env, --var and --only belong to --collection.")
        return None
    for other in ("method", "model", "input", "json", "sample", "list"):
        if getattr(options, other) not in (None, "", [], (), False):
            raise UsageError(f"--{other} makes a call of its own; --collection has others.")
    collection = read_collection(options.collection)
    if collection.problems:
        raise UsageError(" ".join(collection.problems))
    target = collection.environment(options.env).target
    if options.target == EMBEDDED and target:
        variables = collection.variables(options.env, _given(options.var), {})
        options.target = variables.fill(target)
    return collection


def run_collection(options: argparse.Namespace, collection: Collection, caller: Caller) -> int:
    """Send the requests in their order and print what came of each; returns the exit code."""
    variables = collection.variables(options.env, _given(options.var), os.environ)
    entries = [one for one in collection.entries if _wanted(one, options.only)]
    if not entries:
        raise UsageError(
            f"No request of {collection.folder} matches '{options.only}'."
            if options.only
            else f"There is no request in {collection.folder}.",
            hint="A request is a file NAME.toml; docs/inspector.md shows one.",
        )
    place = _place(options, caller)
    show = _SHOWERS[options.format](entries)
    outcomes = []
    for entry in entries:
        outcome = _outcome(entry, variables, place)
        outcomes.append((entry, outcome))
        show(entry, outcome)
    _sum_up(options.format, collection.folder.resolve().name, outcomes)
    return min((outcome.exit_code for _, outcome in outcomes if not outcome.ok), default=0)


def _sum_up(form: ReportFormat, name: str, outcomes: list[tuple[Entry, Outcome]]) -> None:
    passed = sum(outcome.ok for _, outcome in outcomes)
    failed = len(outcomes) - passed
    match form:
        case ReportFormat.JSON:
            _print({"summary": {"requests": len(outcomes), "passed": passed, "failed": failed}})
        case ReportFormat.JUNIT:
            print(junit_text(name, outcomes), end="", flush=True)
        case ReportFormat.TEXT:
            requests = "1 request" if len(outcomes) == 1 else f"{len(outcomes)} requests"
            print(f"{requests}, {passed} passed, {failed} failed", flush=True)


def _outcome(entry: Entry, variables: Variables, place: Place) -> Outcome:
    if entry.request is None:
        return Outcome(error=entry.problem, exit_code=UsageError.exit_code)
    return run_request(entry.request, entry.file.parent, variables, place)


def _place(options: argparse.Namespace, caller: Caller) -> Place:
    plan = CallPlan(options, caller)

    @lru_cache(maxsize=256)
    def describe(model: str, version: str) -> Described:
        control = ServerControlClient(caller.target, options.dialect)
        try:
            return control.model_metadata(model, version)
        finally:
            control.close()

    live = CallLive(caller.target, options.source)
    return Place(caller.target, caller, plan.find, describe, live)


def _wanted(entry: Entry, pattern: str) -> bool:
    return not pattern or fnmatchcase(str(entry.path), pattern)


def _given(texts: list[str]) -> Mapping[str, str]:
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(f"Expected NAME=VALUE for --var, got '{text}'.")
        values[name] = value
    return values


def _text_shower(entries: list[Entry]) -> Callable[[Entry, Outcome], None]:
    width = max(len(str(entry.path)) for entry in entries)

    def show(entry: Entry, outcome: Outcome) -> None:
        word = "ok    " if outcome.ok else "FAILED"
        parts = [word, f"{entry.path!s:{width}}", f"{_status(outcome):{_STATUS_WIDTH}}"]
        if outcome.exchange is not None:
            parts.append(f"{outcome.exchange.total_ns / 1e6:10.1f} ms")
        if outcome.findings:
            good = sum(finding.ok for finding in outcome.findings)
            parts.append(f"  {good} of {len(outcome.findings)} checks")
        lines = ["  ".join(parts).rstrip()]
        lines += [
            f"        {one.what}: expected {one.expected}, got {one.got}"
            for one in outcome.findings
            if not one.ok
        ]
        lines += [f"        {outcome.error}"] if outcome.error else []
        print("\n".join(lines), flush=True)

    return show


def _show_json(entry: Entry, outcome: Outcome) -> None:
    exchange = outcome.exchange
    value: dict[str, Any] = {"request": str(entry.path), "ok": outcome.ok}
    if exchange is not None:
        value["status"] = _status(outcome)
        value["latency_ms"] = round(exchange.total_ns / 1e6, 3)
    value["checks"] = [asdict(finding) for finding in outcome.findings]
    if outcome.error:
        value["error"] = outcome.error
    if outcome.exit_code:
        value["exit_code"] = outcome.exit_code
    _print(value)


_SHOWERS: Mapping[ReportFormat, Callable[[list[Entry]], Callable[[Entry, Outcome], None]]] = {
    ReportFormat.TEXT: _text_shower,
    ReportFormat.JSON: lambda _entries: _show_json,
    ReportFormat.JUNIT: lambda _entries: lambda _entry, _outcome: None,
}
"""What shows each outcome as it comes."""


def _status(outcome: Outcome) -> str:
    status = outcome.exchange.status if outcome.exchange is not None else None
    return "" if status is None else f"{status.code} {status.name}"


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)
