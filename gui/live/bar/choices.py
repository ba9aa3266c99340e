"""What each switch of the bar can be set to, with label and tooltip."""

from __future__ import annotations

from typing import TypeAlias

from backend.core.choices import Api, Compression, ImageEncoding, Serialization, Transport
from gui.widgets.language import tr

Choices: TypeAlias = tuple[tuple[str, str, str], ...]
"""Value, label and tooltip of each; labels that are protocol words stay as they are."""


def api_choices() -> Choices:
    """The two interfaces of a server."""
    return (
        (Api.SERVING, tr("Simple"), tr("Simple serving: POST /predict and ModelServing")),
        (
            Api.OIP,
            "Open Inference",
            tr("Open Inference Protocol v2, as Triton and KServe speak it"),
        ),
    )


def transport_choices() -> Choices:
    """Ways for requests to travel."""
    return (
        (Transport.REST, "REST", tr("One HTTP request for each item")),
        (Transport.GRPC, "gRPC", tr("One gRPC call for each item")),
        (Transport.GRPC_STREAM, tr("gRPC stream"), tr("One gRPC stream for all items")),
    )


def serialization_choices() -> Choices:
    """Ways to write tensors."""
    return tuple((each, each.value, tr(each.tip)) for each in Serialization)


def image_choices() -> Choices:
    """Ways to write pictures."""
    return (
        (ImageEncoding.RAW, "raw", tr("Pixels as they are")),
        (ImageEncoding.JPEG, "jpeg", tr("Small, with losses")),
        (ImageEncoding.PNG, "png", tr("Smaller, without losses, slow to write")),
    )


def compression_choices() -> Choices:
    """Ways to compress messages."""
    return (
        (Compression.NONE, tr("none"), tr("Messages as they are")),
        (Compression.GZIP, "gzip", tr("Whole messages compressed")),
    )
