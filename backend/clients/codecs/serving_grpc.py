"""Simple serving over gRPC: tensors in typed lists, or pictures and sound as they are."""

from __future__ import annotations

import time

from backend.clients.codecs.calls import GrpcCall, Outgoing, Reply, RestReply, SampleOf, no_sample
from backend.clients.codecs.parts import check_takes, message_of, seq_of
from backend.clients.codecs.reply_check import ReplyCheck
from backend.core.choices import ImageEncoding, Payload, Serialization
from backend.core.samples import AudioWindow, MediaKind, Sample
from backend.core.tensors import Tensor
from backend.profiles.inputs.recipe import OurInputs, file_bytes
from backend.profiles.model_profile import ModelProfile
from backend.wire.serving import grpc as serving_grpc
from backend.wire.serving.items import Item, PictureFile, Pixels, Sound, Tensors


class ServingGrpcCodec:
    """Samples to Predict or StreamPredict and back; see `calls.Codec`."""

    rest_path = ""
    unary_method = serving_grpc.PREDICT
    stream_method = serving_grpc.STREAM_PREDICT

    def __init__(self, profile: ModelProfile, payload: Payload) -> None:
        self._profile = profile
        self._payload = payload
        self._check = ReplyCheck(profile)
        self._raw = payload.serialization is Serialization.RAW

    def encode(self, sample: Sample, seq: int) -> Outgoing:
        """The InputData for a sample; raises InvalidInput if the model takes another kind."""
        item = self._item(sample)
        prepared_ns = time.monotonic_ns()
        message = serving_grpc.encode_input(
            serving_grpc.ServingInput(item, str(seq), self._profile.model, raw=self._raw)
        )
        return Outgoing(GrpcCall(message), prepared_ns, time.monotonic_ns())

    def restart(self) -> None:
        """Every item stands by itself."""

    def decode(
        self,
        reply: RestReply | bytes,
        sample_of: SampleOf = no_sample,  # noqa: ARG002 - the server knew the picture
        request_seq: int | None = None,
    ) -> Reply:
        """The predictions of a PredictionResult; raises the error it carries, with its `seq`."""
        result = serving_grpc.decode_result(message_of(reply))
        seq = seq_of(result.id)
        if result.error is not None:
            result.error.seq = seq
            raise result.error
        self._check.check_id(result.id, request_seq)
        self._check.check_predictions(result.predictions)
        return Reply(seq, result.predictions, result.timing)

    def _tensors(self, sample: Sample) -> list[Tensor]:
        """Pictures and sound as they are: the server's own profile prepares them."""
        if self._profile.kind is MediaKind.BYTES:
            return self._profile.encode(sample, self._payload)
        check_takes(self._profile, sample)
        return OurInputs().tensors(sample, self._payload, ())

    def _item(self, sample: Sample) -> Item:
        if not self._raw:
            return Tensors(self._tensors(sample))
        check_takes(self._profile, sample)
        if isinstance(sample, AudioWindow):
            return Sound(sample.samples, sample.rate)
        if self._payload.image is ImageEncoding.RAW:
            return Pixels(sample.pixels)
        return PictureFile(file_bytes(sample, self._payload))
