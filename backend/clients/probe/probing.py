"""Find out, within two seconds, what is at a target: at both addresses at once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.faults.preflight import Speech
from backend.clients.probe.address import examine
from backend.clients.probe.fixes import fixes_for
from backend.clients.probe.questions import AddressFacts
from backend.clients.probe.report import AddressReport, ProbeReport, TargetFix
from backend.clients.probe.text import details_of, first, models_of, sentence_of
from backend.core.defaults import PROBE_TIMEOUT_S
from backend.core.target import Dialect, Target
from backend.core.worker import Worker

_NAMES = {AddressKind.REST: "REST", AddressKind.GRPC: "gRPC"}
_GRACE_S = 0.2


def probe(target: Target, timeout_s: float = PROBE_TIMEOUT_S) -> ProbeReport:
    """Preflight at both addresses, ask who answers, and say how it could be put right.

    Raises nothing: whatever is wrong stands in the report. Waits `timeout_s` seconds at most.
    """
    end = time.monotonic() + timeout_s
    found = _examine_all(target, end)
    facts = list(found.values())
    metadata = first([one.metadata for one in facts])
    rules = rules_of_server(Dialect.AUTO, metadata)
    wrong = any(not one.report.answers for one in facts)
    fixes: tuple[TargetFix, ...] = ()
    if metadata is not None and target.dialect not in (Dialect.AUTO, Dialect.OIP, rules.dialect):
        title = f"Speak to it as to {rules.title}"
        fixes = (TargetFix(title, replace(target, dialect=rules.dialect)),)
    if (wrong or len(found) == 1) and time.monotonic() < end:
        fixes += fixes_for(target, found)
    return ProbeReport(
        target=target,
        rest=found[AddressKind.REST].report if AddressKind.REST in found else None,
        grpc=found[AddressKind.GRPC].report if AddressKind.GRPC in found else None,
        server_name=metadata.name if metadata else first([o.foreign or None for o in facts]) or "",
        version=metadata.version if metadata else "",
        dialect=rules.dialect,
        rules=rules,
        extensions=metadata.extensions if metadata else (),
        models=models_of(facts),
        binary=first([one.binary for one in facts]),
        reflection=first([one.reflection for one in facts]),
        health=first([one.health for one in facts]),
        sentence=sentence_of(metadata, rules, facts),
        details=details_of(metadata, {_NAMES[kind]: one for kind, one in found.items()}),
        fixes=fixes,
    )


def _examine_all(target: Target, end: float) -> dict[AddressKind, AddressFacts]:
    """What is behind each address, each examined by a thread of its own."""
    addresses = {AddressKind.REST: target.rest, AddressKind.GRPC: target.grpc}
    found: dict[AddressKind, AddressFacts] = {}
    workers: dict[AddressKind, Worker] = {}
    for kind, address in addresses.items():
        if address:

            def body(_: threading.Event, kind: AddressKind = kind) -> None:
                found[kind] = examine(target, kind, end)

            workers[kind] = Worker(f"probe-{kind}", body).start()
    for worker in workers.values():
        worker.join(max(0.0, end - time.monotonic()) + _GRACE_S)
    return {kind: found.get(kind) or AddressFacts(_too_late(addresses[kind])) for kind in workers}


def _too_late(address: str) -> AddressReport:
    return AddressReport(address, Speech.SILENCE, fault=faults.no_answer(address))
