"""What a request to load a model may bring along."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.core.errors import InvalidInput

_CONFIG = "config"
_FILE = "file:"


@dataclass(frozen=True, slots=True)
class LoadTerms:
    """`config` is JSON that takes the place of the model's configuration, '' for that one.

    `files` are the model's files by their paths, in base64 or as they are; with them, nothing of a
    repository is read.
    """

    config: str = ""
    files: Mapping[str, str | bytes] = field(default_factory=dict)

    def decoded(self) -> dict[str, bytes]:
        """The files; raises InvalidInput for what is not base64, and if there is no `config`.

        Takes a while for large ones.
        """
        if not self.config:
            raise InvalidInput(
                f"Load parameter '{_CONFIG}' must be specified for model file override"
            )
        return {path: _decoded(path, data) for path, data in self.files.items()}


NO_TERMS = LoadTerms()


def load_terms(parameters: Mapping[str, Any]) -> LoadTerms:
    """The parameters of a load request; raises InvalidInput."""
    files: dict[str, str | bytes] = {}
    for name, value in parameters.items():
        if name.startswith(_FILE):
            if not isinstance(value, str | bytes):
                raise InvalidInput(f"load parameter '{name}' must be the file's bytes in base64")
            files[name.removeprefix(_FILE)] = value
        elif name != _CONFIG:
            raise InvalidInput(
                f"unexpected load parameter '{name}'; '{_CONFIG}' and '{_FILE}PATH' are known"
            )
    config = parameters.get(_CONFIG, "")
    if not isinstance(config, str):
        raise InvalidInput(f"load parameter '{_CONFIG}' must be a string that holds JSON")
    return LoadTerms(config, files)


def _decoded(path: str, data: str | bytes) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"load parameter '{_FILE}{path}' is not base64: {error}") from error
