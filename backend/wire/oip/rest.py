"""Inference over REST in the Open Inference Protocol: JSON, and the binary tensor extension.

A body is a JSON header followed by the bytes of each tensor that has `binary_data_size`, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from backend.core.errors import InvalidInput
from backend.core.inference import (
    BINARY_DATA,
    BINARY_DATA_OUTPUT,
    InferRequest,
    InferResponse,
    RequestedOutput,
)
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.wire.elements import Buffer, reading_reply
from backend.wire.json.text import kind_of, may_hold_booleans, read_json, write_json
from backend.wire.oip.json_tensors import TensorReader, tensor_elsewhere, tensor_to_json
from backend.wire.oip.metadata_json import json_list, json_object, text
from backend.wire.oip.parameters import from_json
from backend.wire.oip.raw_body import raw_body_request
from backend.wire.oip.shared_regions import RegionReader
from backend.wire.reading_limits import USUAL_LIMITS, ReadingLimits
from backend.wire.tensors.numbers_json import has_not_finite

HEADER_LENGTH = "Inference-Header-Content-Length"
JSON_TYPE = "application/json"
BINARY_TYPE = "application/octet-stream"

_LARGE = 16 * 1024
"""JSON above this is mostly numbers, and worth a look at what else is in it."""


def infer_path(model: str, version: str = "") -> str:
    """Where to POST an inference."""
    of_version = f"/versions/{quote(version, safe='')}" if version else ""
    return f"/v2/models/{quote(model, safe='')}{of_version}/infer"


def encode_request(
    request: InferRequest, *, binary: bool, bare_nan: bool = False
) -> tuple[dict[str, str], bytes]:
    """Headers and body of an infer request; with `binary` the outputs are asked for as bytes too.

    Raises InvalidInput for what JSON cannot carry; `bare_nan` writes NaN as a bare token, which
    Triton reads.
    """
    parameters = dict(request.parameters)
    if binary and not request.outputs:
        parameters[BINARY_DATA_OUTPUT] = True
    header: dict[str, Any] = {"id": request.id} if request.id else {}
    if parameters:
        header["parameters"] = parameters
    tails: list[Buffer] = []
    header["inputs"] = [
        tensor_to_json(tensor, tails if binary else None, bare_nan=bare_nan)
        for tensor in request.inputs
    ]
    if request.outputs:
        # An output without its own flag comes back as JSON on some servers, whatever the request's.
        header["outputs"] = [
            {"name": out.name, "parameters": {BINARY_DATA: binary, **out.parameters}}
            for out in request.outputs
        ]
    text_of_header = write_json(header, bare_nan=bare_nan and _any_not_finite(request.inputs))
    return _whole(text_of_header, tails, binary=binary)


def decode_request(
    headers: Mapping[str, str],
    body: Buffer,
    model: str,
    version: str = "",
    *,
    only_input: TensorSpec | None = None,
    regions: RegionReader | None = None,
    limits: ReadingLimits = USUAL_LIMITS,
) -> InferRequest:
    """The infer request in a body; raises InvalidInput.

    `only_input` is the model's input if it has exactly one: a header length of 0 means that the
    body is that input's bytes and nothing else. `regions` reads inputs in shared memory.
    """
    size = header_size(headers, len(body))
    if size == 0:
        return raw_body_request(body, model, version, only_input)
    view = memoryview(body)
    header = json_object(read_json(view[:size], limits.nesting), "An infer request")
    if "inputs" not in header:
        raise InvalidInput(
            f"An infer request needs 'inputs'; got {_keys(header)}.",
            hint='{"inputs": [{"name", "shape", "datatype", "data"}]}',
        )
    inputs, outputs = json_list(header, "inputs"), json_list(header, "outputs")
    limits.check_tensors("input", len(inputs))
    limits.check_tensors("output", len(outputs))
    reader = TensorReader(
        "input",
        model,
        view[size:],
        lenient=False,
        regions=regions,
        no_booleans=size > _LARGE and not may_hold_booleans(view[:size]),
    )
    return InferRequest(
        model=model,
        inputs=tuple(reader.read_all(inputs)),
        version=version,
        id=text(header, "id"),
        parameters=from_json(header.get("parameters"), "the request", lenient=False),
        outputs=tuple(_requested(item, index) for index, item in enumerate(outputs)),
    )


def encode_response(response: InferResponse, request: InferRequest) -> tuple[dict[str, str], bytes]:
    """Headers and body of a reply, each output as the request asked for it.

    NaN and infinite numbers are written as bare tokens, as Triton does. Raises InvalidInput for an
    output that was not asked for as bytes but cannot be JSON.
    """
    header: dict[str, Any] = {"id": response.id} if response.id else {}
    header["model_name"] = response.model
    if response.version:
        header["model_version"] = response.version
    if response.parameters:
        header["parameters"] = dict(response.parameters)
    tails: list[Buffer] = []
    as_json: list[Tensor] = []
    outputs = header["outputs"] = []
    for tensor in response.outputs:
        if tensor.name in response.elsewhere:
            outputs.append(tensor_elsewhere(tensor))
        elif _wants_binary(tensor.name, request):
            outputs.append(tensor_to_json(tensor, tails, bare_nan=True))
        else:
            outputs.append(tensor_to_json(tensor, None, bare_nan=True))
            as_json.append(tensor)
    text_of_header = write_json(header, bare_nan=_any_not_finite(as_json))
    return _whole(text_of_header, tails, binary=bool(tails))


def bytes_to_convert(response: InferResponse, request: InferRequest) -> int:
    """How many bytes of the outputs are not sent as they are, but element by element."""
    return sum(
        tensor.data.nbytes
        for tensor in response.outputs
        if tensor.datatype is Datatype.BYTES or not _wants_binary(tensor.name, request)
    )


def decode_response(headers: Mapping[str, str], body: Buffer) -> InferResponse:
    """The reply in a body; raises ReplyMismatch. Absent and null parts are empty."""
    with reading_reply():
        size = header_size(headers, len(body))
        view = memoryview(body)
        header = json_object(read_json(view[:size]), "An infer reply")
        if "outputs" not in header:
            raise InvalidInput(f"it has no 'outputs'; got {_keys(header)}.")
        model = text(header, "model_name")
        no_booleans = size > _LARGE and not may_hold_booleans(view[:size])
        reader = TensorReader("output", model, view[size:], lenient=True, no_booleans=no_booleans)
        return InferResponse(
            model=model,
            outputs=tuple(reader.read_all(json_list(header, "outputs"))),
            version=_loose_text(header, "model_version"),
            id=_loose_text(header, "id"),
            parameters=from_json(header.get("parameters"), "the reply", lenient=True),
        )


def header_of(headers: Mapping[str, str], name: str) -> str | None:
    """A header by its name, whatever its case."""
    wanted = name.lower()
    for usual in (name, wanted):
        found = headers.get(usual)
        if found is not None:
            return found
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def header_size(headers: Mapping[str, str], total: int) -> int:
    """Bytes of the JSON part of a body of `total`; raises InvalidInput."""
    given = header_of(headers, HEADER_LENGTH)
    if given is None:
        if not total:
            raise InvalidInput("The body is empty; expected an infer request as JSON.")
        return total
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) <= total):
        raise InvalidInput(
            f"inference header size should be in range (0, {total}), got: {given[:40]}"
        )
    return int(given)


def _whole(header: bytes, tails: list[Buffer], *, binary: bool) -> tuple[dict[str, str], bytes]:
    if not binary:
        return {"Content-Type": JSON_TYPE}, header
    headers = {"Content-Type": BINARY_TYPE, HEADER_LENGTH: str(len(header))}
    return headers, b"".join((header, *tails))


def _requested(item: Any, index: int) -> RequestedOutput:
    value = json_object(item, f"outputs[{index}]")
    name = text(value, "name")
    if not name:
        raise InvalidInput(f"outputs[{index}] has no 'name'.")
    return RequestedOutput(
        name, from_json(value.get("parameters"), f"output '{name}'", lenient=False)
    )


def _wants_binary(name: str, request: InferRequest) -> bool:
    for output in request.outputs:
        if output.name == name:
            own = output.binary
            if own is not None:
                return own
            break
    return request.parameters.get(BINARY_DATA_OUTPUT) is True


def _any_not_finite(tensors: tuple[Tensor, ...] | list[Tensor]) -> bool:
    return any(has_not_finite(tensor) for tensor in tensors)


def _loose_text(value: Mapping[str, Any], key: str) -> str:
    """A string or a number that a server wrote instead of one."""
    found = value.get(key)
    return "" if found is None else str(found)


def _keys(value: Mapping[str, Any]) -> str:
    return ", ".join(list(value)[:8]) or kind_of(value)
