"""Which server a command speaks to: a saved target's name or addresses, and what opens its door."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backend.core.addresses import target_from_text
from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.targets import Secrets, TargetStore, config_folder, open_store, resolve


def add_target_option(parser: argparse.ArgumentParser) -> None:
    """--target and what secures the way to it."""
    parser.add_argument(
        "--target",
        default=EMBEDDED,
        metavar="TARGET",
        help="embedded (default), the name of a saved target, or HOST:RESTPORT,GRPCPORT",
    )
    add_security_options(parser)


def add_security_options(parser: argparse.ArgumentParser) -> None:
    """TLS and the token."""
    parser.add_argument("--tls", action="store_true", help="speak TLS to both addresses")
    parser.add_argument("--ca", metavar="FILE", help="trust this authority only (PEM); with TLS")
    parser.add_argument("--cert", metavar="FILE", help="show this certificate (PEM); with TLS")
    parser.add_argument("--key", metavar="FILE", help="the certificate's key (PEM)")
    parser.add_argument(
        "--server-name", metavar="NAME", help="the name that the server's certificate must have"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="speak TLS and believe whoever answers"
    )
    parser.add_argument(
        "--token",
        metavar="TOKEN",
        help="bearer token; '${NAME}' takes it from that environment variable",
    )


def add_speech_options(parser: argparse.ArgumentParser) -> None:
    """Headers for every call, and the dialect."""
    parser.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="send this with every call; repeatable; the value may be '${NAME}'",
    )
    parser.add_argument(
        "--dialect",
        type=Dialect,
        choices=list(Dialect),
        help="which kind of server it is (default: it is asked)",
    )


def target_of(options: argparse.Namespace, headers: Sequence[str] = ()) -> Target:
    """The target that the options name, ready to be used.

    `headers` are NAME:VALUE. Raises UsageError.
    """
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
