"""Which server a command speaks to: a saved target's name or addresses, and its credentials."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.addresses import target_from_text
from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.options import Option, OptionGroup
from backend.core.options.common import HEADER, TARGET
from backend.core.target import Credentials, Dialect, Target, Tls

if TYPE_CHECKING:
    from backend.targets import TargetStore

TARGETED = TARGET.but(default=EMBEDDED)

SECURITY = OptionGroup(
    "",
    (
        Option("--tls", "speak TLS to both addresses", switch=True),
        Option("--ca", "trust this authority only (PEM); with TLS", metavar="FILE"),
        Option("--cert", "show this certificate (PEM); with TLS", metavar="FILE"),
        Option("--key", "the certificate's key (PEM)", metavar="FILE"),
        Option("--server-name", "the name that the server's certificate must have", metavar="NAME"),
        Option("--insecure", "speak TLS and believe whoever answers", switch=True),
        Option(
            "--token",
            "bearer token; '${NAME}' takes it from that environment variable",
            metavar="TOKEN",
        ),
    ),
)

DIALECT = Option(
    "--dialect", "which kind of server it is", choices=Dialect, default_text="it is asked"
)

SPEECH = OptionGroup(
    "",
    (HEADER.but(help="send this with every call; the value may be '${NAME}'"), DIALECT),
)


def target_of(options: argparse.Namespace, headers: Sequence[str] = ()) -> Target:
    """The target that the options name, ready to be used.

    `headers` are NAME:VALUE. Raises UsageError.
    """
    # Keyrings, TLS and their like, which help and wrong usage need not wait for.
    from backend.targets import Secrets, resolve

    text = options.target.strip()
    secrets = Secrets()
    if text == EMBEDDED or ":" in text:
        target = target_from_text(text)
    else:
        store = saved_targets()
        target, secrets = _saved(store, text), store.secrets
    target = with_options(target, options, headers)
    if target.name == EMBEDDED and target != Target(EMBEDDED, dialect=target.dialect):
        raise UsageError("The embedded server needs no TLS, token or headers.")
    found = resolve(target, secrets)
    if found.tls is None and not found.loopback and found.credentials != Credentials():
        print(f"warning: credentials go to {target.name} in plaintext; add --tls", file=sys.stderr)
    return found


def with_options(target: Target, options: argparse.Namespace, headers: Sequence[str]) -> Target:
    """The target with what the options say in place of its own."""
    tls = _tls(target.tls, options)
    rest = target.rest
    if tls is not None and target.tls is None:
        rest = rest.replace("http://", "https://", 1)
    pairs = tuple(_pair(text) for text in headers)
    credentials = Credentials(
        options.token or target.credentials.token, target.credentials.headers + pairs
    )
    wanted = getattr(options, "dialect", None) or Dialect.AUTO
    dialect = target.dialect if wanted is Dialect.AUTO else wanted
    return replace(target, rest=rest, tls=tls, credentials=credentials, dialect=dialect)


def saved_targets() -> TargetStore:
    """The user's saved targets; what was wrong with their file goes to stderr."""
    from backend.targets import config_folder, open_store

    store = open_store(config_folder())
    if store.problem:
        print(f"warning: {store.problem}", file=sys.stderr)
    return store


def _saved(store: TargetStore, name: str) -> Target:
    try:
        return store.find(name)
    except UsageError as error:
        raise UsageError(
            error.message, hint=f"{error.hint} Addresses are HOST:RESTPORT,GRPCPORT."
        ) from None


def _tls(own: Tls | None, options: argparse.Namespace) -> Tls | None:
    given = {
        "ca_file": _file("--ca", options.ca),
        "certificate_file": _file("--cert", options.cert),
        "key_file": _file("--key", options.key),
        "server_name": options.server_name,
    }
    given = {name: value for name, value in given.items() if value}
    if not (given or options.tls or options.insecure):
        return own
    if options.insecure and options.ca:
        raise UsageError("--insecure believes everybody; --ca has no meaning with it.")
    tls = replace(own or Tls(), **given)
    return replace(tls, verify=False) if options.insecure else tls


def _file(option: str, given: str | None) -> str | None:
    """The absolute path of a file that can be read; a saved target is used from any folder."""
    if not given:
        return None
    path = Path(given).expanduser().absolute()
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be read: {error.strerror}.") from None
    return str(path)


def _pair(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        # The text is not shown: it may be a secret without its name.
        raise UsageError("A header is not NAME:VALUE.", hint="Write --header 'X-Key: value'.")
    return name.strip(), value.strip()
