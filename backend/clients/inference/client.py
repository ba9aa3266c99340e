"""Inference over either protocol, as a lane needs it: calls, and the codec for them."""

from __future__ import annotations

from typing import Protocol

from backend.clients.codecs import Call, Codec, RestReply
from backend.clients.inference.grpc import GrpcInferenceClient
from backend.clients.inference.rest import RestInferenceClient
from backend.core.choices import RunSettings, Transport
from backend.core.traffic import TrafficMeter, Transfer
from backend.profiles.model_profile import ModelProfile


class InferenceClient(Protocol):
    """A connection to one target with the codec for its calls; safe to use from several threads."""

    codec: Codec
    send_limit: int
    """Most bytes of a message; a longer one raises PayloadTooLarge and is not sent."""

    def connect(self) -> None:
        """Reach the target and learn what it offers; raises TargetUnreachable and the like."""
        ...

    def call(self, call: Call, transfer: Transfer) -> RestReply | bytes:
        """One call: the reply for the codec; `transfer` follows it, also when it fails."""
        ...

    def close(self) -> None:
        """End every call under way; may be called twice."""
        ...


def inference_client(
    settings: RunSettings, profile: ModelProfile, meter: TrafficMeter | None = None
) -> InferenceClient:
    """The client for the settings' transport, not yet connected; raises UsageError.

    `meter` counts what connecting takes; the transfer of a call has its own.
    """
    if settings.transport is Transport.REST:
        return RestInferenceClient(settings, profile, meter)
    return GrpcInferenceClient(settings, profile)
