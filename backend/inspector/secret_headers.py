"""Which headers hold secrets, and what stands for these where others may read."""

from __future__ import annotations

import re

from backend.inspector.exchange import Headers

_SECRET = re.compile(
    r"^cookie2?$|^set-cookie2?$|auth|token|secret|passw|credential|signature|session"
    r"|(^|[-_.])(api[-_.]?)?(key|pwd|sig|jwt)$",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(Bearer|Basic|Token|Digest|ApiKey)\s+", re.IGNORECASE)
_TEMPLATE = re.compile(r"\$\{\w+\}")
_QUERY = re.compile(r"([?&])([^=&#]+)=([^&#]*)")


def is_secret(name: str) -> bool:
    """Whether a header, or a parameter of a query, of that name is a secret by its nature."""
    return _SECRET.search(name.strip()) is not None


def variable_for(name: str) -> str:
    """The variable that stands for a secret: TOKEN for Authorization, X_API_KEY for x-api-key."""
    if name.strip().lower() == "authorization":
        return "TOKEN"
    plain = re.sub(r"\W+", "_", name.strip(), flags=re.ASCII).strip("_").upper()
    return f"_{plain}" if not plain or plain[0].isdigit() else plain


def concealed_value(name: str, value: str) -> str:
    """What stands for a header's value: ``Bearer ${TOKEN}``; the value itself if it is no secret.

    A value that is such a template already stays as it is.
    """
    if not is_secret(name) or not value or _is_template(value):
        return value
    scheme = _SCHEME.match(value)
    return f"{scheme[0] if scheme else ''}${{{variable_for(name)}}}"


def concealed(headers: Headers) -> Headers:
    """The headers without secrets."""
    return tuple((name, concealed_value(name, value)) for name, value in headers)


def concealed_path(path: str) -> str:
    """A path whose query holds no secrets."""
    return _QUERY.sub(lambda m: f"{m[1]}{m[2]}={concealed_value(m[2], m[3])}", path)


def _is_template(value: str) -> bool:
    """Whether nothing but a scheme and variables is there."""
    return _TEMPLATE.fullmatch(_SCHEME.sub("", value, count=1)) is not None
