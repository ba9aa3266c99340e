"""A saved target into one that can be used: templates become values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from backend.core.errors import UsageError
from backend.core.target import Credentials, Target
from backend.targets.secrets import Secrets
from backend.targets.templates import expand


def resolve(target: Target, secrets: Secrets, environ: Mapping[str, str] = os.environ) -> Target:
    """The target with every `${NAME}` and every secret filled in.

    Raises UsageError that names a variable that is not set, or says that a secret is not here.
    May ask the keyring: not for the window's thread.
    """

    def variable(name: str) -> str:
        if name not in environ:
            raise UsageError(
                f"Target '{target.name}' needs the environment variable {name}, which is not set.",
                hint=f"Set {name}, or edit the target.",
            )
        return environ[name]

    def full(text: str) -> str:
        return expand(text, variable, secrets.find) if "${" in text else text

    credentials = Credentials(
        full(target.credentials.token),
        tuple((name, full(value)) for name, value in target.credentials.headers),
    )
    tls = target.tls
    if tls is not None:
        tls = replace(
            tls,
            ca_file=full(tls.ca_file),
            certificate_file=full(tls.certificate_file),
            key_file=full(tls.key_file),
            server_name=full(tls.server_name),
        )
    return replace(
        target, rest=full(target.rest), grpc=full(target.grpc), tls=tls, credentials=credentials
    )
