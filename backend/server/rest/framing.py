"""Requests that two readers could read differently: refused before any route sees them."""

from __future__ import annotations

from dataclasses import dataclass, field

import httptools

FRAMING = frozenset((b"host", b"transfer-encoding", b"content-length"))
"""The headers that `Framing` has to see."""

_VERSIONS = ("1.0", "1.1")


class RefusedRequest(Exception):
    """The request is answered with this status and text, and its connection closed."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class Framing:
    """What the headers of one request say of where it goes and where it ends."""

    hosts: list[bytes] = field(default_factory=list)
    codings: list[bytes] = field(default_factory=list)
    length: bytes = b""

    def see(self, name: bytes, value: bytes) -> None:
        """Take one of them, its name in small letters, its value without white space around it."""
        if name == b"host":
            self.hosts.append(value)
        elif name == b"transfer-encoding":
            self.codings.append(value)
        else:
            self.length = value

    def check(self, url: bytes, version: str, *, upgrade: bool) -> None:
        """Raise RefusedRequest for a request that is ambiguous or not to be understood.

        `version` is that of HTTP, `upgrade` whether another protocol is asked for.
        """
        if version not in _VERSIONS:
            raise RefusedRequest(505, f"HTTP/{version} is not spoken here; use HTTP/1.1.")
        self._check_hosts(version)
        self._check_body(version, upgrade=upgrade)
        self._check_target(url)

    def _check_hosts(self, version: str) -> None:
        # Browsers, against which the name is looked at, always send one.
        if not self.hosts and version == "1.0":
            return
        if len(self.hosts) != 1 or not self.hosts[0]:
            shown = ", ".join(f"'{host.decode('latin-1')}'" for host in self.hosts) or "none"
            raise RefusedRequest(
                400,
                f"A request needs exactly one Host header, got {shown}. Name the server.",
            )

    def _check_body(self, version: str, *, upgrade: bool) -> None:
        if self.codings and version == "1.0":
            raise RefusedRequest(
                400, "HTTP/1.0 has no Transfer-Encoding. Use HTTP/1.1 or Content-Length."
            )
        if self.codings and [coding.lower() for coding in self.codings] != [b"chunked"]:
            shown = b", ".join(self.codings).decode("latin-1")
            raise RefusedRequest(501, f"Transfer-Encoding '{shown}' is not offered; use chunked.")
        if upgrade and (self.codings or self.length.strip(b"0")):
            raise RefusedRequest(
                400, "No other protocol is offered on this port: send the body without Upgrade."
            )

    def _check_target(self, url: bytes) -> None:
        if url.startswith(b"/") or url == b"*":
            return
        try:
            target = httptools.parse_url(url)
        except httptools.HttpParserInvalidURLError:
            raise RefusedRequest(
                400, f"The path '{url.decode('latin-1')}' does not begin with a slash."
            ) from None
        named = (target.host or b"").lower()
        if target.port is not None:
            named += b":%d" % target.port
        if self.hosts and named != self.hosts[0].lower():
            raise RefusedRequest(
                400,
                f"The address '{url.decode('latin-1')}' and the Host header "
                f"'{self.hosts[0].decode('latin-1')}' name two servers.",
            )
