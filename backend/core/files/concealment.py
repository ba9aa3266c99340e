"""What looks like a secret, by its name or by itself, and texts and addresses without it.

Everything that is shown, logged or written asks here, so that no two places disagree. Each search
takes time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

HIDDEN = "***"
"""What stands for a secret where nothing has to be filled in again."""

_NAME = re.compile(
    r"cookie|auth(?!or(?!i[sz]))|token(?!s|i[sz])|secret|passw|passphrase|passcode|credential"
    r"|signature|session|bearer|jwt|^x-goog-iam-|key(id)?$|(^|[-_.])(pass|pwd|psw|pw|pin|sig|sign|sas|otp)$"
    r"|(user|login)(pass|pwd|pas)$",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"^(user|usr|login|loginuse)(name|id)?$", re.IGNORECASE)
_SCHEME = re.compile(
    r"(?:Bearer|Basic|Token|Digest|ApiKey|Negotiate|AWS4-HMAC-SHA256)\s+", re.IGNORECASE
)
_CREDENTIAL = re.compile(
    r"(?:(?:Bearer|Basic|Token|ApiKey|Negotiate)\s+\S{8,}|(?:Digest|AWS4-HMAC-SHA256)\s+\S+=.*)",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(r"\b(Bearer|Basic)(\s{1,9})(?=[\w+/.~-]{0,99}[\d=])\S{8,}", re.IGNORECASE)
_VALUE = re.compile(
    r"(?<![\w-])(?:eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JSON web token
    r"|(?:gh[pousr]|github_pat|glpat|xox[abeprs]|hf|sk|pypi|npm|ya29)[-_.][\w.-]{16,}"
    r"|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,})"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
)
_AUTHORITY = re.compile(r"://([^\s/?#\"'<>]*)([^\s\"'<>]*)")
_ASSIGNED = re.compile(r"([?&;#])([^\s=&;#?]+)=([^\s&;#\"'<>]*)")


def is_secret_name(name: str) -> bool:
    """Whether what has this name, such as a header or an entry of metadata, is a secret."""
    return _NAME.search(name.strip()) is not None


def is_secret_parameter(name: str) -> bool:
    """The same for a parameter of an address, where the name of a user counts too."""
    name = unquote_plus(name).strip()
    return is_secret_name(name) or _PARAMETER.search(name) is not None


def is_secret_value(value: str) -> bool:
    """Whether a value is a secret whatever its name: a token, a key, or with a scheme before it."""
    return _CREDENTIAL.fullmatch(value) is not None or _VALUE.search(value) is not None


def scheme_of(value: str) -> str:
    """The scheme before a credential with its space, such as ``Bearer ``, or ''."""
    found = _SCHEME.match(value)
    return found[0] if found else ""


def concealed_address(
    text: str,
    user: str = f"{HIDDEN}@",
    parameter: Callable[[str, str], str] = lambda _name, _value: HIDDEN,
) -> str:
    """An address, or a path with a query, without secrets; text around it stays.

    `user` stands for name and password with their @; `parameter` gives what stands for the value
    of a secret parameter, given name and value.
    """

    def assigned(match: re.Match[str]) -> str:
        sign, name, value = match[1], match[2], match[3]
        if not value or not (is_secret_parameter(name) or is_secret_value(unquote_plus(value))):
            return match[0]
        return f"{sign}{name}={parameter(name, value)}"

    return _ASSIGNED.sub(assigned, _AUTHORITY.sub(lambda match: _without_user(match, user), text))


def kept_address(text: str) -> str:
    """An address as it may be written down to be used again: its secrets are left out."""
    marked = concealed_address(text.replace("\0", ""), "", lambda _name, _value: "\0")
    if "\0" not in marked:
        return marked
    address, _, fragment = marked.partition("#")
    address, _, query = address.partition("?")
    query = "&".join(part for part in re.split("[&;]", query) if "\0" not in part)
    end = f"#{fragment}" if fragment and "\0" not in fragment else ""
    return address.replace("\0", "") + (f"?{query}" if query else "") + end


def concealed_text(text: str) -> str:
    """Any text, such as an error's or a log's, without what looks like a secret in it."""
    return _VALUE.sub(HIDDEN, _IN_TEXT.sub(rf"\1\2{HIDDEN}", concealed_address(text)))


def _without_user(match: re.Match[str], user: str) -> str:
    authority, rest = match[1], match[2]
    before, at, host = authority.rpartition("@")
    if at:
        return f"://{user if before else ''}{host}{rest}"
    port = authority.rpartition("]")[2].rpartition(":")[2] if ":" in authority else ""
    if port and not port.isdecimal() and "@" in rest:  # a password with / or # in it
        return f"://{user}{rest.rpartition('@')[2]}"
    return match[0]
