"""A target's token and headers as they are sent with every call."""

from __future__ import annotations

import base64
import binascii
import re

from backend.core.errors import UsageError
from backend.core.target import Credentials

Headers = tuple[tuple[str, str], ...]
Metadata = tuple[tuple[str, str | bytes], ...]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_BINARY = "-bin"


def headers_of(credentials: Credentials) -> Headers:
    """Name and value of each header; raises UsageError, which never shows a value."""
    found = []
    if credentials.token:
        if not _TOKEN.fullmatch(credentials.token):
            raise UsageError("The token must be printable ASCII characters without spaces.")
        _check_resolved("token", credentials.token)
        found.append(("Authorization", f"Bearer {credentials.token}"))
    for name, value in credentials.headers:
        check_header(name, value)
        _check_resolved(f"header '{name}'", value)
        found.append((name, value))
    return tuple(found)


def check_header(name: str, value: str) -> None:
    """Raise UsageError, which never shows a value, for what cannot be sent as a header."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' cannot be the name of a header.")
    if not _VALUE.fullmatch(value):
        raise UsageError(f"The value of header '{name}' must be printable ASCII characters.")


def metadata_of(credentials: Credentials) -> Metadata:
    """The same for gRPC: names in lower case, `-bin` values from base64."""
    return tuple(
        (name.lower(), _binary(name, value) if name.lower().endswith(_BINARY) else value)
        for name, value in headers_of(credentials)
    )


def _binary(name: str, value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise UsageError(
            f"The value of '{name}' must be base64, as its name ends in -bin."
        ) from None


def _check_resolved(what: str, value: str) -> None:
    if "${" in value:
        raise UsageError(
            f"The {what} of the target still holds a template.",
            hint="A variable ${NAME} is filled in when a saved target is used.",
        )
