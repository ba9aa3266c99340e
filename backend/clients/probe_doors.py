"""What is behind one address of a target: first the protocol, then the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from backend.clients import faults
from backend.clients.binary_probe import takes_binary
from backend.clients.control_grpc import GrpcControl
from backend.clients.control_rest import RestControl
from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import Capability, Door
from backend.clients.faults_look import Door as LookAt
from backend.clients.faults_look import find_fault
from backend.clients.fingerprints import recognise
from backend.clients.grpc_extras import has_health, has_reflection
from backend.clients.knock import Knock, Speech, knock_grpc, knock_http
from backend.clients.listings import ModelListing
from backend.clients.open_channels import grpc_channel, rest_channel
from backend.clients.probe_report import DoorReport
from backend.clients.rest_channel import RestChannel
from backend.core.errors import (
    ConsoleError,
    RequestError,
    TargetError,
    TargetUnreachable,
    Unsupported,
)
from backend.core.inference import BINARY_EXTENSION, ServerMetadata
from backend.core.target import Target, Tls

_KNOCK_S = 0.8
_LEAST_S = 0.05
_WANTED = {Door.REST: Speech.HTTP, Door.GRPC: Speech.GRPC}


@dataclass(frozen=True, slots=True)
class Found:
    """A door and what was heard through it."""

    door: DoorReport
    metadata: ServerMetadata | None = None
    models: tuple[ModelListing, ...] | None = None
    binary: bool | None = None
    reflection: bool | None = None
    health: bool | None = None
    foreign: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a door is: `tls` is what the target says of it."""

    address: str
    host: str
    port: int
    tls: bool


def place_of(target: Target, door: Door) -> Place:
    """The host and port of an address; raises TargetUnreachable if it is none."""
    if door is Door.REST:
        address = target.rest
        parts = urlsplit(address if "://" in address else f"http://{address}")
        tls = parts.scheme == "https"
    else:
        address = target.grpc
        parts = urlsplit(f"//{address}")
        tls = target.tls is not None
    try:
        port = parts.port or (443 if tls else 80)
    except ValueError:
        port = 0
    if not parts.hostname or not port:
        raise faults.bad_address(address, "HOST:PORT")
    return Place(address, parts.hostname, port, tls)


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
    ask = _ask_rest if door is Door.REST else _ask_grpc
    try:
        return ask(target, report, end)
    except ConsoleError as error:  # a file or a credential of the target that cannot be used
        return Found(_failed(report, error))


def remaining(end: float) -> float:
    """Seconds left until `end`, never quite none."""
    return max(_LEAST_S, end - time.monotonic())


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
    at, grpc = f"{place.host}:{place.port}", door is Door.GRPC
    if knock.speech is _WANTED[door]:
        return faults.speaks_tls(at) if tls else faults.speaks_plaintext(at)
    if knock.speech in (Speech.HTTP, Speech.GRPC):
        return faults.wrong_port(at, grpc=grpc)
    tls_of = (target.tls or Tls()) if place.tls else None
    found = find_fault(LookAt(place.host, place.port, tls_of, grpc=grpc), remaining(end))
    if found is None and not place.tls:
        return faults.other_protocol(at, grpc=grpc)
    return found  # with TLS, None means that the server only wanted to see our certificate


def _ask_rest(target: Target, report: DoorReport, end: float) -> Found:
    channel = rest_channel(target)
    try:
        control = RestControl(channel, remaining(end))
        try:
            metadata = control.server_metadata()
        except RequestError as error:
            return _foreign(channel, report, error, end)
        except ConsoleError as error:
            return Found(_failed(report, error))
        if not metadata.name:
            return _foreign(channel, report, _no_metadata(report), end)
        rules = rules_of_server(target.dialect, metadata)
        control = RestControl(channel, remaining(end))
        why = rules.why_not(Capability.INDEX, door=Door.REST, extensions=metadata.extensions)
        models = None if why else _models(lambda: control.models(rules))
        ready = next((m.name for m in models or () if m.state in ("READY", "")), "")
        binary = True if BINARY_EXTENSION in metadata.extensions else None
        if binary is None and ready:
            binary = _binary(channel, ready, end)
        return Found(report, metadata, models, binary)
    finally:
        channel.close()


def _ask_grpc(target: Target, report: DoorReport, end: float) -> Found:
    channel = grpc_channel(target)
    try:
        control = GrpcControl(channel, remaining(end))
        try:
            metadata = control.server_metadata()
        except Unsupported as error:
            foreign = Unsupported(
                f"{report.address} speaks gRPC, but has no Open Inference Protocol: "
                f"{error.message}",
                hint="Its own services can be called by reflection or a .proto file.",
            )
            reflection = has_reflection(channel, remaining(end))
            return Found(_failed(report, foreign), reflection=reflection)
        except ConsoleError as error:
            return Found(_failed(report, error))
        rules = rules_of_server(target.dialect, metadata)
        control = GrpcControl(channel, remaining(end))
        why = rules.why_not(Capability.INDEX, door=Door.GRPC, extensions=metadata.extensions)
        models = None if why else _models(lambda: control.models(rules))
        health = has_health(channel, remaining(end))
        reflection = has_reflection(channel, remaining(end))
        return Found(report, metadata, models, None, reflection, health)
    finally:
        channel.close()


def _models(ask: Callable[[], tuple[ModelListing, ...]]) -> tuple[ModelListing, ...] | None:
    """The list, or None from a server that gives none."""
    try:
        return ask()
    except ConsoleError:
        return None


def _binary(channel: RestChannel, model: str, end: float) -> bool | None:
    try:
        return takes_binary(channel, model, remaining(end))
    except ConsoleError:
        return None


def _foreign(channel: RestChannel, report: DoorReport, error: ConsoleError, end: float) -> Found:
    """An HTTP server without our protocol: who is it?"""
    server = recognise(channel, remaining(end))
    who = f"is {server}" if server else "answers HTTP"
    fault = Unsupported(
        f"{report.address} {who}, but has no Open Inference Protocol at /v2.", hint=error.message
    )
    return Found(_failed(report, fault), foreign=server)


def _no_metadata(report: DoorReport) -> ConsoleError:
    return Unsupported(f"{report.address}/v2 is not a server's description.")


def _failed(report: DoorReport, fault: ConsoleError) -> DoorReport:
    return replace(report, fault=fault)
