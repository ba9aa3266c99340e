"""What is behind one address of a target: first the protocol, then the server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from backend.clients.connections.addresses import TargetAddress, address_of
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.faults.look import ProbedAddress as LookAt
from backend.clients.faults.look import find_fault
from backend.clients.faults.preflight import Preflight, Speech, preflight_grpc, preflight_http
from backend.clients.probe.questions import AddressFacts, ask_grpc, ask_rest, failed, remaining
from backend.clients.probe.report import AddressReport
from backend.core.addresses import host_port
from backend.core.errors import ConsoleError, TargetError, TargetUnreachable
from backend.core.target import Target, Tls

_KNOCK_S = 0.8
_WANTED = {AddressKind.REST: Speech.HTTP, AddressKind.GRPC: Speech.GRPC}


def look_through(target: Target, door: AddressKind, end: float) -> AddressFacts:
    """Look first, then ask the server if the right protocol answers; before `end` (monotonic s)."""
    try:
        place = address_of(target, door)
    except TargetUnreachable as error:
        address = target.rest if door is AddressKind.REST else target.grpc
        return AddressFacts(AddressReport(address, Speech.NOTHING, fault=error))
    preflight, tls = _listen(place, door, end)
    if preflight.speech is not _WANTED[door] or tls != place.tls:
        fault = _fault(target, place, door, preflight, tls, end)
        if fault is not None:
            return AddressFacts(_report(place, preflight, tls, fault))
        preflight, tls = replace(preflight, speech=_WANTED[door]), place.tls
    report = _report(place, preflight, tls, None)
    ask = ask_rest if door is AddressKind.REST else ask_grpc
    try:
        return ask(target, report, end)
    except ConsoleError as error:  # a file or a credential of the target that cannot be used
        return AddressFacts(failed(report, error))


def _listen(place: TargetAddress, door: AddressKind, end: float) -> tuple[Preflight, bool | None]:
    """The most telling knock, and whether it was in TLS: the one that the target promises first,
    then, if something else is there, those that would show what."""
    first, second = (
        (preflight_http, preflight_grpc)
        if door is AddressKind.REST
        else (preflight_grpc, preflight_http)
    )
    limit = min(_KNOCK_S, remaining(end))
    wanted = _WANTED[door]
    preflight = first(place.host, place.port, limit, tls=place.tls)
    if preflight.speech in (wanted, Speech.NOTHING):
        return preflight, place.tls if preflight.speech is wanted else None
    tries: list[tuple[Callable[..., Preflight], bool]] = [
        (first, not place.tls),
        (second, place.tls),
        (second, not place.tls),
    ]
    limit = min(_KNOCK_S, remaining(end))
    with ThreadPoolExecutor(len(tries), "knock") as pool:
        others: list[tuple[Future[Preflight], bool]] = [
            (pool.submit(call, place.host, place.port, limit, tls=tls), tls) for call, tls in tries
        ]
        heard = [(preflight, place.tls), *((future.result(), tls) for future, tls in others)]
    for speech in (wanted, Speech.HTTP, Speech.GRPC):
        for one, tls in heard:
            if one.speech is speech:
                return one, tls
    return preflight, None


def _report(
    place: TargetAddress, preflight: Preflight, tls: bool | None, fault: ConsoleError | None
) -> AddressReport:
    return AddressReport(place.address, preflight.speech, tls, preflight.latency_ms, fault)


def _fault(
    target: Target,
    place: TargetAddress,
    door: AddressKind,
    preflight: Preflight,
    tls: bool | None,
    end: float,
) -> TargetError | None:
    """What is wrong with an address where another protocol is spoken, or none."""
    at, grpc = host_port(place.host, place.port), door is AddressKind.GRPC
    if preflight.speech is _WANTED[door]:
        return faults.speaks_tls(at) if tls else faults.speaks_plaintext(at)
    if preflight.speech in (Speech.HTTP, Speech.GRPC):
        return faults.wrong_port(at, grpc=grpc)
    tls_of = (target.tls or Tls()) if place.tls else None
    found = find_fault(LookAt(place.host, place.port, tls_of, grpc=grpc), remaining(end))
    if found is None and not place.tls:
        return faults.other_protocol(at, grpc=grpc)
    return found  # with TLS, None means that the server only wanted to see our certificate
