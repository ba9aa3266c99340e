"""What a server says of a model: its tensors, versions, statistics and configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.clients.control import ServerControlClient
from backend.clients.dialects.rules import Capability
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError
from backend.models.runtimes.graph import FALLBACK, PROVIDERS, THREADS
from gui.widgets.language import count, number, tr


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a server says of a model; `problem` is why there is no description.

    `why_no_statistics` and `why_no_load` are the reasons of a server that has neither.
    """

    description: ModelDescription | None = None
    problem: str = ""
    states: tuple[tuple[str, str, str], ...] = ()
    """Version, state and reason, as listed."""
    config: dict[str, Any] | None = None
    why_no_config: str = ""
    statistics: tuple[dict[str, Any], ...] = ()
    why_no_statistics: str = ""
    why_no_load: str = ""
    ready: bool | None = None


def facts_of(client: ServerControlClient, model: str) -> CardFacts:
    """Everything a server says of a model; blocks, raises TargetError if nobody is there."""
    why_no_load = client.why_not(Capability.LOAD)
    why_no_statistics = client.why_not(Capability.STATISTICS)
    states: tuple[tuple[str, str, str], ...] = ()
    if not client.why_not(Capability.INDEX):
        states = tuple(
            (one.version, one.state, one.reason) for one in client.models() if one.name == model
        )
    ready = client.ready(model)
    description, problem = None, ""
    try:
        description = client.model_metadata(model)
    except ConsoleError as error:
        problem = str(error)
    config, why_no_config = None, client.why_not(Capability.CONFIG)
    statistics: tuple[dict[str, Any], ...] = ()
    try:
        config = client.model_config(model) if ready else None
        if not why_no_statistics:
            statistics = tuple(client.statistics(model)) if ready else ()
    except ConsoleError as error:
        why_no_statistics = why_no_statistics or str(error)
    return CardFacts(
        description,
        problem,
        states,
        config,
        why_no_config or tr("The server shows it once the model is loaded."),
        statistics,
        why_no_statistics,
        why_no_load,
        ready,
    )


def headline(facts: CardFacts) -> str:
    """Whether it is ready, what runs it and on what, and how it batches, in one line."""
    parts = []
    if facts.ready is not None:
        parts.append(tr("Ready") if facts.ready else tr("Not loaded"))
    if facts.description is not None and facts.description.platform:
        parts.append(facts.description.platform)
    config = facts.config or {}
    most = _whole(config.get("max_batch_size", 0))
    if facts.config is not None:
        batches = tr("batches of up to {most}", most=most) if most else tr("no batching")
        if config.get("dynamic_batching") is not None and most:
            batches = tr("dynamic batches of up to {most}", most=most)
        parts.append(batches)
    return ", ".join((*parts, *_run_parts(config)))


def fallback_line(facts: CardFacts) -> str:
    """Why the model is not computed where its configuration wants it, '' if it is."""
    why = _parameter(facts.config or {}, FALLBACK)
    return tr("Computed elsewhere than wanted. {why}", why=why) if why else ""


def _run_parts(config: dict[str, Any]) -> list[str]:
    """What our own server says of how the model is run."""
    parts = []
    providers = _parameter(config, PROVIDERS).replace("ExecutionProvider", "")
    if providers:
        parts.append(tr("computed by {providers}", providers=providers))
    threads = _whole(_parameter(config, THREADS))
    if threads:
        parts.append(count(threads, "{n} thread", "{n} threads"))
    return parts


def _parameter(config: dict[str, Any], name: str) -> str:
    parameters = config.get("parameters")
    entry = parameters.get(name) if isinstance(parameters, dict) else None
    value = entry.get("string_value", "") if isinstance(entry, dict) else ""
    return value if isinstance(value, str) else ""


def statistics_lines(rows: Sequence[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Counts and mean times of all versions together, from `model_stats` of the extension."""
    requests = sum(_whole(row.get("inference_count")) for row in rows)
    executions = sum(_whole(row.get("execution_count")) for row in rows)
    parts = {}
    for name in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output"):
        found = [_part(row, name) for row in rows]
        parts[name] = sum(c for c, _ in found), sum(ns for _, ns in found)
    lines = [
        (tr("Inferences"), number(requests)),
        (tr("Executions"), number(executions)),
        (tr("Mean batch"), number(requests / executions, 2) if executions else "–"),
        (tr("Succeeded"), number(parts["success"][0])),
        (tr("Failed"), number(parts["fail"][0])),
    ]
    for name, title in (
        ("success", tr("Whole request, mean")),
        ("queue", tr("Queue, mean")),
        ("compute_input", tr("Input, mean")),
        ("compute_infer", tr("Inference, mean")),
        ("compute_output", tr("Output, mean")),
    ):
        many, nanoseconds = parts[name]
        mean = f"{number(nanoseconds / many / 1e6, 2)} ms" if many else "–"
        lines.append((title, mean))
    return tuple(lines)


def _part(row: dict[str, Any], name: str) -> tuple[int, int]:
    inference = row.get("inference_stats")
    part = inference.get(name) if isinstance(inference, dict) else None
    if not isinstance(part, dict):
        return 0, 0
    return _whole(part.get("count")), _whole(part.get("ns"))


def _whole(value: object) -> int:
    """A number that JSON may carry as text."""
    try:
        return int(str(value))
    except ValueError:
        return 0
