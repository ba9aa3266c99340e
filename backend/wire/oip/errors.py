"""Errors inside a stream, which come as text without a code."""

from __future__ import annotations

from backend.core.errors import (
    InvalidInput,
    ModelFailed,
    NotFound,
    NotReady,
    Overloaded,
    RequestError,
    Unsupported,
)

_SIGNS: tuple[tuple[type[RequestError], tuple[str, ...]], ...] = (
    (NotFound, ("unknown model", "is not found", "no available versions")),
    (NotReady, ("not ready",)),
    (Overloaded, ("exceeds maximum queue size", "queue is full")),
    (Unsupported, ("not supported", "doesn't support")),
    (
        InvalidInput,
        (
            "unexpected inference",
            "unexpected shape",
            "unexpected size",
            "unexpected number",
            "unexpected additional",
            "byte size mismatch",
            "data-type is",
            "but got",
            "expected",
            "invalid",
        ),
    ),
)


def error_in_text(text: str) -> RequestError:
    """The error that a stream's message most likely means, with the text as it is.

    The protocol gives no code here; the signs are the widely served servers' own phrases, and
    what shows none of them counts as the model's failure.
    """
    lower = text.lower()
    for kind, signs in _SIGNS:
        if any(sign in lower for sign in signs):
            return kind(text)
    return ModelFailed(text)
