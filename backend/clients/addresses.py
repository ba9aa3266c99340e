"""Where a target's two addresses lead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.clients.dialects.rules import AddressKind
from backend.core.addresses import host_port
from backend.core.errors import TargetFault, TargetUnreachable
from backend.core.target import Target, Tls
from backend.core.wording import Wording

_PORTS = {"http": 80, "https": 443}
_PREFIX = re.compile(r"[\x21-\x7e]*")
_FORMS = {AddressKind.REST: "http://HOST:PORT", AddressKind.GRPC: "HOST:PORT"}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One of a target's addresses: `text` as it was given, and what it means.

    `tls` is None for plaintext. `prefix` stands before every path over REST.
    """

    kind: AddressKind
    text: str
    host: str
    port: int
    tls: Tls | None
    prefix: str = ""

    @property
    def at(self) -> str:
        """host:port."""
        return host_port(self.host, self.port)

    @property
    def grpc(self) -> bool:
        """Whether gRPC is to be spoken there."""
        return self.kind is AddressKind.GRPC

    @property
    def secure(self) -> bool:
        """Whether it is in TLS."""
        return self.tls is not None

    @property
    def authority(self) -> str:
        """The Host header over REST: without the port where it is the usual one."""
        usual = _PORTS["https" if self.secure else "http"]
        return self.at.removesuffix(f":{self.port}") if self.port == usual else self.at


def address_of(target: Target, kind: AddressKind) -> ServerAddress:
    """What a target's address means; raises TargetUnreachable for one that is none."""
    return _rest_address(target) if kind is AddressKind.REST else _grpc_address(target)


def bad_address(text: str, kind: AddressKind) -> TargetUnreachable:
    """Not an address at all."""
    return TargetUnreachable(
        Wording("'{text}' is not an address.", text=text),
        hint=Wording("Use {form}.", form=_FORMS[kind]),
        fault=TargetFault.BAD_ADDRESS,
    )


def _rest_address(target: Target) -> ServerAddress:
    try:
        parts = urlsplit(target.rest)
        port = parts.port
    except ValueError:
        raise bad_address(target.rest, AddressKind.REST) from None
    if parts.scheme not in _PORTS or not parts.hostname or not _PREFIX.fullmatch(parts.path):
        raise bad_address(target.rest, AddressKind.REST)
    tls = (target.tls or Tls()) if parts.scheme == "https" else None
    return ServerAddress(
        AddressKind.REST,
        target.rest,
        parts.hostname,
        port or _PORTS[parts.scheme],
        tls,
        parts.path.rstrip("/"),
    )


def _grpc_address(target: Target) -> ServerAddress:
    try:
        parts = urlsplit(f"//{target.grpc}")
        port = parts.port
    except ValueError:
        raise bad_address(target.grpc, AddressKind.GRPC) from None
    if not parts.hostname or not port or "/" in target.grpc:
        raise bad_address(target.grpc, AddressKind.GRPC)
    return ServerAddress(AddressKind.GRPC, target.grpc, parts.hostname, port, target.tls)
