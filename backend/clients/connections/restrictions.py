"""Interfaces that a server has but keeps from us, as pytriton does with half of Triton's."""

from __future__ import annotations

import re

from backend.core.errors import ConsoleError, TargetFault, Unsupported

_RESTRICTED = re.compile(
    r"this (?:api|protocol) is restricted(?:, expecting header '[^']*')?", re.IGNORECASE
)


def of_restriction(error: ConsoleError) -> ConsoleError:
    """Unsupported with the server's words for a restricted interface; any other error as it is.

    Over REST they come with status 403, over gRPC with UNAVAILABLE: neither means what it says.
    """
    found = _RESTRICTED.search(str(error))
    if found is None:
        return error
    closed = Unsupported(
        f"Not available: {found[0]}.",
        hint="The server was started with this interface closed; a header may open it.",
    )
    closed.fault = TargetFault.RESTRICTED
    return closed
