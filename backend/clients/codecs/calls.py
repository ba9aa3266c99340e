"""What goes out and what comes back in one call, apart from the connection that carries it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from backend.core.predictions import Predictions
from backend.core.samples import Sample
from backend.core.timing import ServerTiming


@dataclass(frozen=True, slots=True, eq=False)
class RestCall:
    """A REST request: `path` starts with / and carries its query.

    `uncompressed` is the size of a body that is compressed, before it was.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes | bytearray | memoryview = b""
    method: str = "POST"
    uncompressed: int | None = None

    @property
    def message_bytes(self) -> int:
        """Bytes of the body before its compression."""
        return len(self.body) if self.uncompressed is None else self.uncompressed


@dataclass(frozen=True, slots=True, eq=False)
class RestReply:
    """A REST reply of any status; `body` is decompressed already."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True, eq=False)
class GrpcCall:
    """A serialised gRPC request message."""

    message: bytes

    @property
    def message_bytes(self) -> int:
        """Bytes of the message before its compression."""
        return len(self.message)


Call: TypeAlias = RestCall | GrpcCall


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """A sample made ready to send, and when its tensors and then its bytes were complete."""

    call: Call
    prepared_ns: int
    encoded_ns: int

    @property
    def size_bytes(self) -> int:
        """Bytes of the body or message before its compression; headers are not counted."""
        return self.call.message_bytes


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """One answer: `seq` is None where the protocol carries no id."""

    seq: int | None
    predictions: Predictions
    server: ServerTiming | None = None


SampleOf: TypeAlias = Callable[[int | None], Sample | None]
"""The sample that a request was made of, by the reply's `seq`; None for one that is forgotten."""


def no_sample(seq: int | None) -> Sample | None:  # noqa: ARG001 - none is known
    """For a reader who does not know what was sent."""
    return None


class Codec(Protocol):
    """Samples to messages and back for one API, transport, payload and model; pure and
    thread-safe."""

    @property
    def rest_path(self) -> str:
        """Path of the REST call, or '' over gRPC."""
        ...

    @property
    def unary_method(self) -> str:
        """Full name of the unary method, or '' over REST."""
        ...

    @property
    def stream_method(self) -> str:
        """Full name of the streaming method, or '' over REST."""
        ...

    def encode(self, sample: Sample, seq: int) -> Outgoing:
        """The call for a sample; raises InvalidInput if the model cannot take it."""
        ...

    def restart(self) -> None:
        """Begin anew what requests share: one failed in a way that no reply has shown."""
        ...

    def decode(
        self,
        reply: RestReply | bytes,
        sample_of: SampleOf = no_sample,
        request_seq: int | None = None,
    ) -> Reply:
        """What came back: a RestReply, or the bytes of a gRPC message.

        `sample_of` gives the sample of a request that the reply names, so that coordinates are
        those of its source. `request_seq` is that of the request where the call itself tells it.

        Raises RequestError with the server's text for an error reply, ReplyMismatch for one that
        is not what the protocol, the request or the model's declaration promises; `seq` of both
        is set where the reply names its request.
        """
        ...
