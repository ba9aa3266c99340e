"""What a server tells of itself and its models, and the models' loading, through either address."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from backend.clients.connections.grpc import GrpcConnection
from backend.clients.connections.rest import RestConnection
from backend.clients.control.grpc import GrpcControl
from backend.clients.control.listings import ModelListing, describe
from backend.clients.control.rest import RestControl
from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import AddressKind, Capability, DialectRules, Versions
from backend.core.description import ModelDescription
from backend.core.errors import InvalidInput, TargetUnreachable, Unsupported, UsageError
from backend.core.inference import ModelMetadata, ServerMetadata
from backend.core.target import Dialect, Target
from backend.wire.oip.cluster import EXTENSION, ClusterStatus

_T = TypeVar("_T")


class _Control(Protocol):
    def server_metadata(self) -> ServerMetadata: ...
    def ready(self, rules: DialectRules, name: str, version: str) -> bool: ...
    def models(self, rules: DialectRules) -> tuple[ModelListing, ...]: ...
    def model_metadata(self, name: str, version: str) -> ModelMetadata: ...
    def model_config(self, name: str, version: str) -> dict[str, Any]: ...
    def statistics(self, name: str, version: str) -> list[dict[str, Any]]: ...
    def load(self, rules: DialectRules, name: str, config: str) -> None: ...
    def unload(self, rules: DialectRules, name: str) -> None: ...


class ServerControlClient:
    """Asks and controls a server; safe to use from several threads.

    Each call takes the first address that has it, REST before gRPC, and the other one if the first
    cannot be reached. Beside what is said at each method, any may raise TargetError, a
    RequestError with the server's own words, or Unsupported with the reason where this kind of
    server cannot do it.
    """

    def __init__(
        self, target: Target, dialect: Dialect = Dialect.AUTO, *, deadline_s: float | None = None
    ) -> None:
        if not (target.rest or target.grpc):
            raise UsageError(f"Target '{target.name}' has no address.")
        limit = target.deadline_s if deadline_s is None else deadline_s
        self._wanted = target.dialect if dialect is Dialect.AUTO else dialect
        self._rest = RestConnection(target) if target.rest else None
        self._grpc = GrpcConnection(target) if target.grpc else None
        self._controls: dict[AddressKind, _Control] = {}
        if self._rest is not None:
            self._controls[AddressKind.REST] = RestControl(self._rest, limit)
        if self._grpc is not None:
            self._controls[AddressKind.GRPC] = GrpcControl(self._grpc, limit)
        self._lock = threading.Lock()
        self._metadata: ServerMetadata | None = None

    def server_metadata(self) -> ServerMetadata:
        """The server's name, version and extensions; asked once."""
        with self._lock:
            if self._metadata is None:
                self._metadata = self._first(self._controls, lambda it: it.server_metadata())
            return self._metadata

    def rules(self) -> DialectRules:
        """The rules of the dialect in use; with AUTO the server is asked who it is."""
        return rules_of_server(self._wanted, self.server_metadata())

    def why_not(self, capability: Capability) -> str:
        """Why this server cannot do that at any of the target's addresses, or ''."""
        rules, extensions = self.rules(), self.server_metadata().extensions
        reasons = [
            rules.why_not(capability, address=kind, extensions=extensions)
            for kind in self._controls
        ]
        return "" if "" in reasons else reasons[0]

    def models(self) -> tuple[ModelListing, ...]:
        """Every model that the server lists, one line for each version."""
        rules = self.rules()
        return self._do(Capability.INDEX, lambda it: it.models(rules))

    def model_metadata(self, name: str, version: str = "") -> ModelDescription:
        """Inputs, outputs, versions and platform; raises NotFound for an unknown model."""
        self._check_version(version)
        return describe(self._first(self._controls, lambda it: it.model_metadata(name, version)))

    def model_config(self, name: str, version: str = "") -> dict[str, Any] | None:
        """The configuration in the words of config.pbtxt, None where a server shows none."""
        if self.why_not(Capability.CONFIG):
            return None
        self._check_version(version)
        return self._do(Capability.CONFIG, lambda it: it.model_config(name, version))

    def statistics(self, name: str = "", version: str = "") -> list[dict[str, Any]]:
        """Counts and durations of one model, or of all: `model_stats` of the extension."""
        return self._do(Capability.STATISTICS, lambda it: it.statistics(name, version))

    def cluster(self) -> ClusterStatus | None:
        """The nodes and replicas, over REST only; None where a server has, or tells, none."""
        control = self._controls.get(AddressKind.REST)
        if not isinstance(control, RestControl):
            return None
        if EXTENSION not in self.server_metadata().extensions:
            return None
        return control.cluster()

    def load(self, name: str, config: Mapping[str, Any] | None = None) -> None:
        """Load a model, or load it anew; `config` replaces its configuration."""
        rules = self.rules()
        if config and (reason := self.why_not(Capability.LOAD_CONFIG)):
            raise Unsupported(reason)
        text = json.dumps(config) if config else ""
        self._do(Capability.LOAD, lambda it: it.load(rules, name, text))

    def unload(self, name: str) -> None:
        """Unload a model; a server may finish what it computes first."""
        rules = self.rules()
        self._do(Capability.LOAD, lambda it: it.unload(rules, name))

    def ready(self, name: str, version: str = "") -> bool:
        """Whether the model takes requests now; False also for one that is not known."""
        self._check_version(version)
        rules = self.rules()
        return self._first(self._controls, lambda it: it.ready(rules, name, version))

    def close(self) -> None:
        """End every call under way; may be called twice."""
        if self._rest is not None:
            self._rest.close()
        if self._grpc is not None:
            self._grpc.close()

    def _check_version(self, version: str) -> None:
        if not version:
            return
        rules = self.rules()
        if reason := rules.why_not(Capability.VERSIONS):
            raise Unsupported(reason)
        if rules.versions is Versions.NUMBERS and not version.isdigit():
            raise InvalidInput(f"A version of {rules.title} is a number, got '{version}'.")

    def _do(self, capability: Capability, call: Callable[[_Control], _T]) -> _T:
        rules, extensions = self.rules(), self.server_metadata().extensions
        able = {
            kind: control
            for kind, control in self._controls.items()
            if not rules.why_not(capability, address=kind, extensions=extensions)
        }
        if not able:
            raise Unsupported(self.why_not(capability))
        return self._first(able, call)

    @staticmethod
    def _first(controls: Mapping[AddressKind, _Control], call: Callable[[_Control], _T]) -> _T:
        """What the first address answers; the next one is tried if nobody is there."""
        *others, last = controls.values()
        for control in others:
            try:
                return call(control)
            except TargetUnreachable:
                continue
        return call(last)
