"""What a server is started with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from backend.core.defaults import DEFAULT_MESSAGE_LIMIT, HOST, QUEUE_LIMIT
from backend.core.errors import UsageError
from backend.server.settings.limits import Limits
from backend.server.settings.timeouts import Timeouts

_LARGEST_PORT = 65_535
_SAFE_TOKEN = 16
_LARGEST_MESSAGE = 2**31 - 1
"""gRPC counts message bytes in a signed 32-bit number."""


UPLOAD_OPTION = "--allow-model-upload"


class ModelControl(StrEnum):
    """Whether models may be loaded and unloaded over the network."""

    NONE = "none"
    EXPLICIT = "explicit"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen and how large a message may be; port 0 lets the system choose.

    `message_limit` is in bytes and holds for requests (also decompressed ones) and for replies;
    `queue_limit` is how many requests may wait for a model whose configuration does not say.
    With a `token`, every request must show it; a host that other machines reach demands one. With
    `certificate` and `private_key`, files in PEM form, both ports speak TLS only. `allowed_hosts`
    are names by which REST may be asked beside IP addresses, localhost and the host itself.
    With `model_upload` a request to load a model may bring its files along, which needs explicit
    `model_control`. Raises UsageError for what cannot be.
    """

    host: str = HOST
    rest_port: int = 0
    grpc_port: int = 0
    message_limit: int = DEFAULT_MESSAGE_LIMIT
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    token: str = field(default="", repr=False)
    certificate: Path | None = None
    private_key: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    model_control: ModelControl = ModelControl.NONE
    model_upload: bool = False
    queue_limit: int = QUEUE_LIMIT

    def __post_init__(self) -> None:
        for name, port in (("REST", self.rest_port), ("gRPC", self.grpc_port)):
            if not 0 <= port <= _LARGEST_PORT:
                raise UsageError(f"The {name} port must be 0 to {_LARGEST_PORT}, got {port}.")
        if self.rest_port and self.rest_port == self.grpc_port:
            raise UsageError(
                f"REST and gRPC cannot share port {self.rest_port}.",
                hint="Give them two ports, or 0 to let the system choose.",
            )
        if not 1 <= self.message_limit <= _LARGEST_MESSAGE:
            raise UsageError(
                f"The message limit must be 1 to {_LARGEST_MESSAGE} bytes, "
                f"got {self.message_limit}."
            )
        if self.queue_limit < 1:
            raise UsageError(f"The queue limit must be at least 1, got {self.queue_limit}.")
        if not self.host:
            raise UsageError("The host to listen on is empty.", hint="Use 127.0.0.1.")
        if self.model_upload and self.model_control is not ModelControl.EXPLICIT:
            raise UsageError(f"{UPLOAD_OPTION} needs --model-control-mode explicit.")
        self._check_token()
        if (self.certificate is None) != (self.private_key is None):
            raise UsageError("TLS needs a certificate and its private key; only one is given.")

    @property
    def loopback(self) -> bool:
        """Whether only programs on this machine can reach the server."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def scheme(self) -> str:
        """``http``, or ``https`` with TLS."""
        return "http" if self.certificate is None else "https"

    @property
    def decompressed_limit(self) -> int:
        """Most bytes of a body that came compressed."""
        return self.limits.decompressed_bytes or self.message_limit

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed and still not safe, each with what to do."""
        found = []
        if self.token and len(self.token) < _SAFE_TOKEN:
            found.append(
                f"The token has {len(self.token)} characters and can be guessed. "
                f"Use {_SAFE_TOKEN} or more that a generator of passwords chose."
            )
        if not self.loopback and self.certificate is None:
            found.append(
                f"Whoever listens in on the way to {self.host} can read the token and all data. "
                "Give a certificate and its key, so that both ports speak TLS."
            )
        return tuple(found)

    def _check_token(self) -> None:
        if not self.token and not self.loopback:
            raise UsageError(
                f"Other machines can reach {self.host}: that needs a token.",
                hint="Give one with --token-file, or listen on 127.0.0.1.",
            )
        if not all("!" <= letter <= "~" for letter in self.token):
            raise UsageError("The token must be printable ASCII characters without spaces.")
