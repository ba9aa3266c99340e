"""The JSON objects of the Open Inference Protocol: metadata, errors and the smaller requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.errors import InvalidInput
from backend.core.inference import ModelMetadata, ServerMetadata, TensorMetadata
from backend.wire.elements import MAX_DIMENSIONS, Buffer, reading_reply
from backend.wire.json.text import kind_of, read_json, write_json

_LARGEST = 2**64 - 1


def server_metadata_to_json(metadata: ServerMetadata) -> bytes:
    """The answer to GET /v2."""
    return write_json(
        {
            "name": metadata.name,
            "version": metadata.version,
            "extensions": list(metadata.extensions),
        }
    )


def server_metadata_from_json(body: Buffer) -> ServerMetadata:
    """The answer to GET /v2, with or without extensions; raises ReplyMismatch."""
    with reading_reply():
        value = json_object(read_json(body), "Server metadata")
        return ServerMetadata(
            name=text(value, "name"),
            version=text(value, "version"),
            extensions=_texts(value, "extensions"),
        )


def model_metadata_to_json(metadata: ModelMetadata) -> bytes:
    """The answer to GET /v2/models/M."""
    return write_json(
        {
            "name": metadata.name,
            "versions": list(metadata.versions),
            "platform": metadata.platform,
            "inputs": [_tensor_to_json(tensor) for tensor in metadata.inputs],
            "outputs": [_tensor_to_json(tensor) for tensor in metadata.outputs],
        }
    )


def model_metadata_from_json(body: Buffer) -> ModelMetadata:
    """The answer to GET /v2/models/M; null and missing parts are empty; raises ReplyMismatch."""
    with reading_reply():
        value = json_object(read_json(body), "Model metadata")
        return ModelMetadata(
            name=text(value, "name"),
            versions=_texts(value, "versions"),
            platform=text(value, "platform"),
            inputs=_tensors_from_json(value, "inputs"),
            outputs=_tensors_from_json(value, "outputs"),
        )


def error_to_json(message: str) -> bytes:
    """The body of every error reply."""
    return write_json({"error": message})


def json_object(value: Any, what: str) -> Mapping[str, Any]:
    """The value if it is an object; raises InvalidInput otherwise."""
    if not isinstance(value, dict):
        raise InvalidInput(f"{what} must be an object, got {kind_of(value)}.")
    return value


def json_list(value: Mapping[str, Any], key: str) -> list[Any]:
    """A list in an object, empty if missing or null; raises InvalidInput for another kind."""
    found = value.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise InvalidInput(f"'{key}' must be a list, got {kind_of(found)}.")
    return found


def text(value: Mapping[str, Any], key: str) -> str:
    """A string in an object, '' if missing or null; raises InvalidInput for another kind."""
    found = value.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise InvalidInput(f"'{key}' must be a string, got {kind_of(found)}.")
    return found


def shape_of(value: Mapping[str, Any], what: str) -> tuple[int, ...]:
    """The 'shape' of a tensor object; raises InvalidInput unless it is a list of integers."""
    found = value.get("shape")
    if not isinstance(found, list):
        raise InvalidInput(f"'shape' of {what} must be a list of integers, got {kind_of(found)}.")
    if len(found) > MAX_DIMENSIONS:
        raise InvalidInput(
            f"'shape' of {what} has {len(found)} dimensions; at most {MAX_DIMENSIONS} are read."
        )
    for index, size in enumerate(found):
        if type(size) is not int:
            raise InvalidInput(
                f"'shape' of {what} must hold integers; entry {index} is {kind_of(size)}."
            )
    return tuple(found)


def _tensor_to_json(tensor: TensorMetadata) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}


def _tensors_from_json(value: Mapping[str, Any], key: str) -> tuple[TensorMetadata, ...]:
    found = []
    for index, item in enumerate(json_list(value, key)):
        what = f"{key}[{index}]"
        tensor = json_object(item, what)
        found.append(
            TensorMetadata(text(tensor, "name"), text(tensor, "datatype"), shape_of(tensor, what))
        )
    return tuple(found)


def _texts(value: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(item) for item in json_list(value, key))


def read_object(body: Buffer, what: str) -> Mapping[str, Any]:
    """The object in a body, which may be empty; raises InvalidInput."""
    return json_object(read_json(body), what) if body else {}


def flag(value: Mapping[str, Any], key: str) -> bool:
    """A boolean in an object, False if it is missing; raises InvalidInput for another kind."""
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise InvalidInput(f"'{key}' must be true or false, got {kind_of(found)}.")
    return found


def count(value: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """An integer of 0 or more in an object; raises InvalidInput."""
    found = value.get(key, default)
    if type(found) is not int or not 0 <= found <= _LARGEST:
        raise InvalidInput(f"'{key}' must be an integer of 0 or more, got {str(found)[:40]}.")
    return found
