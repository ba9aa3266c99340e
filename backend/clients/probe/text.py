"""What a probe found, in a sentence and in lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from backend.clients.control import ModelListing
from backend.clients.dialects.rules import DialectRules
from backend.clients.probe.questions import AddressFacts
from backend.clients.probe.report import AddressReport
from backend.core.inference import ServerMetadata
from backend.core.target import Dialect
from backend.core.wording import Wording, joined, listed

_T = TypeVar("_T")
_SHOWN = 20
_TITLES = {"inferdeck": "Inferdeck", "torchserve": "TorchServe"}


def sentence_of(
    metadata: ServerMetadata | None, rules: DialectRules, facts: Sequence[AddressFacts]
) -> str:
    """One line, such as ``Triton 2.51, OIP + extensions, 3 models, no reflection (bundled
    schema)``; what is wrong if no server answers."""
    if metadata is None:
        faults = [str(found.report.fault) for found in facts if found.report.fault is not None]
        return joined(*faults) if faults else Wording("The target has no address.")
    parts: list[str] = [
        f"{_title(metadata, rules)} {_short(metadata.version)}".strip(),
        Wording("OIP + extensions") if metadata.extensions else "OIP",
    ]
    models = models_of(facts)
    if models is not None:
        count = len({model.name for model in models})
        parts.append(_models(count))
    reflection = first([found.reflection for found in facts])
    if reflection is not None:
        parts.append(
            Wording("reflection") if reflection else Wording("no reflection (bundled schema)")
        )
    broken = [found.report.fault.message for found in facts if found.report.fault is not None]
    return listed([listed(parts), *broken], apart=True)


def _models(count: int) -> Wording:
    if not count:
        return Wording("no models")
    return Wording("1 model") if count == 1 else Wording("{count} models", count=count)


def details_of(metadata: ServerMetadata | None, found: dict[str, AddressFacts]) -> tuple[str, ...]:
    """A line for each address, then for each thing learned."""
    lines = [_address_line(name, one.report) for name, one in found.items()]
    if metadata is not None:
        lines.append(f"Extensions: {', '.join(metadata.extensions) or 'none listed'}.")
    models = models_of(list(found.values()))
    if models is not None:
        lines.append(_models_line(models))
    for title, value in (
        ("Binary tensors over REST", first([one.binary for one in found.values()])),
        ("Reflection", first([one.reflection for one in found.values()])),
        ("gRPC health service", first([one.health for one in found.values()])),
    ):
        if value is not None:
            lines.append(f"{title}: {'yes' if value else 'no'}.")
    return (*lines, *_disagreement(found))


def models_of(facts: Sequence[AddressFacts]) -> tuple[ModelListing, ...] | None:
    """The first list of models that either address gave."""
    return first([found.models for found in facts])


def first(values: Iterable[_T | None]) -> _T | None:
    """The first value that is known."""
    return next((value for value in values if value is not None), None)


def _title(metadata: ServerMetadata, rules: DialectRules) -> str:
    if rules.dialect is not Dialect.OIP:
        return rules.title
    return _TITLES.get(metadata.name.lower(), metadata.name)


def _short(version: str) -> str:
    """2.51 for 2.51.0: a last zero tells nothing."""
    parts = version.split(".")
    return ".".join(parts[:-1]) if len(parts) == 3 and parts[-1] == "0" else version


def _models_line(models: Sequence[ModelListing]) -> str:
    named = [
        " ".join(part for part in (model.name, model.version, model.state.lower()) if part)
        for model in models[:_SHOWN]
    ]
    more = f" and {len(models) - _SHOWN} more" if len(models) > _SHOWN else ""
    return f"Models: {', '.join(named) or 'none'}{more}."


def _address_line(name: str, report: AddressReport) -> str:
    if report.fault is not None:
        return f"{name} {report.address}: {report.fault}"
    tls = "TLS" if report.tls else "plaintext"
    return f"{name} {report.address}: answers, {tls}, connected in {report.latency_ms or 0:.1f} ms."


def _disagreement(found: dict[str, AddressFacts]) -> tuple[str, ...]:
    names = {
        f"{one.metadata.name} {one.metadata.version}"
        for one in found.values()
        if one.metadata is not None
    }
    if len(names) < 2:
        return ()
    return (f"The two addresses are different servers: {' and '.join(sorted(names))}.",)
