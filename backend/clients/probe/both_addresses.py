"""Find out, within two seconds, what is at a target: through both doors at once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.faults.preflight import Speech
from backend.clients.probe.address import look_through
from backend.clients.probe.fixes import fixes_for
from backend.clients.probe.questions import AddressFacts
from backend.clients.probe.report import AddressReport, ProbeReport, TargetFix
from backend.clients.probe.words import details_of, first, models_of, sentence_of
from backend.core.defaults import PROBE_TIMEOUT_S
from backend.core.target import Dialect, Target
from backend.core.worker import Worker

_NAMES = {AddressKind.REST: "REST", AddressKind.GRPC: "gRPC"}
_GRACE_S = 0.2


def probe(target: Target, timeout_s: float = PROBE_TIMEOUT_S) -> ProbeReport:
    """Preflight at both addresses, ask who answers, and say what could be mended.

    Raises nothing: whatever is wrong stands in the report. Waits `timeout_s` seconds at most.
    """
    end = time.monotonic() + timeout_s
    found = _look(target, end)
    doors = list(found.values())
    metadata = first([one.metadata for one in doors])
    rules = rules_of_server(Dialect.AUTO, metadata)
    wrong = any(not one.door.answers for one in doors)
    fixes: tuple[TargetFix, ...] = ()
    if metadata is not None and target.dialect not in (Dialect.AUTO, Dialect.OIP, rules.dialect):
        title = f"Speak to it as to {rules.title}"
        fixes = (TargetFix(title, replace(target, dialect=rules.dialect)),)
    if (wrong or len(found) == 1) and time.monotonic() < end:
        fixes += fixes_for(target, found)
    return ProbeReport(
        target=target,
        rest=found[AddressKind.REST].door if AddressKind.REST in found else None,
        grpc=found[AddressKind.GRPC].door if AddressKind.GRPC in found else None,
        server_name=metadata.name if metadata else first([o.foreign or None for o in doors]) or "",
        version=metadata.version if metadata else "",
        dialect=rules.dialect,
        rules=rules,
        extensions=metadata.extensions if metadata else (),
        models=models_of(doors),
        binary=first([one.binary for one in doors]),
        reflection=first([one.reflection for one in doors]),
        health=first([one.health for one in doors]),
        sentence=sentence_of(metadata, rules, doors),
        details=details_of(metadata, {_NAMES[door]: one for door, one in found.items()}),
        fixes=fixes,
    )


def _look(target: Target, end: float) -> dict[AddressKind, AddressFacts]:
    """What is behind each address, each looked at by a thread of its own."""
    addresses = {AddressKind.REST: target.rest, AddressKind.GRPC: target.grpc}
    found: dict[AddressKind, AddressFacts] = {}
    workers: dict[AddressKind, Worker] = {}
    for door, address in addresses.items():
        if address:

            def body(_: threading.Event, door: AddressKind = door) -> None:
                found[door] = look_through(target, door, end)

            workers[door] = Worker(f"probe-{door}", body).start()
    for worker in workers.values():
        worker.join(max(0.0, end - time.monotonic()) + _GRACE_S)
    return {door: found.get(door) or AddressFacts(_too_late(addresses[door])) for door in workers}


def _too_late(address: str) -> AddressReport:
    return AddressReport(address, Speech.SILENCE, fault=faults.no_answer(address))
