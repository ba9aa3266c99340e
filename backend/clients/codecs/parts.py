"""What the codecs share: when things were done, ids, compression of REST bodies."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from backend.clients.codecs.calls import RestCall, RestReply
from backend.clients.codecs.sequence import RequestSequence
from backend.clients.dialects.rules import Capability, DialectRules, check_can
from backend.core.choices import Compression, Payload, why_not_model
from backend.core.errors import InvalidInput, ReplyMismatch
from backend.core.samples import Frame, MediaKind, Sample
from backend.profiles.model_profile import ModelProfile
from backend.wire.oip.rest_errors import request_error

_GZIP_BITS = 31
_GZIP_ONLY = "gzip, identity;q=0"
"""Our own server sends a client on its machine plain bytes unless it refuses them."""
_LEVEL = 1  # a frame gains little from a higher one and waits several times longer


def rest_call(path: str, headers: Mapping[str, str], body: bytes, payload: Payload) -> RestCall:
    """The POST of a body, compressed if the payload says so."""
    if payload.compression is Compression.NONE:
        return RestCall(path, {**headers, "Accept-Encoding": "identity"}, body)
    writer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_BITS)
    packed = writer.compress(body) + writer.flush()
    coded = {**headers, "Content-Encoding": "gzip", "Accept-Encoding": _GZIP_ONLY}
    return RestCall(path, coded, packed, uncompressed=len(body))


def check_takes(profile: ModelProfile, sample: Sample) -> None:
    """Raise InvalidInput if the model takes another kind than the sample's."""
    kind = MediaKind.IMAGE if isinstance(sample, Frame) else MediaKind.AUDIO
    if reason := why_not_model(kind, profile.kind):
        raise InvalidInput(reason)


def sequence_of(profile: ModelProfile, rules: DialectRules) -> RequestSequence | None:
    """The sequence of a model that remembers; raises Unsupported where the server knows none."""
    if not profile.sequence:
        return None
    check_can(
        rules, Capability.SEQUENCES, hint="Take 'sequence' out of the profile, or another server."
    )
    return RequestSequence()


def checked(reply: RestReply | bytes) -> RestReply:
    """The reply if its status is in the 200s; raises RequestError with the server's text."""
    if not isinstance(reply, RestReply):
        raise ReplyMismatch("A gRPC message came where a REST reply was due.")
    if not 200 <= reply.status < 300:
        raise request_error(reply.status, reply.body)
    return reply


def message_of(reply: RestReply | bytes) -> bytes:
    """The bytes of a gRPC reply."""
    if isinstance(reply, RestReply):
        raise ReplyMismatch("A REST reply came where a gRPC message was due.")
    return reply


def seq_of(request_id: str) -> int | None:
    """The sample's number in the id that was sent with it, or None for any other id."""
    if request_id.isascii() and request_id.isdigit() and len(request_id) < 19:
        return int(request_id)
    return None
