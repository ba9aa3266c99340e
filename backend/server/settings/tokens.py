"""The token that callers show, where the server demands one."""

from __future__ import annotations

import hmac

ASK_FOR_IT = "This server answers only to its token: send it as 'Authorization: Bearer TOKEN'."

_SCHEME = "bearer"


def shows_token(authorization: str, token: str) -> bool:
    """Whether an Authorization header holds the token; takes as long for every wrong one."""
    scheme, _, shown = authorization.partition(" ")
    return scheme.lower() == _SCHEME and hmac.compare_digest(
        shown.strip().encode("utf-8", "surrogateescape"), token.encode()
    )
