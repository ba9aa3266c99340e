"""Ports: taken, free, and how their addresses are written."""

from __future__ import annotations

import errno
import socket
import sys

from backend.core.errors import PortInUse, UsageError

_BACKLOG = 1024
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises PortInUse, or UsageError if the address cannot be had at all."""
    family, address = _resolve(host, port)
    # With the protocol left at 0, asyncio does not turn Nagle's algorithm off on the connections,
    # and a small reply waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        _set_options(listener)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE or getattr(error, "winerror", 0) == 10048:
            raise PortInUse(host, port) from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise UsageError(
                f"The system does not allow port {port} on {host}.",
                hint="Choose a port above 1023, or 0 to let the system pick one.",
            ) from None
        raise UsageError(
            f"Cannot listen on {host}: {error.strerror or error}.",
            hint="Use 127.0.0.1, or an address of this machine.",
        ) from None
    return listener


def check_free(host: str, port: int) -> None:
    """Raise what `listen` would raise; nothing listens there afterwards."""
    listen(host, port).close()


def address(host: str, port: int) -> str:
    """``host:port`` as a client on this machine writes it."""
    return bind_address(_WILDCARDS.get(host, host), port)


def bind_address(host: str, port: int) -> str:
    """``host:port`` as it is listened on."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UsageError(
            f"Host '{host}' is not known: {error.strerror or error}.",
            hint="Use 127.0.0.1, or an address of this machine.",
        ) from None
    # A name such as localhost may mean both kinds of address: the older one is always reachable.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, where = found[0]
    return family, (str(where[0]), int(where[1]))


def _set_options(listener: socket.socket) -> None:
    if sys.platform == "win32":
        # Windows' SO_REUSEADDR would let two programs share the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # So that a restart gets its port back although old connections linger in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
