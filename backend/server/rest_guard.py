"""Keeps web pages away: they could otherwise reach a server on this machine through the browser."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers


def why_refused(headers: Headers, listening_host: str) -> str:
    """Why a request with these headers is refused, or '' if it is welcome.

    A page of another site betrays itself by its Origin. A name that was pointed at this machine
    after the page was loaded betrays itself by a Host that is neither an IP address nor ours.
    """
    host = headers.get("host", "")
    if host and not _is_ours(_name_of(host), listening_host):
        return (
            f"Host '{host}' is not this server's name. Use its IP address, localhost, "
            f"or start it with --host {_name_of(host)}."
        )
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return f"Requests from web pages are not answered (Origin '{origin}')."
    return ""


def _is_ours(name: str, listening_host: str) -> bool:
    if name in ("localhost", listening_host.lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name_of(host: str) -> str:
    """The name or address in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].split("]", 1)[0].lower()
    return host.split(":", 1)[0].lower()
