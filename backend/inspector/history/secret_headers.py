"""Headers and paths whose secrets are replaced by variables, which can be filled in again."""

from __future__ import annotations

import re

from backend.core.files.concealment import (
    concealed_address,
    is_secret_name,
    is_secret_value,
    scheme_of,
)
from backend.inspector.calls import Headers

_TEMPLATE = re.compile(r"\$\{\w+\}")


def variable_for(name: str) -> str:
    """The variable that stands for a secret: TOKEN for Authorization, X_API_KEY for x-api-key."""
    if name.strip().lower() == "authorization":
        return "TOKEN"
    plain = re.sub(r"\W+", "_", name.strip(), flags=re.ASCII).strip("_").upper()
    return f"_{plain}" if not plain or plain[0].isdigit() else plain


def concealed_value(name: str, value: str) -> str:
    """What stands for a header's value: ``Bearer ${TOKEN}``; the value itself if it is no secret.

    A value that is such a template already stays as it is; of one that holds an address, only the
    secrets in that are replaced.
    """
    if not value or _is_template(value):
        return value
    if is_secret_name(name) or is_secret_value(value):
        return f"{scheme_of(value)}${{{variable_for(name)}}}"
    return concealed_path(value) if "://" in value else value


def concealed(headers: Headers) -> Headers:
    """The headers without secrets."""
    return tuple((name, concealed_value(name, value)) for name, value in headers)


def concealed_path(path: str) -> str:
    """A path whose query holds no secrets, or such an address."""
    return concealed_address(path, "${USER_AND_PASSWORD}@", _variable)


def _variable(name: str, value: str) -> str:
    if _is_template(value):
        return value
    return f"{scheme_of(value)}${{{variable_for(name)}}}"


def _is_template(value: str) -> bool:
    """Whether nothing but a scheme and variables is there."""
    return _TEMPLATE.fullmatch(value.removeprefix(scheme_of(value))) is not None
