"""What is behind one address of a target: first the protocol, then the server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from backend.clients import faults
from backend.clients.dialects.rules import Door
from backend.clients.faults_look import Door as LookAt
from backend.clients.faults_look import find_fault
from backend.clients.knock import Knock, Speech, knock_grpc, knock_http
from backend.clients.places import Place, place_of
from backend.clients.probe_questions import Found, ask_grpc, ask_rest, failed, remaining
from backend.clients.probe_report import DoorReport
from backend.core.addresses import host_port
from backend.core.errors import ConsoleError, TargetError, TargetUnreachable
from backend.core.target import Target, Tls

_KNOCK_S = 0.8
_WANTED = {Door.REST: Speech.HTTP, Door.GRPC: Speech.GRPC}


def look_through(target: Target, door: Door, end: float) -> Found:
    """Knock, and if the right protocol answers, ask the server; all before `end` (monotonic s)."""
    try:
        place = place_of(target, door)
    except TargetUnreachable as error:
        address = target.rest if door is Door.REST else target.grpc
        return Found(DoorReport(address, Speech.NOTHING, fault=error))
    knock, tls = _listen(place, door, end)
    if knock.speech is not _WANTED[door] or tls != place.tls:
        fault = _fault(target, place, door, knock, tls, end)
        if fault is not None:
            return Found(_report(place, knock, tls, fault))
        knock, tls = replace(knock, speech=_WANTED[door]), place.tls
    report = _report(place, knock, tls, None)
    ask = ask_rest if door is Door.REST else ask_grpc
    try:
        return ask(target, report, end)
    except ConsoleError as error:  # a file or a credential of the target that cannot be used
        return Found(failed(report, error))


def _listen(place: Place, door: Door, end: float) -> tuple[Knock, bool | None]:
    """The most telling knock, and whether it was in TLS: the one that the target promises first,
    then, if something else is there, those that would show what."""
    first, second = (knock_http, knock_grpc) if door is Door.REST else (knock_grpc, knock_http)
    limit = min(_KNOCK_S, remaining(end))
    wanted = _WANTED[door]
    knock = first(place.host, place.port, limit, tls=place.tls)
    if knock.speech in (wanted, Speech.NOTHING):
        return knock, place.tls if knock.speech is wanted else None
    tries: list[tuple[Callable[..., Knock], bool]] = [
        (first, not place.tls),
        (second, place.tls),
        (second, not place.tls),
    ]
    limit = min(_KNOCK_S, remaining(end))
    with ThreadPoolExecutor(len(tries), "knock") as pool:
        others: list[tuple[Future[Knock], bool]] = [
            (pool.submit(call, place.host, place.port, limit, tls=tls), tls) for call, tls in tries
        ]
        heard = [(knock, place.tls), *((future.result(), tls) for future, tls in others)]
    for speech in (wanted, Speech.HTTP, Speech.GRPC):
        for one, tls in heard:
            if one.speech is speech:
                return one, tls
    return knock, None


def _report(place: Place, knock: Knock, tls: bool | None, fault: ConsoleError | None) -> DoorReport:
    return DoorReport(place.address, knock.speech, tls, knock.latency_ms, fault)


def _fault(
    target: Target, place: Place, door: Door, knock: Knock, tls: bool | None, end: float
) -> TargetError | None:
    """What is wrong with an address where another protocol is spoken, or none."""
    at, grpc = host_port(place.host, place.port), door is Door.GRPC
    if knock.speech is _WANTED[door]:
        return faults.speaks_tls(at) if tls else faults.speaks_plaintext(at)
    if knock.speech in (Speech.HTTP, Speech.GRPC):
        return faults.wrong_port(at, grpc=grpc)
    tls_of = (target.tls or Tls()) if place.tls else None
    found = find_fault(LookAt(place.host, place.port, tls_of, grpc=grpc), remaining(end))
    if found is None and not place.tls:
        return faults.other_protocol(at, grpc=grpc)
    return found  # with TLS, None means that the server only wanted to see our certificate
