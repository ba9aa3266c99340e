"""The form of an inference as the text of its message, and back."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np

from backend.core.choices import Serialization
from backend.core.errors import ConsoleError, InvalidInput
from backend.core.inference import InferRequest
from backend.core.tensors import Datatype, Tensor
from backend.inspector.forms.input_fills import AS_IN_A_RUN, NOTHING_LIVE, Fill, FillKind, Live
from backend.inspector.forms.message_editor import message_from_text
from backend.inspector.forms.message_text import message_to_json
from backend.inspector.forms.tensor_form import TensorForm
from backend.inspector.json_layout import laid_out
from backend.inspector.methods import Method
from backend.wire.json.text import read_json
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.oip.requests import encode_request

LONGEST_TEXT = 256 * 1024
"""Characters of a message that is edited as text; a longer one is sent from its form."""


class TooLongForText(InvalidInput):
    """The message of a form is too long to be edited."""


def form_to_text(form: TensorForm, method: Method, live: Live = NOTHING_LIVE) -> str:
    """The form's message as JSON, its elements as numbers where they can be.

    Raises TooLongForText, and InvalidInput for a filling that makes no tensor.
    """
    size = form.size()
    if size is not None and size > LONGEST_TEXT:
        raise TooLongForText(f"{size:,} bytes are too many to be edited as text.")
    request = form.infer_request(live)
    if method.verb:
        _, body = encode_request(request, Serialization.JSON)
        text = laid_out(read_json(body))
    else:
        assert method.input is not None
        try:
            _, body = encode_request(request, Serialization.TYPED)
        except InvalidInput:  # such as FP16, which only travels as bytes
            _, body = encode_request(request, Serialization.RAW)
        text = message_to_json(body, method.input, editable=True)
    if len(text) > LONGEST_TEXT:
        raise TooLongForText(f"{len(text):,} characters are too many to be edited as text.")
    return text


def text_to_form(text: str, method: Method, form: TensorForm) -> TensorForm:
    """The form with what the text says; what it says as before keeps its filling.

    Raises InvalidInput for a text that makes no request of this model, or one with more than a
    form holds.
    """
    asked = _request_in(text, method)
    tensors = {tensor.name: tensor for tensor in asked.inputs}
    for name in tensors:
        form.row(name)
    rows = []
    for row in form.rows:
        tensor = tensors.get(row.spec.name)
        if tensor is None:
            rows.append(replace(row, sent=False))
        elif row.sent and _made_by(form, row.spec.name, tensor):
            rows.append(row)
        else:
            if tensor.datatype is not row.spec.datatype:
                raise InvalidInput(
                    f"input '{tensor.name}' is {row.spec.datatype}, not {tensor.datatype}."
                )
            fill = Fill(FillKind.JSON, elements_json(tensor))
            rows.append(replace(row, fill=fill, shape=tensor.shape, sent=True))
    if any(output.parameters for output in asked.outputs):
        raise InvalidInput("Parameters of outputs have no place in the form.")
    return replace(
        form,
        rows=tuple(rows),
        id=asked.id,
        parameters=asked.parameters,
        wanted=tuple(output.name for output in asked.outputs),
    )


def _request_in(text: str, method: Method) -> InferRequest:
    if method.verb:
        return oip_rest.decode_request({}, text.encode(), "")
    assert method.input is not None
    return oip_grpc.decode_request(message_from_text(text, method.input))


def _made_by(form: TensorForm, name: str, tensor: Tensor) -> bool:
    """Whether the row makes this very tensor without anything live."""
    row = form.row(name)
    if row.fill.kind in AS_IN_A_RUN:
        return False
    only = replace(form, rows=(row,))
    try:
        (made,) = only.infer_request().inputs
    except ConsoleError:
        return False
    if (made.datatype, made.shape) != (tensor.datatype, tensor.shape):
        return False
    if tensor.datatype is Datatype.BYTES:
        return bool(made.data.tolist() == tensor.data.tolist())
    return made.data.tobytes() == tensor.data.tobytes()


def elements_json(tensor: Tensor) -> str:
    """The elements as the JSON of a filling, nested as the shape is."""
    data: Any = tensor.data
    if tensor.datatype is Datatype.BYTES:
        flat = [_item(bytes(item)) for item in data.reshape(-1).tolist()]
        return json.dumps(flat, ensure_ascii=False)
    if tensor.datatype is Datatype.BF16:
        data = (data.astype(np.uint32) << 16).view(np.float32)
    return json.dumps(data.tolist())


def _item(item: bytes) -> Any:
    try:
        text = item.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(item).decode()}
    return text if text.isprintable() else {"base64": base64.b64encode(item).decode()}
