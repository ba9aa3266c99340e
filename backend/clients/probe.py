"""Find out, within two seconds, what is at a target: through both doors at once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from backend.clients import faults
from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import Door
from backend.clients.knock import Speech
from backend.clients.probe_doors import look_through
from backend.clients.probe_mends import mends_for
from backend.clients.probe_questions import Found
from backend.clients.probe_report import DoorReport, Mend, ProbeReport
from backend.clients.probe_words import details_of, first, models_of, sentence_of
from backend.core.target import Dialect, Target
from backend.core.worker import Worker

_NAMES = {Door.REST: "REST", Door.GRPC: "gRPC"}
_GRACE_S = 0.2


def probe(target: Target, timeout_s: float = 2.0) -> ProbeReport:
    """Knock at both addresses, ask who answers, and say what could be mended.

    Raises nothing: whatever is wrong stands in the report. Waits `timeout_s` seconds at most.
    """
    end = time.monotonic() + timeout_s
    found = _look(target, end)
    doors = list(found.values())
    metadata = first([one.metadata for one in doors])
    rules = rules_of_server(Dialect.AUTO, metadata)
    wrong = any(not one.door.answers for one in doors)
    mends: tuple[Mend, ...] = ()
    if metadata is not None and target.dialect not in (Dialect.AUTO, Dialect.OIP, rules.dialect):
        title = f"Speak to it as to {rules.title}"
        mends = (Mend(title, replace(target, dialect=rules.dialect)),)
    if (wrong or len(found) == 1) and time.monotonic() < end:
        mends += mends_for(target, found)
    return ProbeReport(
        target=target,
        rest=found[Door.REST].door if Door.REST in found else None,
        grpc=found[Door.GRPC].door if Door.GRPC in found else None,
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
        mends=mends,
    )


def _look(target: Target, end: float) -> dict[Door, Found]:
    """What is behind each address, each looked at by a thread of its own."""
    addresses = {Door.REST: target.rest, Door.GRPC: target.grpc}
    found: dict[Door, Found] = {}
    workers: dict[Door, Worker] = {}
    for door, address in addresses.items():
        if address:

            def body(_: threading.Event, door: Door = door) -> None:
                found[door] = look_through(target, door, end)

            workers[door] = Worker(f"probe-{door}", body).start()
    for worker in workers.values():
        worker.join(max(0.0, end - time.monotonic()) + _GRACE_S)
    return {door: found.get(door) or Found(_too_late(addresses[door])) for door in workers}


def _too_late(address: str) -> DoorReport:
    return DoorReport(address, Speech.SILENCE, fault=faults.no_answer(address))
