"""Models as servers list and describe them, in one form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.clients.dialects.rules import DialectRules
from backend.core.description import ModelDescription
from backend.core.errors import ReplyMismatch
from backend.core.inference import ModelMetadata, TensorMetadata
from backend.core.tensors import Datatype, TensorSpec
from backend.wire.elements import Buffer, reading_reply
from backend.wire.json.text import read_json
from backend.wire.oip.metadata_json import json_list, json_object, text

_OTHER_NAMES = {"STRING": Datatype.BYTES}
_OVMS_STATES = {
    "AVAILABLE": "READY",
    "START": "LOADING",
    "LOADING": "LOADING",
    "UNLOADING": "UNLOADING",
    "END": "UNAVAILABLE",
}


@dataclass(frozen=True, slots=True)
class ModelListing:
    """One line of a server's list of models.

    `state` is READY, UNAVAILABLE, LOADING, UNLOADING, UNKNOWN, or '' where the server names none,
    as Triton does for a model that was never loaded; `reason` is its explanation.
    """

    name: str
    version: str = ""
    state: str = ""
    reason: str = ""


def describe(metadata: ModelMetadata) -> ModelDescription:
    """The model with datatypes that we know; raises ReplyMismatch for another datatype."""
    return ModelDescription(
        name=metadata.name,
        inputs=tuple(_spec(tensor, metadata.name) for tensor in metadata.inputs),
        outputs=tuple(_spec(tensor, metadata.name) for tensor in metadata.outputs),
        versions=metadata.versions,
        platform=metadata.platform,
    )


def index_from_json(body: Buffer, rules: DialectRules) -> tuple[ModelListing, ...]:
    """The answer to POST /v2/repository/index; raises ReplyMismatch."""
    with reading_reply():
        value = read_json(body)
        # Some servers wrap the list in an object, as the gRPC message does.
        models = value if isinstance(value, list) else json_list(json_object(value, "It"), "models")
        return tuple(
            ModelListing(
                text(model, "name"),
                text(model, "version"),
                rules.state(text(model, "state")),
                text(model, "reason"),
            )
            for model in (json_object(item, "A model of the index") for item in models)
        )


def names_from_json(body: Buffer) -> tuple[ModelListing, ...]:
    """The answer to GET /v2/models, `{"models": [name]}`; raises ReplyMismatch."""
    with reading_reply():
        models = json_list(json_object(read_json(body), "The list of models"), "models")
        return tuple(ModelListing(str(name)) for name in models)


def states_from_json(body: Buffer) -> tuple[ModelListing, ...]:
    """The answer to GET /v1/config: each model's versions with their states."""
    with reading_reply():
        models = json_object(read_json(body), "The configuration")
        return tuple(_states(models))


def _states(models: Mapping[str, Any]) -> Iterable[ModelListing]:
    for name, value in models.items():
        for item in json_list(json_object(value, f"Model '{name}'"), "model_version_status"):
            version = json_object(item, f"A version of '{name}'")
            state = text(version, "state")
            status = version.get("status")
            reason = text(status, "error_message") if isinstance(status, dict) else ""
            yield ModelListing(
                name,
                text(version, "version"),
                _OVMS_STATES.get(state, state),
                "" if reason == "OK" else reason,
            )


def _spec(tensor: TensorMetadata, model: str) -> TensorSpec:
    name = tensor.datatype.upper().removeprefix("TYPE_")
    try:
        datatype = _OTHER_NAMES.get(name) or Datatype(name)
    except ValueError:
        raise ReplyMismatch(
            f"Tensor '{tensor.name}' of model '{model}' is declared with the datatype "
            f"'{tensor.datatype}', which the protocol does not have."
        ) from None
    return TensorSpec(tensor.name, datatype, tensor.shape)
