"""What a saved target must be like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from backend.clients.security import check_header
from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.target import Target

LONGEST_NAME = 64
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_GRPC = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+):\d{1,5}")


def check_name(name: str, taken: Iterable[str]) -> None:
    """Raise UsageError unless a target may have this name beside those that are taken."""
    if not name or name != name.strip():
        raise UsageError("The target needs a name, without spaces around it.")
    if len(name) > LONGEST_NAME:
        raise UsageError(f"The name has {len(name)} characters; {LONGEST_NAME} are the most.")
    if not name.isprintable():
        raise UsageError("The name holds characters that cannot be shown.")
    if any(sign in name for sign in ":,/\\"):
        raise UsageError(
            f"The name '{name}' could be mistaken for an address.",
            hint="Leave out ':', ',', '/' and '\\'.",
        )
    if name.casefold() == EMBEDDED:
        raise UsageError(f"'{name}' is the name of the server in this program.")
    if name.casefold() in {other.casefold() for other in taken}:
        raise UsageError(f"There is a target named '{name}' already.", hint="Choose another name.")


def check_target(target: Target) -> None:
    """Raise UsageError for addresses, a colour or headers that cannot be; the name is not looked
    at."""
    if not (target.rest or target.grpc):
        raise UsageError(
            f"Target '{target.name}' has no address.", hint="Give it a REST or a gRPC address."
        )
    if target.rest and "${" not in target.rest:
        _check_rest(target.rest)
    if target.grpc and "${" not in target.grpc:
        _check_grpc(target.grpc)
    if target.colour and not _COLOUR.fullmatch(target.colour):
        raise UsageError(f"'{target.colour}' is not a colour.", hint="Write it as #rrggbb.")
    for name, _ in target.credentials.headers:
        check_header(name, "")


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The name itself, or with the first number that makes it free."""
    used = {EMBEDDED, *(name.casefold() for name in taken)}
    name, number = wanted, 1
    while name.casefold() in used:
        number += 1
        name = f"{wanted[: LONGEST_NAME - 5]} {number}"
    return name


def _check_rest(address: str) -> None:
    form = "Write http://HOST:PORT or https://HOST:PORT."
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise UsageError("The REST address is not one.", hint=form) from None
    if "@" in parts.netloc:
        # Not shown: it holds a password.
        raise UsageError(
            "A name and password do not belong into the address.", hint="Use a header instead."
        )
    if not good or parts.query or parts.fragment:
        raise UsageError(f"'{address}' is not a REST address.", hint=form)


def _check_grpc(address: str) -> None:
    if not _GRPC.fullmatch(address) or not 0 < int(address.rsplit(":", 1)[1]) < 65536:
        raise UsageError("The gRPC address is not one.", hint="Write HOST:PORT.")
