"""Which rules belong to which dialect, and which dialect a server's own words show."""

from __future__ import annotations

from backend.clients.dialects import kserve, mlserver, oip, ovms, triton
from backend.clients.dialects.rules import DialectRules
from backend.core.errors import UsageError
from backend.core.inference import ServerMetadata
from backend.core.target import Dialect

_ALL = (oip.RULES, triton.RULES, mlserver.RULES, kserve.RULES, ovms.RULES)
_RULES = {rules.dialect: rules for rules in _ALL}
_OF_SERVER = {name: rules for rules in _ALL for name in rules.server_names}
_KSERVE_EXTENSION = "model_repository_extension"


def dialect_for(name: Dialect | str) -> DialectRules:
    """The rules of a dialect; those of plain OIP for AUTO, as nothing else is known yet.

    Raises UsageError for a name that is no dialect.
    """
    try:
        return _RULES.get(Dialect(name), oip.RULES)
    except ValueError:
        raise UsageError(
            f"'{name}' is not a dialect.", hint=f"Use one of {', '.join(Dialect)}."
        ) from None


def rules_of_server(wanted: Dialect, metadata: ServerMetadata | None) -> DialectRules:
    """The rules to speak by: the wanted ones, or those of the server that AUTO has met."""
    if wanted is not Dialect.AUTO or metadata is None:
        return dialect_for(wanted)
    found = _OF_SERVER.get(metadata.name.strip().lower())
    if found is None and _KSERVE_EXTENSION in metadata.extensions:
        return _RULES[Dialect.KSERVE]
    return found or oip.RULES
