"""Open Inference Protocol over gRPC, unary and streamed: raw or typed contents."""

from __future__ import annotations

import time
from collections.abc import Collection

from backend.clients.codecs.calls import GrpcCall, Outgoing, Reply, RestReply, SampleOf, no_sample
from backend.clients.codecs.parts import message_of, seq_of, sequence_of
from backend.clients.codecs.reply_check import ReplyCheck
from backend.clients.dialects import oip
from backend.clients.dialects.rules import DialectRules, StreamReplies
from backend.core.choices import Payload, Serialization, Transport
from backend.core.errors import ReplyMismatch, RequestError
from backend.core.inference import (
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    InferRequest,
    InferResponse,
    Parameters,
)
from backend.core.samples import Sample
from backend.profiles.model_profile import ModelProfile
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip.errors import error_in_text
from backend.wire.oip.requests import encode_request
from backend.wire.oip.stream_replies import decode_stream_reply, is_bare
from backend.wire.oip.timing import timing_from_parameters


class OipGrpcCodec:
    """Samples to ModelInfer or ModelStreamInfer and back; see `calls.Codec`."""

    rest_path = ""
    unary_method = oip_grpc.MODEL_INFER
    stream_method = oip_grpc.MODEL_STREAM_INFER

    def __init__(
        self,
        profile: ModelProfile,
        payload: Payload,
        transport: Transport,
        *,
        extensions: Collection[str],
        rules: DialectRules = oip.RULES,
    ) -> None:
        self._profile = profile
        self._rules = rules
        self._payload = payload
        self._check = ReplyCheck(profile, declared=rules.keeps_declarations)
        self._streamed = transport is Transport.GRPC_STREAM
        typed = payload.serialization is Serialization.TYPED
        wanted = (TIMING_EXTENSION, TYPED_EXTENSION) if typed else (TIMING_EXTENSION,)
        self._parameters: Parameters = {name: True for name in wanted if name in extensions}
        rules.check_parameters(self._parameters)
        self._sequence = sequence_of(profile, rules)

    def encode(self, sample: Sample, seq: int) -> Outgoing:
        """The ModelInferRequest for a sample."""
        tensors = self._profile.encode(sample, self._payload)
        self._rules.check_datatypes(tensors)
        prepared_ns = time.monotonic_ns()
        parameters = self._parameters
        if self._sequence is not None:
            parameters = {**parameters, **self._sequence.next()}
        request = InferRequest(
            self._profile.model, tuple(tensors), id=str(seq), parameters=parameters
        )
        _, message = encode_request(request, self._payload.serialization)
        return Outgoing(GrpcCall(message), prepared_ns, time.monotonic_ns())

    def restart(self) -> None:
        """Begin another sequence with the next request."""
        if self._sequence is not None:
            self._sequence.restart()

    def decode(
        self,
        reply: RestReply | bytes,
        sample_of: SampleOf = no_sample,
        request_seq: int | None = None,
    ) -> Reply:
        """The predictions of a ModelInferResponse, or of a stream's message.

        `seq` is None where the server's ids in a stream are not those of its requests: its
        replies then come in the order of the requests.
        """
        message = message_of(reply)
        if self._streamed:
            response, trusted = self._streamed_response(message)
        else:
            response, trusted = oip_grpc.decode_response(message), True
        if trusted:
            self._check.check_id(response.id, request_seq)
        seq = seq_of(response.id) if trusted else None
        try:
            self._check.check_outputs(response)
            predictions = self._profile.decode(response.outputs, sample_of(seq))
        except ReplyMismatch as error:
            error.seq = seq
            raise
        return Reply(seq, predictions, timing_from_parameters(response.parameters))

    def _streamed_response(self, message: bytes) -> tuple[InferResponse, bool]:
        """The response, and whether its id is its request's; raises the error that came instead,
        with its `seq`."""
        bare = self._rules.stream_replies is StreamReplies.BARE or is_bare(message)
        text, response = decode_stream_reply(message, bare=bare)
        # Who sends bare replies has been seen to repeat the first request's id.
        trusted = self._rules.stream_ids and not bare
        if text:
            self.restart()
            error: RequestError = error_in_text(text)
            error.seq = seq_of(response.id) if trusted and response is not None else None
            raise error
        if response is None:
            raise ReplyMismatch("The stream's message holds neither a response nor an error.")
        return response, trusted
