"""How much the server takes from anybody, each with an option of `serve`."""

from __future__ import annotations

from dataclasses import dataclass, fields

from backend.core import defaults
from backend.core.errors import UsageError
from backend.wire.reading_limits import ReadingLimits

_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds beside the message limit; raises UsageError for one below 1.

    `decompressed_bytes` bounds a compressed REST body once unpacked, None is the message limit.
    `header_bytes` and `headers` bound the headers of a REST request, `header_bytes` the metadata of
    a gRPC call too. `tensors` bounds the inputs, and the outputs asked for, of a request, `nesting`
    the depth of JSON. `streams` are gRPC streams open at once, `calls` gRPC calls, streams among
    them, `connections` those to one port, and `connections_per_address` those of one client to it.
    """

    decompressed_bytes: int | None = None
    header_bytes: int = defaults.HEADER_BYTES
    headers: int = defaults.HEADER_LIMIT
    tensors: int = defaults.TENSOR_LIMIT
    nesting: int = defaults.NESTING_LIMIT
    streams: int = defaults.STREAM_LIMIT
    connections: int = defaults.CONNECTION_LIMIT
    connections_per_address: int = defaults.CONNECTIONS_PER_ADDRESS
    calls: int = defaults.CALL_LIMIT

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 1 <= value <= _LARGEST:
                what = field.name.replace("_", " ")
                raise UsageError(f"The limit of {what} must be 1 to {_LARGEST}, got {value}.")

    @property
    def reading(self) -> ReadingLimits:
        """Those that the readers of requests keep to."""
        return ReadingLimits(tensors=self.tensors, nesting=self.nesting)
