"""The options of ``serve`` about who may ask, how much, and until when."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.errors import UsageError
from backend.server.settings import Limits

TOKEN_VARIABLE = "INFERDECK_TOKEN"  # noqa: S105 - the name of a variable
DRAIN_S = 1.5

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Limit:
    """One option: its field in `Limits` and what it bounds."""

    option: str
    field: str
    about: str


_LIMITS = (
    _Limit("--header-bytes", "header_bytes", "bytes of a request's headers"),
    _Limit("--header-limit", "headers", "headers of a REST request"),
    _Limit("--tensor-limit", "tensors", "inputs, and outputs asked for, of a request"),
    _Limit("--nesting-limit", "nesting", "levels of JSON"),
    _Limit("--stream-limit", "streams", "gRPC streams open at once"),
    _Limit("--connection-limit", "connections", "connections to each port open at once"),
    _Limit(
        "--connections-per-address",
        "connections_per_address",
        "connections of one client address to each port",
    ),
    _Limit("--call-limit", "calls", "gRPC calls at once, streams among them"),
)


def add_safety_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"every request must show the token in this file (or in ${TOKEN_VARIABLE}); needed "
        "where other machines can reach the host",
    )
    parser.add_argument(
        "--tls-certificate", type=Path, metavar="FILE", help="speak TLS, with this PEM file"
    )
    parser.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="the certificate's private key"
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also answer REST requests to this name (repeatable); addresses and localhost are",
    )
    parser.add_argument(
        "--drain-seconds",
        type=_seconds,
        default=DRAIN_S,
        metavar="S",
        help="how long requests may take to finish after a signal (default: %(default)s)",
    )
    parser.add_argument(
        "--decompressed-limit-mib",
        type=int,
        metavar="N",
        help="largest REST body once decompressed, in MiB (default: the message limit)",
    )
    usual = Limits()
    for limit in _LIMITS:
        parser.add_argument(
            limit.option,
            dest=limit.field,
            type=int,
            default=getattr(usual, limit.field),
            metavar="N",
            help=f"most {limit.about} (default: %(default)s)",
        )


def safety_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given, as arguments of ServerOptions; raises UsageError."""
    unpacked = arguments.decompressed_limit_mib
    return {
        "limits": Limits(
            decompressed_bytes=None if unpacked is None else unpacked * _MIB,
            **{limit.field: getattr(arguments, limit.field) for limit in _LIMITS},
        ),
        "token": _token(arguments.token_file),
        "certificate": arguments.tls_certificate,
        "private_key": arguments.tls_key,
        "allowed_hosts": tuple(arguments.allowed_host),
    }


def _token(file: Path | None) -> str:
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "")
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The token file {file} cannot be read: {error}.") from None
    if not token:
        raise UsageError(f"The token file {file} is empty.")
    return token


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"0 to 3600 seconds, got {text}")
    return value
