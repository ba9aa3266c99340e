"""Targets as people type them."""

from __future__ import annotations

import re

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.target import Target

_TARGET = re.compile(
    r"^(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(?P<rest>\d{1,5})?(?:,(?P<grpc>\d{1,5}))?$"
)


def host_port(host: str, port: int) -> str:
    """host:port, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def target_from_text(text: str) -> Target:
    """`embedded`, or HOST:RESTPORT,GRPCPORT with one of the ports left out if there is none.

    Raises UsageError that shows the form.
    """
    if text.strip() == EMBEDDED:
        return Target(EMBEDDED)
    match = _TARGET.match(text.strip())
    if match is None or not (match["rest"] or match["grpc"]):
        raise UsageError(
            f"'{text}' is not a target.",
            hint="Write 'embedded' or HOST:RESTPORT,GRPCPORT, such as 127.0.0.1:8000,8001; "
            "HOST:RESTPORT and HOST:,GRPCPORT name one of the two.",
        )
    for port in (match["rest"], match["grpc"]):
        if port and not 1 <= int(port) <= 65535:
            raise UsageError(f"Port {port} in '{text}' is not between 1 and 65535.")
    host = match["host"]
    return Target(
        name=text.strip(),
        rest=f"http://{host}:{match['rest']}" if match["rest"] else "",
        grpc=f"{host}:{match['grpc']}" if match["grpc"] else "",
    )
