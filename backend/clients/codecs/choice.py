"""Which codec speaks an API over a transport."""

from __future__ import annotations

from collections.abc import Collection

from backend.clients.codecs.calls import Codec
from backend.clients.codecs.oip_grpc import OipGrpcCodec
from backend.clients.codecs.oip_rest import OipRestCodec
from backend.clients.codecs.serving_grpc import ServingGrpcCodec
from backend.clients.codecs.serving_rest import ServingRestCodec
from backend.clients.dialects import oip
from backend.clients.dialects.rules import DialectRules
from backend.core.choices import Api, RunSettings, why_not_serialization
from backend.core.errors import UsageError
from backend.profiles.model_profile import ModelProfile


def make_codec(
    settings: RunSettings,
    profile: ModelProfile,
    *,
    extensions: Collection[str],
    rules: DialectRules = oip.RULES,
) -> Codec:
    """The codec for these settings and the server's dialect.

    `extensions` are those that the server lists: what is ours is used where it is offered.

    Raises UsageError for a serialisation that the transport does not have.
    """
    payload, transport = settings.payload, settings.transport
    if reason := why_not_serialization(payload.serialization, transport):
        raise UsageError(reason)
    if settings.api is Api.SERVING:
        kind = ServingGrpcCodec if transport.is_grpc else ServingRestCodec
        return kind(profile, payload)
    if transport.is_grpc:
        return OipGrpcCodec(profile, payload, transport, extensions=extensions, rules=rules)
    return OipRestCodec(profile, payload, rules=rules)
