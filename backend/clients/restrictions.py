"""Interfaces that a server has but keeps from us, as pytriton does with half of Triton's."""

from __future__ import annotations

from backend.core.errors import ConsoleError, TargetFault, Unsupported

_SIGNS = ("api is restricted", "protocol is restricted")


def of_restriction(error: ConsoleError) -> ConsoleError:
    """Unsupported with the server's words for a restricted interface; any other error as it is."""
    text = str(error)
    if any(sign in text.lower() for sign in _SIGNS):
        closed = Unsupported(
            f"Not available: {error.message}",
            hint="The server was started with this interface closed; a header may open it.",
        )
        closed.fault = TargetFault.RESTRICTED
        return closed
    return error
