"""An exchange of the past as a request to be sent again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from backend.core.errors import UsageError
from backend.inspector.calls.exchange import Exchange, Request

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def request_again(exchange: Exchange, variables: Mapping[str, str]) -> Request:
    """The same request, to the byte, with the variables that stand for its secrets filled in.

    Raises UsageError if not all of its messages were kept, or a variable is not given.
    """
    if not exchange.replayable:
        raise UsageError(
            f"{exchange.sent_left_out:,} of the messages of {exchange.request.method} were not "
            "kept, so it cannot be sent again."
        )
    request = exchange.request
    headers = tuple((name, _filled(value, variables)) for name, value in request.headers)
    return replace(request, path=_filled(request.path, variables), headers=headers)


def _filled(template: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise UsageError(
                f"The secret {found[1]} was not kept.",
                hint=f"Set the environment variable {found[1]}, or edit the request.",
            )
        return variables[found[1]]

    return _VARIABLE.sub(value, template)
