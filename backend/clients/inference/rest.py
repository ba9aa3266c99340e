"""A REST connection with the codec for its calls."""

from __future__ import annotations

from http import HTTPStatus

from backend.clients.codecs import Call, Codec, RestCall, RestReply, make_codec
from backend.clients.connections.rest import OneThreadRest, RestConnection, is_success, takes_binary
from backend.clients.dialects.known import rules_of_server
from backend.clients.dialects.rules import AddressKind, Capability, DialectRules, check_can
from backend.core.choices import Api, Compression, RunSettings, Serialization
from backend.core.errors import PayloadTooLarge, ReplyMismatch, Unsupported, UsageError
from backend.core.inference import ServerMetadata
from backend.core.traffic import TrafficMeter, Transfer
from backend.core.wording import Wording
from backend.profiles.model_profile import ModelProfile
from backend.wire.oip.metadata_json import server_metadata_from_json
from backend.wire.oip.rest_errors import request_error


class RestInferenceClient:
    """Calls at the target's REST address; see `InferenceClient`."""

    def __init__(
        self, settings: RunSettings, profile: ModelProfile, meter: TrafficMeter | None = None
    ) -> None:
        if not settings.target.rest:
            raise UsageError(
                Wording("Target '{target}' has no REST address.", target=settings.target.name),
                hint=Wording("Switch REST on, give an address, or choose gRPC."),
            )
        self._settings = settings
        self._profile = profile
        self._connection = RestConnection(
            settings.target, message_limit=settings.largest_message, meter=meter
        )
        self.send_limit = settings.largest_message
        self.codec: Codec = make_codec(settings, profile, extensions=())

    def connect(self) -> None:
        """Fetch the server's description; raises TargetUnreachable and the like, and Unsupported
        for a serialisation or compression that the server does not take."""
        if self._settings.api is not Api.OIP:
            self._get("/models")
            return
        metadata = _metadata(self._get("/v2"))
        rules = rules_of_server(self._settings.target.dialect, metadata)
        self._check_payload(rules, metadata)
        offered = metadata.extensions if metadata is not None else ()
        self.codec = make_codec(self._settings, self._profile, extensions=offered, rules=rules)

    def call(self, call: Call, transfer: Transfer) -> RestReply:
        """One call with the run's deadline."""
        assert isinstance(call, RestCall)
        size = len(call.body)
        if size > self.send_limit:
            raise PayloadTooLarge(size, self.send_limit)
        try:
            reply = self._connection.send(
                call, deadline_s=self._settings.reply_within_s, transfer=transfer
            )
        finally:
            if transfer.sent_ns:
                transfer.message_sent(call.message_bytes)
        transfer.message_received(len(reply.body))
        if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise PayloadTooLarge(size, 0)
        return reply

    def one_thread(self) -> OneThreadRest:
        """Calls of these settings that are driven by the thread that waits for them."""
        return OneThreadRest(self._connection, self._settings.reply_within_s)

    def close(self) -> None:
        """End every call under way."""
        self._connection.close()

    def _get(self, path: str) -> RestReply:
        call = RestCall(path, {"Accept": "application/json"}, b"", "GET")
        reply = self._connection.send(call, deadline_s=self._connect_deadline_s)
        if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise request_error(reply.status, reply.body)
        return reply

    @property
    def _connect_deadline_s(self) -> float:
        return min(self._settings.target.connect_timeout_s, self._settings.reply_within_s)

    def _check_payload(self, rules: DialectRules, metadata: ServerMetadata | None) -> None:
        payload = self._settings.payload
        if payload.compression is Compression.GZIP:
            check_can(
                rules,
                Capability.REST_GZIP,
                address=AddressKind.REST,
                hint="Choose no compression, or gRPC.",
            )
        extension = payload.serialization.extension
        if not extension or (metadata is not None and extension in metadata.extensions):
            return
        # Some take bytes and do not list it; what else is not listed is not taken.
        unlisted = payload.serialization is Serialization.BINARY and takes_binary(
            self._connection, self._profile.model, self._connect_deadline_s
        )
        if unlisted is False:
            raise Unsupported(
                f"{metadata.name if metadata else 'The server'} takes no {payload.serialization} "
                "tensors over REST.",
                hint="Choose JSON, or gRPC, where tensors are bytes everywhere.",
            )


def _metadata(reply: RestReply) -> ServerMetadata | None:
    """What a server says of itself; None from one that says something else."""
    if not is_success(reply):
        return None
    try:
        return server_metadata_from_json(reply.body)
    except ReplyMismatch:
        return None
