"""What a probe found at a target, and how a wrong target could be put right."""

from __future__ import annotations

from dataclasses import dataclass

from backend.clients.control import ModelListing
from backend.clients.dialects.rules import DialectRules
from backend.clients.faults.preflight import Speech
from backend.core.errors import ConsoleError
from backend.core.target import Dialect, Target


@dataclass(frozen=True, slots=True)
class TargetFix:
    """A way to make a target right: what a button would say, and the changed target."""

    title: str
    target: Target


@dataclass(frozen=True, slots=True)
class AddressReport:
    """One of the two addresses.

    `fault` says what is wrong, None if an inference server spoke through it.
    `speech` is the protocol that was spoken, `tls` whether it was in TLS, None if none was.
    `latency_ms` is the time to connect, in TLS with its handshake.
    """

    address: str
    speech: Speech
    tls: bool | None = None
    latency_ms: float | None = None
    fault: ConsoleError | None = None

    @property
    def answers(self) -> bool:
        """Whether an inference server spoke through it."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All that was found within the time.

    `dialect` and `rules` are those of the server that was met, whatever the target says.
    None stands for what is not known: an address that is not given, `binary` (tensors as bytes over
    REST) where no model could be asked, `health` (a gRPC health service) and `reflection` without
    a gRPC address, `models` of a server that lists none.
    """

    target: Target
    rest: AddressReport | None
    grpc: AddressReport | None
    server_name: str
    version: str
    dialect: Dialect
    rules: DialectRules
    extensions: tuple[str, ...]
    models: tuple[ModelListing, ...] | None
    binary: bool | None
    reflection: bool | None
    health: bool | None
    sentence: str
    details: tuple[str, ...]
    fixes: tuple[TargetFix, ...]

    @property
    def answers(self) -> bool:
        """Whether an inference server was found at either address."""
        return any(report is not None and report.answers for report in (self.rest, self.grpc))
