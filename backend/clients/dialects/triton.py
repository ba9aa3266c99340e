"""NVIDIA Triton, and pytriton, which is Triton with some of its interfaces closed."""

from __future__ import annotations

from backend.clients.dialects.rules import Capability, DialectRules, Lack, NotFinite
from backend.core.target import Dialect

RULES = DialectRules(
    dialect=Dialect.TRITON,
    title="Triton",
    server_names=("triton",),
    not_finite=NotFinite.TOKENS,
    lists_extensions=True,
    lacks=(
        Lack(Capability.REFLECTION, "Triton has no reflection; the bundled schema is used."),
        Lack(
            Capability.TIMING,
            "Triton tells no durations of a single request; its statistics have averages.",
        ),
    ),
)
