"""Simple serving over REST: POST /predict with JSON, a file, or raw pixels."""

from __future__ import annotations

import time
from urllib.parse import urlencode

from backend.clients.codecs.calls import Outgoing, Reply, RestCall, RestReply, SampleOf, no_sample
from backend.clients.codecs.parts import check_takes, checked, rest_call
from backend.clients.codecs.reply_check import ReplyCheck
from backend.core.choices import ImageEncoding, Payload
from backend.core.errors import InvalidInput
from backend.core.samples import AudioWindow, Frame, MediaKind, Sample
from backend.core.tensors import Tensor
from backend.profiles.inputs.recipe import file_bytes
from backend.profiles.model_profile import ModelProfile
from backend.wire.media.sound import encode_wav
from backend.wire.oip.rest import JSON_TYPE, header_of
from backend.wire.oip.timing import SERVER_TIMING, timing_from_header
from backend.wire.serving.rest import PREDICT_PATH, RAW_TYPE, decode_reply, encode_values

_FILE_TYPES = {ImageEncoding.JPEG: "image/jpeg", ImageEncoding.PNG: "image/png"}


class ServingRestCodec:
    """Samples to POST /predict and back; see `calls.Codec`."""

    unary_method = ""
    stream_method = ""

    def __init__(self, profile: ModelProfile, payload: Payload) -> None:
        self._profile = profile
        self._payload = payload
        self._check = ReplyCheck(profile)
        self.rest_path = _path(model=profile.model)

    def encode(self, sample: Sample, seq: int) -> Outgoing:  # noqa: ARG002 - replies need no id
        """The call for a sample; raises InvalidInput if the model takes another kind."""
        check_takes(self._profile, sample)
        if not self._payload.serialization.carries_files:
            return self._values(sample)
        if isinstance(sample, AudioWindow):
            prepared_ns = time.monotonic_ns()
            return self._made(prepared_ns, "audio/wav", encode_wav(sample.samples, sample.rate))
        return self._picture(sample)

    def restart(self) -> None:
        """Every item stands by itself."""

    def decode(
        self,
        reply: RestReply | bytes,
        sample_of: SampleOf = no_sample,  # noqa: ARG002 - the server knew the picture
        request_seq: int | None = None,  # noqa: ARG002 - replies carry no id
    ) -> Reply:
        """The predictions of a /predict reply."""
        good = checked(reply)
        predictions, timing = decode_reply(good.body, self._profile.outputs)
        self._check.check_predictions(predictions)
        # The header is written after the body, and knows also how long its compression took.
        of_header = timing_from_header(header_of(good.headers, SERVER_TIMING))
        return Reply(None, predictions, of_header or timing)

    def _picture(self, frame: Frame) -> Outgoing:
        encoding = self._payload.image
        body = file_bytes(frame, self._payload)
        prepared_ns = time.monotonic_ns()
        if encoding is not ImageEncoding.RAW:
            return self._made(prepared_ns, _FILE_TYPES[encoding], body)
        path = _path(
            model=self._profile.model, height=frame.height, width=frame.width, format="rgb"
        )
        return self._made(prepared_ns, RAW_TYPE, body, path)

    def _values(self, sample: Sample) -> Outgoing:
        """Numbers: pixels row by row, samples with their rate, or the bytes a model takes."""
        rate = None
        if self._profile.kind is MediaKind.BYTES:
            values = self._only_tensor(sample).data
        elif isinstance(sample, AudioWindow):
            values, rate = sample.samples, sample.rate
        else:
            values = sample.pixels
        prepared_ns = time.monotonic_ns()
        return self._made(prepared_ns, JSON_TYPE, encode_values(values, rate))

    def _only_tensor(self, sample: Sample) -> Tensor:
        tensors = self._profile.encode(sample, self._payload)
        if len(tensors) != 1:
            raise InvalidInput(
                f"Model '{self._profile.model}' takes {len(tensors)} tensors; JSON of simple "
                "serving carries one.",
                hint="Use the Open Inference Protocol.",
            )
        return tensors[0]

    def _made(self, prepared_ns: int, content_type: str, body: bytes, path: str = "") -> Outgoing:
        call: RestCall = rest_call(
            path or self.rest_path, {"Content-Type": content_type}, body, self._payload
        )
        return Outgoing(call, prepared_ns, time.monotonic_ns())


def _path(**query: str | int) -> str:
    return f"{PREDICT_PATH}?{urlencode(query)}"
