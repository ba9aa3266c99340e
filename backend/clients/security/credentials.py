"""A target's token and headers as they are sent with every call."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from backend.core.errors import UsageError
from backend.core.target import Credentials

Headers = tuple[tuple[str, str], ...]
Metadata = tuple[tuple[str, str | bytes], ...]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_KEY = re.compile(r"[0-9a-z_.-]+")
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


def metadata_of(headers: Headers) -> Metadata:
    """Headers as gRPC takes them: names in lower case, `-bin` values from base64.

    Raises UsageError, which never shows a value, for what gRPC refuses.
    """
    return tuple((name.lower(), _metadata_value(name.lower(), value)) for name, value in headers)


def metadata_text(metadata: Any) -> Headers:
    """The metadata of a reply as headers, `-bin` values in base64."""
    return tuple(
        (str(name), base64.b64encode(value).decode() if isinstance(value, bytes) else str(value))
        for name, value in metadata or ()
    )


def _metadata_value(name: str, value: str) -> str | bytes:
    if not _KEY.fullmatch(name) or name.startswith("grpc-"):
        raise UsageError(
            f"'{name}' cannot be the name of metadata.",
            hint="Use letters, digits, '-', '_' and '.'; names that begin with grpc- are gRPC's.",
        )
    if name.endswith(_BINARY):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise UsageError(
                f"The value of '{name}' must be base64, as its name ends in -bin."
            ) from None
    if not _VALUE.fullmatch(value):
        raise UsageError(
            f"The value of '{name}' holds characters that metadata cannot carry.",
            hint="Use plain ASCII, or a name that ends in -bin and base64.",
        )
    return value


def _check_resolved(what: str, value: str) -> None:
    if "${" in value:
        raise UsageError(
            f"The {what} of the target still holds a template.",
            hint="A variable ${NAME} is filled in when a saved target is used.",
        )
