"""What is behind one address of a target: first the protocol, then the server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from backend.clients.addresses import ServerAddress, address_of
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.clients.faults.diagnosis import find_fault
from backend.clients.faults.preflight import Preflight, Speech, preflight_grpc, preflight_http
from backend.clients.probe.questions import AddressFacts, ask_grpc, ask_rest, failed, remaining
from backend.clients.probe.report import AddressReport
from backend.core.errors import ConsoleError, TargetError, TargetUnreachable
from backend.core.target import Target

_PREFLIGHT_S = 0.8
_WANTED = {AddressKind.REST: Speech.HTTP, AddressKind.GRPC: Speech.GRPC}


def examine(target: Target, kind: AddressKind, end: float) -> AddressFacts:
    """Preflight first, then the questions if the right protocol is spoken; before `end` (monotonic
    seconds)."""
    try:
        address = address_of(target, kind)
    except TargetUnreachable as error:
        text = target.rest if kind is AddressKind.REST else target.grpc
        return AddressFacts(AddressReport(text, Speech.NOTHING, fault=error))
    preflight, tls = _most_telling(address, end)
    if preflight.speech is not _WANTED[kind] or tls != address.secure:
        fault = _fault(address, preflight, tls, end)
        if fault is not None:
            return AddressFacts(_report(address, preflight, tls, fault))
        preflight, tls = replace(preflight, speech=_WANTED[kind]), address.secure
    report = _report(address, preflight, tls, None)
    ask = ask_rest if kind is AddressKind.REST else ask_grpc
    try:
        return ask(target, report, end)
    except ConsoleError as error:  # a file or a credential of the target that cannot be used
        return AddressFacts(failed(report, error))


def _most_telling(address: ServerAddress, end: float) -> tuple[Preflight, bool | None]:
    """The most telling preflight, and whether it was in TLS: the one that the target promises
    first, then, if something else is there, those that would show what."""
    first, second = (
        (preflight_grpc, preflight_http) if address.grpc else (preflight_http, preflight_grpc)
    )
    limit = min(_PREFLIGHT_S, remaining(end))
    wanted, secure = _WANTED[address.kind], address.secure
    preflight = first(address.host, address.port, limit, tls=secure)
    if preflight.speech in (wanted, Speech.NOTHING):
        return preflight, secure if preflight.speech is wanted else None
    tries: list[tuple[Callable[..., Preflight], bool]] = [
        (first, not secure),
        (second, secure),
        (second, not secure),
    ]
    limit = min(_PREFLIGHT_S, remaining(end))
    with ThreadPoolExecutor(len(tries), "preflight") as pool:
        others: list[tuple[Future[Preflight], bool]] = [
            (pool.submit(call, address.host, address.port, limit, tls=tls), tls)
            for call, tls in tries
        ]
        found = [(preflight, secure), *((future.result(), tls) for future, tls in others)]
    for speech in (wanted, Speech.HTTP, Speech.GRPC):
        for one, tls in found:
            if one.speech is speech:
                return one, tls
    return preflight, None


def _report(
    address: ServerAddress, preflight: Preflight, tls: bool | None, fault: ConsoleError | None
) -> AddressReport:
    return AddressReport(address.text, preflight.speech, tls, preflight.latency_ms, fault)


def _fault(
    address: ServerAddress, preflight: Preflight, tls: bool | None, end: float
) -> TargetError | None:
    """What is wrong with an address where another protocol is spoken, or none."""
    at, grpc = address.at, address.grpc
    if preflight.speech is _WANTED[address.kind]:
        return faults.speaks_tls(at) if tls else faults.speaks_plaintext(at)
    if preflight.speech in (Speech.HTTP, Speech.GRPC):
        return faults.wrong_port(at, grpc=grpc)
    found = find_fault(address, remaining(end))
    if found is None and not address.secure:
        return faults.other_protocol(at, grpc=grpc)
    return found  # with TLS, None means that the server only wanted to see our certificate
