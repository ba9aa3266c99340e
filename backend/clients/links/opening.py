"""Which link speaks which transport."""

from __future__ import annotations

from backend.clients.links.base import Link
from backend.clients.links.grpc import GrpcLink
from backend.clients.links.rest import RestLink
from backend.core.choices import RunSettings, Transport
from backend.profiles.model_profile import ModelProfile


def open_link(settings: RunSettings, profile: ModelProfile) -> Link:
    """A link for the settings' transport, not yet connected; raises UsageError."""
    if settings.transport is Transport.REST:
        return RestLink(settings, profile)
    return GrpcLink(settings, profile)
