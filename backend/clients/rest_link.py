"""A REST connection with the codec for its calls."""

from __future__ import annotations

import orjson

from backend.clients.calls import Call, Codec, RestCall, RestReply
from backend.clients.codecs import make_codec
from backend.clients.rest_channel import RestChannel, is_success
from backend.core.choices import Api, RunSettings
from backend.core.errors import UsageError
from backend.core.inference import TIMING_EXTENSION
from backend.profiles.profile import ModelProfile

_CONNECT_DEADLINE_S = 3.0


class RestLink:
    """Speaks to the target's REST address; see `link.Link`."""

    def __init__(self, settings: RunSettings, profile: ModelProfile) -> None:
        if not settings.target.rest:
            raise UsageError(
                f"Target '{settings.target.name}' has no REST address.",
                hint="Switch REST on, give an address, or choose gRPC.",
            )
        self._settings = settings
        self._profile = profile
        self._channel = RestChannel(
            settings.target.rest,
            message_limit=settings.message_limit,
            loopback=settings.target.loopback,
        )
        self.codec: Codec = make_codec(settings, profile, timing_extension=False)

    def connect(self) -> None:
        """Fetch the server's description; raises TargetUnreachable and the like."""
        oip = self._settings.api is Api.OIP
        reply = self._channel.send(
            RestCall("/v2" if oip else "/models", {"Accept": "application/json"}, b"", "GET"),
            deadline_s=min(_CONNECT_DEADLINE_S, self._settings.deadline_s),
        )
        self.codec = make_codec(
            self._settings, self._profile, timing_extension=oip and _reports_timing(reply)
        )

    def call(self, call: Call) -> tuple[RestReply, int]:
        """One call with the run's deadline."""
        assert isinstance(call, RestCall)
        reply = self._channel.send(call, deadline_s=self._settings.deadline_s)
        return reply, len(reply.body)

    def close(self) -> None:
        """End every call under way."""
        self._channel.close()


def _reports_timing(reply: RestReply) -> bool:
    """Whether a server's metadata lists our timing extension; foreign bodies count as no."""
    if not is_success(reply):
        return False
    try:
        metadata = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return False
    extensions = metadata.get("extensions") if isinstance(metadata, dict) else None
    return isinstance(extensions, list) and TIMING_EXTENSION in extensions
