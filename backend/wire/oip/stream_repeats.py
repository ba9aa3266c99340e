"""The messages of one stream, or of one method, most of which say the same as one before: only the
id and the elements differ.

What such a message has in common with one before is compared as bytes and not read again; what
its reply has in common with the reply before is not written again. Anything else goes the ordinary
way, so that every message is read and written exactly as `oip_grpc` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from backend.core.inference import InferRequest, InferResponse
from backend.core.tensors import Datatype, Tensor, datatype_from_name
from backend.wire.elements import Buffer, TensorRef, from_raw, to_raw
from backend.wire.generated.open_inference_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelStreamInferResponse,
)
from backend.wire.oip.grpc import decode_request, encode_response, encode_stream_response
from backend.wire.oip.parameters import from_messages, to_messages
from backend.wire.oip.shared_regions import REGION, RegionReader, Span, read_span, span_of
from backend.wire.oip.timing import ReplyTiming
from backend.wire.protobuf.fields import parse
from backend.wire.protobuf.trailing import length_delimited
from backend.wire.protobuf.varint import field_head
from backend.wire.reading_limits import USUAL_LIMITS, ReadingLimits

_ID = ModelInferRequest.ID_FIELD_NUMBER
_RAW_INPUTS = ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER
_RAW_OUTPUTS = ModelInferResponse.RAW_OUTPUT_CONTENTS_FIELD_NUMBER
_REPLY_ID = ModelInferResponse.ID_FIELD_NUMBER
_INFER_RESPONSE = ModelStreamInferResponse.INFER_RESPONSE_FIELD_NUMBER

_LONGEST_ID = 127
"""Up to here the length of an id is one byte."""
_MOST_FORMS = 4
"""So many callers may take turns."""
_LONGEST_FORM = 16 * 1024
"""Bytes of a message beside its elements, which are kept."""
MADE_ANEW = (Datatype.BYTES, Datatype.BOOL)
"""Their arrays are no views of the message."""

_Look: TypeAlias = tuple[object, ...]


class RequestReader:
    """Reads requests as `decode_request` does; used by one thread at a time."""

    def __init__(
        self, regions: RegionReader | None = None, limits: ReadingLimits = USUAL_LIMITS
    ) -> None:
        self._regions = regions
        self._limits = limits
        self._forms: list[_RequestForm] = []

    def read(self, data: bytes) -> InferRequest:
        """The request; raises InvalidInput.

        Requests that are alike share their parameters and outputs, not only equal ones.
        """
        request = self.read_alike(data)
        if request is None:
            request = decode_request(data, self._regions, self._limits)
            form = _shared_form_of(data, request) or _form_of(data, request)
            if form is not None:
                self._forms = [form, *self._forms[: _MOST_FORMS - 1]]
        return request

    def read_alike(self, data: bytes) -> InferRequest | None:
        """The request in a message that is like one before, which takes no time to read."""
        for form in self._forms:
            request = form.read(data, self._regions)
            if request is not None:
                return request
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """An input whose elements follow after `head` in the message."""

    head: bytes
    name: str
    datatype: Datatype
    dtype: np.dtype[Any]
    count: int
    size: int
    shape: tuple[int, ...]

    def tensor(self, data: Buffer, start: int) -> Tensor:
        """The input whose elements begin there."""
        array = np.frombuffer(data, self.dtype, self.count, start)
        if not array.flags.aligned:
            array = array.copy()
        if len(self.shape) != 1:
            array = array.reshape(self.shape)
        return Tensor(self.name, self.datatype, array)


@dataclass(frozen=True, slots=True)
class _SharedPart:
    """An input whose elements lie in shared memory; nothing of it differs in the message."""

    span: Span
    datatype: Datatype
    shape: tuple[int, ...]
    place: TensorRef

    def tensor(self, regions: RegionReader | None) -> Tensor:
        """The input as it lies there now; raises RequestError."""
        data = read_span(self.span, regions, self.place)
        return from_raw(data, self.datatype, self.shape, self.place)


class _RequestForm:
    """What a request looks like: bytes, its id, bytes, elements, and so on to the end.

    With inputs in shared memory: bytes, its id, `rest`.
    """

    __slots__ = ("_before", "_example", "_has_id", "_parts", "_rest", "_shared")

    def __init__(
        self,
        example: InferRequest,
        before: bytes,
        *,
        has_id: bool,
        parts: Sequence[Part] = (),
        shared: Sequence[_SharedPart] = (),
        rest: bytes = b"",
    ) -> None:
        self._example = example
        self._before = before
        self._parts = parts
        self._shared = shared
        self._rest = rest
        self._has_id = has_id

    def read(self, data: bytes, regions: RegionReader | None) -> InferRequest | None:
        """The request in a message of this form, None for another.

        Raises RequestError for shared memory that cannot be read.
        """
        if not data.startswith(self._before):
            return None
        at, name = len(self._before), ""
        if self._has_id:
            size = data[at] if at < len(data) else _LONGEST_ID + 1
            if size > _LONGEST_ID:
                return None
            start, at = at + 1, at + 1 + size
            try:
                name = data[start:at].decode()
            except UnicodeDecodeError:
                return None
        tensors = []
        for part in self._parts:
            if not data.startswith(part.head, at):
                return None
            start = at + len(part.head)
            at = start + part.size
            if at > len(data):
                return None
            tensors.append(part.tensor(data, start))
        if len(data) - at != len(self._rest) or not data.endswith(self._rest):
            return None
        if self._shared:
            tensors = [part.tensor(regions) for part in self._shared]
        like = self._example
        return InferRequest(
            like.model, tuple(tensors), like.version, name, like.parameters, like.outputs
        )


def _form_of(data: bytes, request: InferRequest) -> _RequestForm | None:
    """The form of a message that was read as this request; None if it is an unusual one."""
    before, has_id, at = b"", False, 0
    parts: list[Part] = []
    inputs = iter(request.inputs)
    for number, content, end in _fields(data):
        start = end - len(content)
        if number == _RAW_INPUTS:
            tensor = next(inputs, None)
            if tensor is None or tensor.datatype in MADE_ANEW or not len(content):
                return None
            if tensor.data.nbytes != len(content):
                return None
            parts.append(part_of(data[at:start], tensor))
            at = end
        elif parts:
            return None
        elif number == _ID:
            if has_id or data[start - 1] != len(content) or len(content) > _LONGEST_ID:
                return None
            has_id, before, at = True, data[: start - 1], end
    if not parts or at != len(data) or next(inputs, None) is not None:
        return None
    if len(before) + sum(len(part.head) for part in parts) > _LONGEST_FORM:
        return None
    return _RequestForm(_without_elements(request), before, has_id=has_id, parts=parts)


def _without_elements(request: InferRequest) -> InferRequest:
    """They would stay in memory for as long as the stream does."""
    return replace(request, inputs=())


def _shared_form_of(data: bytes, request: InferRequest) -> _RequestForm | None:
    """The form of a message all of whose inputs lie in shared memory; None for any other."""
    if len(data) > _LONGEST_FORM or REGION.encode() not in data:
        return None
    shared = _shared_parts(data)
    ids = [(end - len(content), end) for number, content, end in _fields(data) if number == _ID]
    if not shared or len(ids) > 1:
        return None
    example = _without_elements(request)
    if not ids:
        return _RequestForm(example, b"", has_id=False, shared=shared, rest=data)
    start, end = ids[0]
    if data[start - 1] != end - start or end - start > _LONGEST_ID:
        return None
    before, rest = data[: start - 1], data[end:]
    return _RequestForm(example, before, has_id=True, shared=shared, rest=rest)


def _shared_parts(data: bytes) -> list[_SharedPart]:
    """The inputs of a request that was read, if all lie in shared memory; otherwise none."""
    message = parse(ModelInferRequest, data)
    found = []
    for slot in message.inputs:
        place = TensorRef("input", slot.name, message.model_name)
        span = span_of(from_messages(slot.parameters), place)
        if span is None:
            return []
        found.append(_SharedPart(span, datatype_from_name(slot.datatype), tuple(slot.shape), place))
    return found


def part_of(head: bytes, tensor: Tensor) -> Part:
    """The input that this tensor was read from."""
    data = tensor.data
    return Part(head, tensor.name, tensor.datatype, data.dtype, data.size, data.nbytes, data.shape)


def _fields(data: bytes) -> list[tuple[int, memoryview, int]]:
    """Number, content and end of each field; none if one has no length."""
    try:
        found = list(length_delimited(memoryview(data)))
    except ValueError:
        return []
    starts = [start for _, start, _ in found]
    ends = [*starts[1:], len(data)] if starts else []
    return [(number, content, end) for (number, _, content), end in zip(found, ends, strict=True)]


class ReplyWriter:
    """Writes replies as `encode_stream_response` does, or `encode_response` if not `in_stream`."""

    def __init__(self, *, in_stream: bool = True) -> None:
        self._in_stream = in_stream
        self._encode = encode_stream_response if in_stream else encode_response
        self._look: _Look | None = None
        self._form: tuple[bytes, bytes] | None = None

    def write(
        self, response: InferResponse, *, raw: bool, timed: ReplyTiming | None = None
    ) -> bytes:
        """The message of a reply; `timed` is as in `encode_response`."""
        look = _look(response) if raw else None
        if look is None or look != self._look:
            self._look, self._form = look, None
            return self._encode(response, raw=raw, timed=timed)
        if self._form is None:
            self._form = _reply_form(response)
        before, after = self._form
        pieces: list[Buffer] = [before]
        if response.id:
            name = response.id.encode()
            pieces += (field_head(_REPLY_ID, len(name)), name)
        pieces.append(after)
        if timed is not None:
            pieces.append(timed.entries())
        for tensor in response.outputs:
            buffer = b"" if tensor.name in response.elsewhere else to_raw(tensor)
            pieces += (field_head(_RAW_OUTPUTS, len(buffer)), buffer)
        if not self._in_stream:
            return b"".join(pieces)
        return b"".join((field_head(_INFER_RESPONSE, sum(map(len, pieces))), *pieces))


def _look(response: InferResponse) -> _Look | None:
    """All that makes a reply's bytes but its id and elements; None if that is not easily told."""
    parameters = response.parameters
    for value in parameters.values():
        if type(value) is float:  # 0.0 and -0.0 are equal, and not the same
            return None
    return (
        response.model,
        response.version,
        tuple([(name, type(value), value) for name, value in parameters.items()]),
        tuple([(tensor.name, tensor.datatype, tensor.data.shape) for tensor in response.outputs]),
        response.elsewhere,
    )


def _reply_form(response: InferResponse) -> tuple[bytes, bytes]:
    """What stands before and after the id; protobuf writes fields in the order of their numbers."""
    before = ModelInferResponse(model_name=response.model, model_version=response.version)
    after = ModelInferResponse(parameters=to_messages(response.parameters))
    for tensor in response.outputs:
        after.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
    return before.SerializeToString(), after.SerializeToString()
