"""Open Inference Protocol over REST: JSON or the binary tensor extension."""

from __future__ import annotations

import time

from backend.clients.codecs.calls import Outgoing, Reply, RestReply, SampleOf, no_sample
from backend.clients.codecs.parts import checked, rest_call, seq_of, sequence_of
from backend.clients.codecs.reply_check import ReplyCheck
from backend.clients.dialects import oip
from backend.clients.dialects.rules import DialectRules, NotFinite
from backend.core.choices import Payload
from backend.core.errors import RequestError
from backend.core.inference import InferRequest
from backend.core.samples import Sample
from backend.profiles.model_profile import ModelProfile
from backend.wire.oip import rest as oip_rest
from backend.wire.oip.requests import encode_request
from backend.wire.oip.timing import SERVER_TIMING, timing_from_header


class OipRestCodec:
    """Samples to POST /v2/models/M/infer and back; see `calls.Codec`."""

    unary_method = ""
    stream_method = ""

    def __init__(
        self, profile: ModelProfile, payload: Payload, *, rules: DialectRules = oip.RULES
    ) -> None:
        self._profile = profile
        self._rules = rules
        self._bare_nan = rules.not_finite is NotFinite.TOKENS
        self._payload = payload
        self._check = ReplyCheck(profile, declared=rules.keeps_declarations)
        self._sequence = sequence_of(profile, rules)
        self.rest_path = oip_rest.infer_path(profile.model)

    def encode(self, sample: Sample, seq: int) -> Outgoing:
        """The call for a sample; raises InvalidInput for what JSON cannot carry."""
        tensors = self._profile.encode(sample, self._payload)
        self._rules.check_datatypes(tensors)
        prepared_ns = time.monotonic_ns()
        headers, body = encode_request(
            InferRequest(
                self._profile.model,
                tuple(tensors),
                id=str(seq),
                parameters=self._sequence.next() if self._sequence is not None else {},
            ),
            self._payload.serialization,
            bare_nan=self._bare_nan,
        )
        call = rest_call(self.rest_path, headers, body, self._payload)
        return Outgoing(call, prepared_ns, time.monotonic_ns())

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
        """The predictions of an infer reply."""
        try:
            good = checked(reply)
        except RequestError:
            self.restart()
            raise
        response = oip_rest.decode_response(good.headers, good.body)
        self._check.check_id(response.id, request_seq)
        self._check.check_outputs(response)
        seq = seq_of(response.id)
        return Reply(
            seq,
            self._profile.decode(response.outputs, sample_of(seq)),
            timing_from_header(oip_rest.header_of(good.headers, SERVER_TIMING)),
        )
