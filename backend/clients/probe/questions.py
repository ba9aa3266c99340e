"""What a server is asked at an address where the right protocol is spoken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.clients.connections.grpc import GrpcConnection, has_health, has_reflection
from backend.clients.connections.rest import RestConnection, takes_binary
from backend.clients.control import GrpcControl, ModelListing, RestControl
from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import AddressKind, Capability
from backend.clients.probe.fingerprints import recognise
from backend.clients.probe.report import AddressReport
from backend.core.choices import Serialization
from backend.core.errors import ConsoleError, ReplyMismatch, RequestError, Unsupported
from backend.core.inference import ServerMetadata
from backend.core.target import Target

_LEAST_S = 0.05


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """An address and what was learned there."""

    report: AddressReport
    metadata: ServerMetadata | None = None
    models: tuple[ModelListing, ...] | None = None
    binary: bool | None = None
    reflection: bool | None = None
    health: bool | None = None
    foreign: str = ""


def remaining(end: float) -> float:
    """Seconds left until `end`, never quite none."""
    return max(_LEAST_S, end - time.monotonic())


def ask_rest(target: Target, report: AddressReport, end: float) -> AddressFacts:
    """Who it is, its models, and whether it takes binary tensors; all before `end`."""
    connection = RestConnection(target)
    try:
        control = RestControl(connection, remaining(end))
        try:
            metadata = control.server_metadata()
        except (RequestError, ReplyMismatch) as error:
            return _foreign(connection, report, error, end)
        except ConsoleError as error:
            return AddressFacts(failed(report, error))
        if not metadata.name:
            return _foreign(connection, report, _no_metadata(report), end)
        rules = rules_of_server(target.dialect, metadata)
        control = RestControl(connection, remaining(end))
        why = rules.why_not(
            Capability.INDEX, address=AddressKind.REST, extensions=metadata.extensions
        )
        models = None if why else _models(lambda: control.models(rules))
        ready = next((m.name for m in models or () if m.state in ("READY", "")), "")
        binary = True if Serialization.BINARY.extension in metadata.extensions else None
        if binary is None and ready:
            binary = _binary(connection, ready, end)
        return AddressFacts(report, metadata, models, binary)
    finally:
        connection.close()


def ask_grpc(target: Target, report: AddressReport, end: float) -> AddressFacts:
    """Who it is, its models, health and reflection; all before `end`."""
    connection = GrpcConnection(target)
    try:
        control = GrpcControl(connection, remaining(end))
        try:
            metadata = control.server_metadata()
        except Unsupported as error:
            foreign = Unsupported(
                f"{report.address} speaks gRPC, but has no Open Inference Protocol: "
                f"{error.message}",
                hint="Its own services can be called by reflection or a .proto file.",
            )
            reflection = has_reflection(connection, remaining(end))
            return AddressFacts(failed(report, foreign), reflection=reflection)
        except ConsoleError as error:
            return AddressFacts(failed(report, error))
        rules = rules_of_server(target.dialect, metadata)
        control = GrpcControl(connection, remaining(end))
        why = rules.why_not(
            Capability.INDEX, address=AddressKind.GRPC, extensions=metadata.extensions
        )
        models = None if why else _models(lambda: control.models(rules))
        health = has_health(connection, remaining(end))
        reflection = has_reflection(connection, remaining(end))
        return AddressFacts(report, metadata, models, None, reflection, health)
    finally:
        connection.close()


def _models(ask: Callable[[], tuple[ModelListing, ...]]) -> tuple[ModelListing, ...] | None:
    """The list, or None from a server that gives none."""
    try:
        return ask()
    except ConsoleError:
        return None


def _binary(connection: RestConnection, model: str, end: float) -> bool | None:
    try:
        return takes_binary(connection, model, remaining(end))
    except ConsoleError:
        return None


def _foreign(
    connection: RestConnection, report: AddressReport, error: ConsoleError, end: float
) -> AddressFacts:
    """An HTTP server without our protocol: who is it?"""
    server = recognise(connection, end)
    who = f"is {server}" if server else "answers HTTP"
    fault = Unsupported(
        f"{report.address} {who}, but has no Open Inference Protocol at /v2.", hint=error.message
    )
    return AddressFacts(failed(report, fault), foreign=server)


def _no_metadata(report: AddressReport) -> ConsoleError:
    return Unsupported(f"{report.address}/v2 is not a server's description.")


def failed(report: AddressReport, fault: ConsoleError) -> AddressReport:
    """The address with what is wrong with it."""
    return replace(report, fault=fault)
