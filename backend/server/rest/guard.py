"""Keeps strangers away: callers without the token, and web pages.

Pages could otherwise reach a server on this machine through the browser of whoever sits there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from functools import lru_cache

from starlette.responses import Response

from backend.server.rest.body import error_response
from backend.server.settings import ASK_FOR_IT, ServerOptions, shows_token

_FORBIDDEN, _UNAUTHORIZED = 403, 401


class Guard:
    """Decides who is answered."""

    def __init__(self, options: ServerOptions) -> None:
        self._names = (options.host, *options.allowed_hosts)
        self._scheme = options.scheme
        self._token = options.token

    def refusal(self, headers: Mapping[str, str]) -> Response | None:
        """The reply to who is not welcome, None for everybody else."""
        reason = _why_refused(
            headers.get("host", ""), headers.get("origin"), self._names, self._scheme
        )
        if reason:
            return error_response(_FORBIDDEN, reason)
        if self._token and not shows_token(headers.get("authorization", ""), self._token):
            return error_response(_UNAUTHORIZED, ASK_FOR_IT, {"WWW-Authenticate": "Bearer"})
        return None


@lru_cache(64)  # clients send the same with every request
def _why_refused(host: str, origin: str | None, names: tuple[str, ...], scheme: str) -> str:
    """Why a request with these headers is refused, or '' if it is not.

    A page of another site betrays itself by its Origin. A name that was pointed at this machine
    after the page was loaded betrays itself by a Host that is neither an IP address nor ours.
    """
    if host and not _is_ours(_name_of(host), names):
        return (
            f"Host '{host}' is not this server's name. Use its IP address, localhost, "
            f"or start it with --allowed-host {_name_of(host)}."
        )
    if origin is not None and origin.lower() != f"{scheme}://{host.lower()}":
        return f"Requests from web pages are not answered (Origin '{origin}')."
    return ""


def _is_ours(name: str, names: Collection[str]) -> bool:
    if name == "localhost" or name in (known.lower() for known in names):
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
