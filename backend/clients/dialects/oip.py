"""A server that keeps to the Open Inference Protocol, and lists what it can do beyond it."""

from __future__ import annotations

from backend.clients.dialects.rules import DialectRules, Versions
from backend.core.target import Dialect

RULES = DialectRules(
    dialect=Dialect.OIP,
    title="Open Inference Protocol",
    server_names=("inferdeck", "torchserve"),
    versions=Versions.ANY,
    lists_extensions=True,
)
"""Nothing is assumed of an unknown server but what the protocol says."""
