"""What a request to load a model may bring along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.errors import InvalidInput, Unsupported

_CONFIG = "config"
_FILE = "file:"


def config_override(parameters: Mapping[str, Any]) -> str:
    """The configuration, as JSON, that takes the place of the one on disk; '' for that one.

    Raises Unsupported for a model's files, which must be in the repository, and InvalidInput for
    anything else.
    """
    for name in parameters:
        if name.startswith(_FILE):
            raise Unsupported(
                f"load parameter '{name}' is not supported: models are loaded from the server's "
                "repositories only"
            )
        if name != _CONFIG:
            raise InvalidInput(f"unexpected load parameter '{name}'; '{_CONFIG}' is known")
    config = parameters.get(_CONFIG, "")
    if not isinstance(config, str):
        raise InvalidInput(f"load parameter '{_CONFIG}' must be a string that holds JSON")
    return config
