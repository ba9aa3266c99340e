"""Where a target's two addresses lead."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from backend.clients.dialects.rules import AddressKind
from backend.clients.faults import words as faults
from backend.core.target import Target


@dataclass(frozen=True, slots=True)
class TargetAddress:
    """Where a door is: `tls` is what the target says of it."""

    address: str
    host: str
    port: int
    tls: bool


def address_of(target: Target, door: AddressKind) -> TargetAddress:
    """The host and port of an address; raises TargetUnreachable if it is none."""
    address = target.rest if door is AddressKind.REST else target.grpc
    form = "http://HOST:PORT" if door is AddressKind.REST else "HOST:PORT"
    try:
        parts = urlsplit(address if door is AddressKind.REST else f"//{address}")
        tls = parts.scheme == "https" if door is AddressKind.REST else target.tls is not None
        port = parts.port or (443 if tls else 80)
    except ValueError:
        raise faults.bad_address(address, form) from None
    wrong = parts.scheme not in ("http", "https") if door is AddressKind.REST else "/" in address
    if wrong or not parts.hostname:
        raise faults.bad_address(address, form)
    return TargetAddress(address, parts.hostname, port, tls)
