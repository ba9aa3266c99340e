"""Targets changed so that what a probe found wrong is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from backend.clients.addresses import ServerAddress, address_of
from backend.clients.dialects.rules import AddressKind
from backend.clients.faults.preflight import Preflight, Speech, preflight_grpc, preflight_http
from backend.clients.probe.questions import AddressFacts
from backend.clients.probe.report import TargetFix
from backend.core.addresses import host_port
from backend.core.errors import CertificateRefused, TargetFault, TargetUnreachable
from backend.core.target import Target, Tls
from backend.core.wording import Wording

_PREFLIGHT_S = 0.4
_REST_PORTS = (8000, 8080)
_GRPC_PORTS = (8001, 8081, 9000)

_WANTED = {AddressKind.REST: Speech.HTTP, AddressKind.GRPC: Speech.GRPC}
_OTHER = {AddressKind.REST: AddressKind.GRPC, AddressKind.GRPC: AddressKind.REST}
_NAMES = {AddressKind.REST: "REST", AddressKind.GRPC: "gRPC"}


def fixes_for(target: Target, found: Mapping[AddressKind, AddressFacts]) -> tuple[TargetFix, ...]:
    """What would help, the most likely first; may try the usual ports of the host."""
    fixes = (
        list(_schemes(target))
        or list(_swaps(target, found))
        or [
            *_tls(target, found),
            *_certificates(target, found),
            *_other_ports(target, found),
        ]
    )
    return tuple({fix.target: fix for fix in fixes}.values())


def _schemes(target: Target) -> Iterator[TargetFix]:
    """Addresses with a scheme too many or too few."""
    scheme = "http" if target.tls is None else "https"
    rest = target.rest if "://" in target.rest or not target.rest else f"{scheme}://{target.rest}"
    grpc = target.grpc.split("://", 1)[-1].rstrip("/")
    if (rest, grpc) != (target.rest, target.grpc):
        yield TargetFix(
            Wording("Write {address}", address=rest if rest != target.rest else grpc),
            replace(target, rest=rest, grpc=grpc),
        )


def _swaps(target: Target, found: Mapping[AddressKind, AddressFacts]) -> Iterator[TargetFix]:
    """Addresses at which the other address's protocol is spoken."""
    wrong = [
        kind
        for kind, one in found.items()
        if not one.report.answers and one.report.speech is _WANTED[_OTHER[kind]]
    ]
    if not wrong or (len(wrong) < len(found) and any(one.report.answers for one in found.values())):
        return
    rest, grpc = _addresses(target)
    title = (
        Wording("Swap the addresses")
        if len(found) == 2
        else Wording("Use it as {protocol}", protocol=_NAMES[_OTHER[wrong[0]]])
    )
    secure = any(found[kind].report.tls for kind in wrong)
    yield TargetFix(
        title,
        _secured(
            replace(
                target,
                rest=f"http://{host_port(grpc.host, grpc.port)}" if grpc else "",
                grpc=host_port(rest.host, rest.port) if rest else "",
            ),
            tls=secure,
        ),
    )


def _tls(target: Target, found: Mapping[AddressKind, AddressFacts]) -> Iterator[TargetFix]:
    for kind, one in found.items():
        if one.report.answers or one.report.speech is not _WANTED[kind] or one.report.tls is None:
            continue
        if one.report.tls != address_of(target, kind).secure:
            title = (
                Wording("Turn TLS on for this target")
                if one.report.tls
                else Wording("Turn TLS off for this target")
            )
            yield TargetFix(title, _secured(target, tls=one.report.tls))


def _certificates(target: Target, found: Mapping[AddressKind, AddressFacts]) -> Iterator[TargetFix]:
    """Another name to expect, and last of all no verification."""
    tls = target.tls or Tls()
    refused = [
        one.report.fault
        for one in found.values()
        if isinstance(one.report.fault, CertificateRefused)
    ]
    for fault in refused:
        names = fault.certificate.names if fault.certificate is not None else ()
        if fault.fault is TargetFault.WRONG_NAME and names:
            named = replace(tls, server_name=names[0])
            yield TargetFix(
                Wording("Expect the name {name}", name=names[0]), replace(target, tls=named)
            )
    if refused and tls.verify:
        unverified = replace(tls, verify=False)
        yield TargetFix(
            Wording("Turn certificate verification off"), replace(target, tls=unverified)
        )


def _other_ports(target: Target, found: Mapping[AddressKind, AddressFacts]) -> Iterator[TargetFix]:
    """Doors that are closed or have no address, where one is open at a usual port."""
    rest, grpc = _addresses(target)
    addresses = {AddressKind.REST: rest, AddressKind.GRPC: grpc}
    for kind in AddressKind:
        one = found.get(kind)
        if one is not None and one.report.speech not in (Speech.NOTHING, _WANTED[_OTHER[kind]]):
            continue
        known = addresses[_OTHER[kind]] or addresses[kind]
        if known is None:
            continue
        port = find_usual_port(known, kind)
        if port is None:
            continue
        at = host_port(known.host, port)
        changed = (
            replace(target, rest=f"{'https' if known.secure else 'http'}://{at}")
            if kind is AddressKind.REST
            else replace(target, grpc=at)
        )
        yield TargetFix(Wording("Use {at} for {protocol}", at=at, protocol=_NAMES[kind]), changed)


def _addresses(target: Target) -> tuple[ServerAddress | None, ServerAddress | None]:
    found = []
    for kind, address in ((AddressKind.REST, target.rest), (AddressKind.GRPC, target.grpc)):
        try:
            found.append(address_of(target, kind) if address else None)
        except TargetUnreachable:
            found.append(None)
    return found[0], found[1]


def _secured(target: Target, *, tls: bool) -> Target:
    scheme = "https" if tls else "http"
    rest = target.rest.split("://", 1)[-1]
    return replace(
        target,
        rest=f"{scheme}://{rest}" if rest else "",
        tls=(target.tls or Tls()) if tls else None,
    )


def find_usual_port(known: ServerAddress, missing: AddressKind) -> int | None:
    """A port of the known address's host where the missing address's protocol is spoken.

    The port beside the known one comes first, then the usual ones; nothing is asked of who
    answers there.
    """
    beside = known.port + (1 if missing is AddressKind.GRPC else -1)
    usual = _GRPC_PORTS if missing is AddressKind.GRPC else _REST_PORTS
    ports: list[int] = [
        port for port in dict.fromkeys((beside, *usual)) if port not in (0, known.port)
    ]
    call = preflight_grpc if missing is AddressKind.GRPC else preflight_http
    wanted = Speech.GRPC if missing is AddressKind.GRPC else Speech.HTTP
    with ThreadPoolExecutor(len(ports), "usual-port") as pool:
        preflights: list[Preflight] = list(
            pool.map(lambda port: call(known.host, port, _PREFLIGHT_S, tls=known.secure), ports)
        )
    for port, preflight in zip(ports, preflights, strict=True):
        if preflight.speech is wanted:
            return port
    return None
