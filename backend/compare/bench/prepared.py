"""The exchange alone: requests written once, and replies read only now and then."""

from __future__ import annotations

import time
from dataclasses import dataclass

from backend.clients.codecs import Codec, Outgoing, Reply, RestReply, SampleOf, no_sample
from backend.clients.connections.rest import is_success
from backend.core.errors import Unsupported
from backend.core.samples import Sample
from backend.profiles.model_profile import ModelProfile
from backend.wire.oip.stream_replies import id_of_good_reply

_READ_ONE_IN = 100
"""Reading replies takes at most so small a part of the time."""


@dataclass(frozen=True, slots=True, eq=False)
class UnreadReply(Reply):
    """A reply that was seen to be none of an error, and not looked into."""


class PreparedCodec:
    """Stands before another codec; see `Codec`.

    A request of the same `seq` is the same bytes each time. Of the replies some are read, so that
    what is wrong with them and what the server says of its time is seen.
    """

    def __init__(self, codec: Codec, *, streamed: bool) -> None:
        self._codec = codec
        self._streamed = streamed
        self._made: dict[int, Outgoing] = {}
        self._read_from_ns = 0
        self.rest_path = codec.rest_path
        self.unary_method = codec.unary_method
        self.stream_method = codec.stream_method

    def encode(self, sample: Sample, seq: int) -> Outgoing:
        """The call of that number, which is made the first time."""
        made = self._made.get(seq)
        if made is None:
            made = self._made[seq] = self._codec.encode(sample, seq)
        now_ns = time.monotonic_ns()
        return Outgoing(made.call, now_ns, now_ns)

    def restart(self) -> None:
        """Nothing: requests share nothing."""

    def decode(
        self,
        reply: RestReply | bytes,
        sample_of: SampleOf = no_sample,
        request_seq: int | None = None,
    ) -> Reply:
        """Raises what the codec does for a reply that is read, and for an error always."""
        begun_ns = time.monotonic_ns()
        if begun_ns < self._read_from_ns and (unread := self._glance(reply)) is not None:
            return unread
        read = self._codec.decode(reply, sample_of, request_seq)
        ended_ns = time.monotonic_ns()
        self._read_from_ns = ended_ns + _READ_ONE_IN * (ended_ns - begun_ns)
        return read

    def _glance(self, reply: RestReply | bytes) -> UnreadReply | None:
        """The reply if it needs no reading."""
        if isinstance(reply, RestReply):
            return UnreadReply(None, ()) if is_success(reply) else None
        if not self._streamed:  # a call that failed has raised its status
            return UnreadReply(None, ())
        known = id_of_good_reply(reply)
        return UnreadReply(int(known), ()) if known.isdecimal() else None


def check_repeatable(profile: ModelProfile) -> None:
    """Raise Unsupported for a model whose requests are not alike."""
    if profile.sequence:
        raise Unsupported(
            f"'{profile.model}' remembers: each of its requests says where in a sequence it is.",
            hint="Time the whole of them.",
        )
