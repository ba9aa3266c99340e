"""Inference over gRPC in the Open Inference Protocol: messages as bytes, both directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from backend.core.errors import InvalidInput
from backend.core.inference import (
    TYPED_EXTENSION,
    InferRequest,
    InferResponse,
    RequestedOutput,
)
from backend.core.tensors import Datatype, Tensor, datatype_from_name
from backend.wire.elements import (
    Buffer,
    TensorRef,
    check_dimensions,
    from_raw,
    reading_reply,
    to_raw,
)
from backend.wire.generated.open_inference_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelStreamInferResponse,
)
from backend.wire.oip.parameters import from_messages, to_messages
from backend.wire.oip.shared_regions import REGION, RegionReader, read_span, span_of
from backend.wire.oip.timing import ReplyTiming
from backend.wire.protobuf.fields import last_texts, parse
from backend.wire.protobuf.trailing import (
    check_number_of_fields,
    only_field,
    read_with_buffers,
    size_without,
    write_pieces,
)
from backend.wire.protobuf.varint import field_head
from backend.wire.reading_limits import USUAL_LIMITS, ReadingLimits
from backend.wire.tensors.typed import from_typed, has_typed_field, to_typed

SERVICE = "inference.GRPCInferenceService"
MODEL_INFER = f"/{SERVICE}/ModelInfer"
MODEL_STREAM_INFER = f"/{SERVICE}/ModelStreamInfer"

_BYTES = Datatype.BYTES
"""Kept, as looking up a member takes longer than comparing it."""
_MODEL_NAME = ModelInferRequest.MODEL_NAME_FIELD_NUMBER
_ID = ModelInferRequest.ID_FIELD_NUMBER
_RAW_INPUTS = ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER
_RAW_OUTPUTS = ModelInferResponse.RAW_OUTPUT_CONTENTS_FIELD_NUMBER
_INFER_RESPONSE = ModelStreamInferResponse.INFER_RESPONSE_FIELD_NUMBER

_InputTensor: TypeAlias = ModelInferRequest.InferInputTensor
_OutputTensor: TypeAlias = ModelInferResponse.InferOutputTensor
_WireTensor: TypeAlias = _InputTensor | _OutputTensor


def encode_request(request: InferRequest, *, raw: bool) -> bytes:
    """A ModelInferRequest, its elements raw or in typed lists.

    Raises InvalidInput for FP16 and BF16 in typed lists, which have none for them.
    """
    message = ModelInferRequest(
        model_name=request.model,
        model_version=request.version,
        id=request.id,
        parameters=to_messages(request.parameters),
        outputs=[
            ModelInferRequest.InferRequestedOutputTensor(
                name=output.name, parameters=to_messages(output.parameters)
            )
            for output in request.outputs
        ],
    )
    for tensor in request.inputs:
        slot = message.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
        if not raw:
            to_typed(tensor, slot.contents)
    buffers = map(to_raw, request.inputs) if raw else ()
    return b"".join(write_pieces(message, _RAW_INPUTS, buffers))


def decode_request(
    data: bytes, regions: RegionReader | None = None, limits: ReadingLimits = USUAL_LIMITS
) -> InferRequest:
    """A ModelInferRequest; raises InvalidInput.

    `regions` reads the inputs that lie in shared memory.
    """
    message, raw = read_with_buffers(ModelInferRequest, data, _RAW_INPUTS, "raw_input_contents")
    limits.check_tensors("input", len(message.inputs))
    limits.check_tensors("output", len(message.outputs))
    if raw:
        _check_raw_request(message, len(raw))
    return InferRequest(
        model=message.model_name,
        inputs=tuple(_tensors(message.inputs, raw, "input", message.model_name, regions)),
        version=message.model_version,
        id=message.id,
        parameters=from_messages(message.parameters),
        outputs=tuple(
            RequestedOutput(output.name, from_messages(output.parameters))
            for output in message.outputs
        ),
    )


def wants_raw(request: InferRequest) -> bool:
    """Whether the reply is to be raw: as with Triton it is, however the inputs came.

    The parameter `TYPED_EXTENSION` asks for typed lists.
    """
    return request.parameters.get(TYPED_EXTENSION) is not True


def has_typed_inputs(data: bytes) -> bool:
    """Whether a ModelInferRequest has inputs in typed lists; raises InvalidInput if it is none."""
    message, _ = read_with_buffers(ModelInferRequest, data, _RAW_INPUTS, "raw_input_contents")
    return any(map(_filled, message.inputs))


def bytes_to_read(data: bytes) -> int:
    """How many bytes of a request have to be read piece by piece: raw numbers are taken as such."""
    size = size_without(data, _RAW_INPUTS)
    return len(data) if Datatype.BYTES.encode() in data[:size] else size


def model_and_id(data: bytes) -> tuple[str, str]:
    """Model and id of a request that may be broken or too large to read; '' if not found."""
    model, own_id = last_texts(data, (_MODEL_NAME, _ID))
    return model, own_id


def bytes_to_write(response: InferResponse, *, raw: bool) -> int:
    """How many bytes of the outputs are not sent as they are, but element by element."""
    size = 0
    for tensor in response.outputs:  # a loop, not a generator: every reply comes by here
        if not raw or tensor.datatype is _BYTES:
            size += tensor.data.nbytes
    return size


def encode_response(
    response: InferResponse, *, raw: bool, timed: ReplyTiming | None = None
) -> bytes:
    """A ModelInferResponse; FP16 and BF16 outputs make all of them raw.

    `timed` are durations that it is to tell: that of writing it is all but the last joining of
    bytes.
    """
    return b"".join(_response_pieces(response, raw=raw, timed=timed))


def decode_response(data: bytes) -> InferResponse:
    """A ModelInferResponse, raw, typed or mixed; raises ReplyMismatch."""
    with reading_reply():
        return _read_response(data)


def encode_stream_response(
    response: InferResponse | None,
    *,
    raw: bool,
    error: str = "",
    request_id: str = "",
    timed: ReplyTiming | None = None,
) -> bytes:
    """One message of ModelStreamInfer: a response, or the error of the request with that id.

    `timed` is as in `encode_response`.
    """
    if response is None:
        return ModelStreamInferResponse(
            error_message=error or "unknown error", infer_response=ModelInferResponse(id=request_id)
        ).SerializeToString()
    pieces = _response_pieces(response, raw=raw, timed=timed)
    return b"".join((field_head(_INFER_RESPONSE, sum(map(len, pieces))), *pieces))


def decode_stream_response(data: bytes) -> tuple[str, InferResponse | None]:
    """One message of ModelStreamInfer: its error or '', and its response.

    With an error, the response holds no more than the request's id. Raises ReplyMismatch.
    """
    with reading_reply():
        content = only_field(data, _INFER_RESPONSE)
        if content is not None:
            return "", _read_response(content)
        check_number_of_fields(data, inside=_INFER_RESPONSE)
        message = parse(ModelStreamInferResponse, data)
        if not message.HasField("infer_response"):
            return message.error_message, None
        response = message.infer_response
        return message.error_message, _response(response, response.raw_output_contents)


def _response_pieces(
    response: InferResponse, *, raw: bool, timed: ReplyTiming | None = None
) -> list[Buffer]:
    message = ModelInferResponse(
        model_name=response.model,
        model_version=response.version,
        id=response.id,
        parameters=to_messages(response.parameters),
    )
    elsewhere = response.elsewhere
    raw = raw or not all(has_typed_field(tensor.datatype) for tensor in response.outputs)
    for tensor in response.outputs:
        slot = message.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
        if not raw and tensor.name not in elsewhere:
            to_typed(tensor, slot.contents)
    # What lies elsewhere has an empty entry: readers count entries as they count outputs.
    buffers = (b"" if tensor.name in elsewhere else to_raw(tensor) for tensor in response.outputs)
    pieces = write_pieces(message, _RAW_OUTPUTS, buffers if raw else ())
    if timed is not None:
        # Entries of a map may stand anywhere; before the buffers, which readers expect last.
        pieces.insert(1, timed.entries())
    return pieces


def _read_response(data: Buffer) -> InferResponse:
    return _response(
        *read_with_buffers(ModelInferResponse, data, _RAW_OUTPUTS, "raw_output_contents")
    )


def _response(message: ModelInferResponse, raw: Sequence[Buffer]) -> InferResponse:
    outputs = _tensors(message.outputs, raw, "output", message.model_name)
    return InferResponse(
        model=message.model_name,
        outputs=tuple(outputs),
        version=message.model_version,
        id=message.id,
        parameters=from_messages(message.parameters),
    )


def _check_raw_request(message: ModelInferRequest, entries: int) -> None:
    model = message.model_name
    for tensor in message.inputs:
        if _filled(tensor):
            raise InvalidInput(
                f"contents field must not be specified when using raw_input_contents for "
                f"'{tensor.name}' for model '{model}'"
            )
    inline = sum(REGION not in tensor.parameters for tensor in message.inputs)
    if entries != inline:
        raise InvalidInput(
            f"expected {inline} raw_input_contents for model '{model}', one for each "
            f"input, got {entries}"
        )


def _filled(tensor: _WireTensor) -> bool:
    # Some servers set an empty contents beside raw bytes: HasField would be misled.
    return tensor.HasField("contents") and tensor.contents.ByteSize() > 0


def _tensors(
    slots: Sequence[_WireTensor],
    raw: Sequence[Buffer],
    role: str,
    model: str,
    regions: RegionReader | None = None,
) -> Iterator[Tensor]:
    """Each tensor from where it lies, from its own typed list, or else from the next raw entry."""
    rest = iter(raw)
    for slot in slots:
        place = TensorRef(role, slot.name, model)
        datatype = datatype_from_name(slot.datatype)
        check_dimensions(len(slot.shape), place)
        shape = tuple(slot.shape)
        if REGION in slot.parameters:
            data: Buffer | None = _shared(slot, regions, place)
        else:
            data = None if _filled(slot) else next(rest, None)
        if data is not None:
            yield from_raw(data, datatype, shape, place)
        else:
            yield from_typed(slot.contents, datatype, shape, place)


def _shared(slot: _WireTensor, regions: RegionReader | None, place: TensorRef) -> Buffer:
    if _filled(slot):
        raise InvalidInput(f"{place} has both contents and '{REGION}'; use one")
    span = span_of(from_messages(slot.parameters), place)
    if span is None:
        raise InvalidInput(f"'{REGION}' of {place} must be a string.")
    return read_span(span, regions, place)
