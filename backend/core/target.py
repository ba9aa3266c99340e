"""A place to send to: its addresses, how it speaks, and what proves who we are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from backend.core.defaults import CONNECT_TIMEOUT_S, DEADLINE_S
from backend.core.defaults import DEFAULT_MESSAGE_LIMIT as DEFAULT_MESSAGE_LIMIT  # noqa: PLC0414
from backend.core.errors import UsageError

_DAY_S = 86_400.0


class Dialect(StrEnum):
    """How a server speaks the Open Inference Protocol; AUTO asks the server who it is."""

    AUTO = "auto"
    OIP = "oip"
    TRITON = "triton"
    MLSERVER = "mlserver"
    KSERVE = "kserve"
    OVMS = "ovms"


@dataclass(frozen=True, slots=True)
class Tls:
    """How a server proves who it is, and we to it; '' stands for none.

    Files are PEM. Without `ca_file` the system's authorities are trusted. `server_name` is the
    name that the certificate must have, where it is not the host's.
    """

    verify: bool = True
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A bearer token and headers, sent with every call; values may be templates `${ENV}`."""

    token: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


NO_CREDENTIALS = Credentials()
"""For who lets everybody in."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place to send to; `rest` is a URL like http://127.0.0.1:8000, `grpc` is host:port.

    `tls` is None for plaintext. `message_limit` is in bytes.
    """

    name: str
    rest: str = ""
    grpc: str = ""
    dialect: Dialect = Dialect.AUTO
    colour: str = ""
    tls: Tls | None = None
    credentials: Credentials = NO_CREDENTIALS
    message_limit: int = DEFAULT_MESSAGE_LIMIT
    deadline_s: float = DEADLINE_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S

    def __post_init__(self) -> None:
        if not all(0 < limit_s <= _DAY_S for limit_s in (self.deadline_s, self.connect_timeout_s)):
            raise UsageError(
                f"The time limits of target '{self.name}' must be above 0 s, and a day at most."
            )
        if self.message_limit <= 0:
            raise UsageError(f"The message limit of target '{self.name}' must be above 0 bytes.")

    @property
    def loopback(self) -> bool:
        """Whether every address given is on this machine."""
        hosts = [_host(address) for address in (self.rest, self.grpc) if address]
        return bool(hosts) and all(
            host in ("localhost", "::1", "[::1]") or host.startswith("127.") for host in hosts
        )


def _host(address: str) -> str:
    """The host of a URL or of host:port."""
    rest = address.split("://", 1)[-1].split("/", 1)[0]
    return rest.rsplit(":", 1)[0] if ":" in rest else rest
