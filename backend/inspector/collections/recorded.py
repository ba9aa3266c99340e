"""An exchange of the history as a request that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from backend.core.choices import Serialization
from backend.core.errors import UsageError
from backend.core.inference import (
    BINARY_DATA_OUTPUT,
    TIMING_EXTENSION,
    TYPED_EXTENSION,
    InferRequest,
)
from backend.core.tensors import Datatype, TensorSpec
from backend.inspector.calls import Request
from backend.inspector.collections.beside import BesideFile, of_tensor
from backend.inspector.forms import (
    Draft,
    Fill,
    InputRow,
    TensorForm,
    is_inference,
    parsed,
    recorded_text,
)
from backend.inspector.methods import Method, path_values
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest

_OUR_PARAMETERS = {BINARY_DATA_OUTPUT, TIMING_EXTENSION, TYPED_EXTENSION}
"""They come with the serialisation."""


def draft_of_recorded(method: Method, request: Request) -> tuple[Draft, Mapping[str, BesideFile]]:
    """What was sent, and what of it becomes files beside it.

    Raises ConsoleError for what no file can say.
    """
    own = {name.lower() for name, _ in method.headers} | {oip_rest.HEADER_LENGTH.lower()}
    parts = dict(path_values(method, request.path) or {})
    draft = Draft(
        method,
        request.target,
        parts=parts,
        headers=tuple(pair for pair in request.headers if pair[0].lower() not in own),
        compression=request.compression,
        deadline_s=request.deadline_s,
        message_limit=request.message_limit,
    )
    if len(request.messages) > 1:
        raise UsageError(
            f"{len(request.messages):,} messages were sent; a saved request is one.",
            hint="Choose one of them, or export the history.",
        )
    if is_inference(method):
        sent, serialization = _sent(method, request, parts)
        if not (sent.outputs or set(sent.parameters) - _OUR_PARAMETERS):
            return _with_form(replace(draft, serialization=serialization), sent)
    text = recorded_text(method, request)
    if text is None:
        raise UsageError(
            "No text makes the message that was sent.",
            hint="Pin the exchange, or export the history: it holds the bytes.",
        )
    return replace(draft, text=text), {}


def _with_form(draft: Draft, sent: InferRequest) -> tuple[Draft, Mapping[str, BesideFile]]:
    made = {tensor.name: of_tensor(tensor) for tensor in sent.inputs}
    beside = {name: one for name, one in made.items() if isinstance(one, BesideFile)}
    rows = []
    for tensor in sent.inputs:
        fill = made[tensor.name]
        shape = tuple(map(int, tensor.shape))
        # Lists of numbers are nested as the shape is, and files have it: only texts need it beside.
        flat = tensor.datatype is Datatype.BYTES and isinstance(fill, Fill)
        spec = TensorSpec(tensor.name, tensor.datatype, (-1,) * len(shape) if flat else shape)
        rows.append(InputRow(spec, shape, fill if isinstance(fill, Fill) else Fill()))
    form = TensorForm(sent.model, tuple(rows), version=sent.version)
    return replace(draft, form=form), beside


def _sent(
    method: Method, request: Request, parts: Mapping[str, str]
) -> tuple[InferRequest, Serialization]:
    if method.verb:
        headers = dict(request.headers)
        binary = oip_rest.header_size(headers, len(request.body)) != len(request.body)
        sent = oip_rest.decode_request(
            headers, request.body, parts.get("model", ""), parts.get("version", "")
        )
        return sent, Serialization.BINARY if binary else Serialization.JSON
    assert method.input is not None
    message = parsed(request.body, method.input)
    raw = bool(getattr(message, "raw_input_contents", ()))
    return oip_grpc.decode_request(request.body), Serialization.RAW if raw else Serialization.TYPED
