"""The options of `serve`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from backend.core import defaults
from backend.core.options import Option, OptionGroup, OptionParser
from backend.core.options.common import (
    ALLOW_PYTHON_MODELS,
    GRPC_PORT,
    MESSAGE_LIMIT_MIB,
    MODEL_REPOSITORY,
    REST_PORT,
)
from backend.core.options.values import seconds, whole_number
from backend.server.settings import UPLOAD_OPTION, ModelControl

LISTENING = OptionGroup(
    "",
    (
        Option("--host", "address to listen on", default=defaults.HOST, metavar="HOST"),
        REST_PORT,
        GRPC_PORT,
        Option(
            "--drain-seconds",
            "how long requests may take to finish after a signal",
            parse=seconds(3600, zero=True),
            default=defaults.DRAIN_S,
            unit="s",
            metavar="S",
        ),
        Option(
            "--exit-with-stdin",
            "also end when standard input does, as for a child whose parent is gone",
            switch=True,
        ),
    ),
)


class EngineChoice(StrEnum):
    """What computes the models."""

    LOCAL = "local"
    RAY = "ray"


ENGINE = OptionGroup(
    "engine",
    (
        Option(
            "--engine",
            "what computes the models. local: this process; ray: replicas on a cluster, by Ray "
            "Serve (docs/scale.md)",
            choices=EngineChoice,
            default=EngineChoice.LOCAL,
        ),
        Option(
            "--address",
            "of a Ray cluster to join; every node has the program and the repositories at the same "
            "paths",
            default="",
            default_text="one is started on this machine, and ends with the server",
            metavar="HOST:PORT",
        ),
    ),
)

MODELS = OptionGroup(
    "models",
    (
        Option(
            "--model",
            "a model file (.onnx, .tflite) to serve where it is, under its own name, with the "
            "class names beside it; it is loaded at start, and nothing is served if it cannot be",
            parse=Path,
            repeatable=True,
            metavar="FILE",
        ),
        MODEL_REPOSITORY,
        ALLOW_PYTHON_MODELS,
        Option(
            "--model-control-mode",
            "none: load every model at start; explicit: load those of --load-model, and others on "
            "request",
            choices=ModelControl,
            default=ModelControl.NONE,
        ),
        Option(
            UPLOAD_OPTION,
            "with explicit control: take a model's files with the request to load it (file:...), "
            "into a temporary folder that goes with the model",
            switch=True,
        ),
        Option(
            "--load-model",
            "with explicit control: load this model at start, * for all",
            repeatable=True,
            metavar="NAME",
        ),
        Option("--no-bundled-models", "offer only the models of the repositories", switch=True),
        Option(
            "--queue-limit",
            "requests that may wait for a model, unless its configuration says otherwise; more are "
            "refused at once with 503 or RESOURCE_EXHAUSTED",
            parse=whole_number(),
            default=defaults.QUEUE_LIMIT,
            metavar="N",
        ),
    ),
)

TOKEN_FILE = Option(
    "--token-file",
    "every request must show the token in this file; needed where other machines can reach the "
    "host",
    parse=Path,
    environment="INFERDECK_TOKEN",
    metavar="FILE",
)

SECURITY = OptionGroup(
    "who is answered",
    (
        TOKEN_FILE,
        Option(
            "--tls-certificate",
            "speak TLS only, on both ports, with this PEM file",
            parse=Path,
            metavar="FILE",
        ),
        Option(
            "--tls-key", "the certificate's private key, a PEM file", parse=Path, metavar="FILE"
        ),
        Option(
            "--allowed-host",
            "one more name for REST requests, beside addresses and localhost",
            repeatable=True,
            metavar="NAME",
        ),
    ),
)


def _limit(flag: str, field: str, default: int, about: str) -> Option:
    """The row of a number in `Limits`; `field` is its name there."""
    return Option(
        flag, f"most {about}", parse=whole_number(), default=default, metavar="N", name=field
    )


COUNTED = (
    _limit(
        "--header-bytes",
        "header_bytes",
        defaults.HEADER_BYTES,
        "bytes of a REST request's line and headers, and of a gRPC call's metadata",
    ),
    _limit("--header-limit", "headers", defaults.HEADER_LIMIT, "headers of a REST request"),
    _limit(
        "--tensor-limit",
        "tensors",
        defaults.TENSOR_LIMIT,
        "inputs, and outputs asked for, of a request",
    ),
    _limit("--nesting-limit", "nesting", defaults.NESTING_LIMIT, "levels of JSON"),
    _limit("--stream-limit", "streams", defaults.STREAM_LIMIT, "gRPC streams open at once"),
    _limit(
        "--connection-limit",
        "connections",
        defaults.CONNECTION_LIMIT,
        "connections to each port open at once; more are answered 503 (REST) or closed (gRPC)",
    ),
    _limit(
        "--connections-per-address",
        "connections_per_address",
        defaults.CONNECTIONS_PER_ADDRESS,
        "connections of one IPv4 address, or of one IPv6 network of 64 bits, to each port",
    ),
    _limit(
        "--call-limit",
        "calls",
        defaults.CALL_LIMIT,
        "gRPC calls at once, streams among them; more are RESOURCE_EXHAUSTED",
    ),
)
"""Each is the field of `Limits` of the same name."""

LIMITS = OptionGroup(
    "limits",
    (
        MESSAGE_LIMIT_MIB,
        Option(
            "--decompressed-limit-mib",
            "largest REST body once decompressed",
            parse=whole_number(),
            default_text="the message limit",
            unit="MiB",
            metavar="N",
        ),
        *COUNTED,
    ),
)

SERVE = (LISTENING, MODELS, ENGINE, SECURITY, LIMITS)


def parser() -> OptionParser:
    """What reads the command's arguments."""
    return OptionParser(
        prog="main.py serve",
        description="Serve models over REST and gRPC until Ctrl-C or SIGTERM. "
        "Prints one line of JSON with the addresses when ready.",
        groups=SERVE,
    )
