"""Requests and responses as values that can be pickled: what a handle of Ray Serve carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from backend.core.inference import (
    NO_PARAMETERS,
    InferRequest,
    InferResponse,
    Parameters,
    RequestedOutput,
)
from backend.server.plane import StreamAnswer

Message: TypeAlias = tuple[Any, ...]


def pack_request(request: InferRequest) -> Message:
    """The request as tuples, dictionaries and arrays."""
    return (
        request.model,
        request.inputs,
        request.version,
        request.id,
        _plain(request.parameters),
        tuple((output.name, _plain(output.parameters)) for output in request.outputs),
    )


def unpack_request(message: Message) -> InferRequest:
    """The request that `pack_request` packed."""
    model, inputs, version, id_, parameters, outputs = message
    return InferRequest(
        model,
        inputs,
        version,
        id_,
        parameters or NO_PARAMETERS,
        tuple(RequestedOutput(name, its or NO_PARAMETERS) for name, its in outputs),
    )


def pack_response(response: InferResponse) -> Message:
    """The response likewise."""
    return (
        response.model,
        response.outputs,
        response.version,
        response.id,
        _plain(response.parameters),
    )


def unpack_response(message: Message) -> InferResponse:
    """The response that `pack_response` packed."""
    model, outputs, version, id_, parameters = message
    return InferResponse(model, outputs, version, id_, parameters or NO_PARAMETERS)


def pack_answer(answer: StreamAnswer) -> Message:
    """One answer of a stream likewise; its error travels as it is."""
    response = None if answer.response is None else pack_response(answer.response)
    return response, answer.final, answer.error, answer.timing


def unpack_answer(message: Message) -> StreamAnswer:
    """The answer that `pack_answer` packed."""
    response, final, error, timing = message
    return StreamAnswer(
        None if response is None else unpack_response(response), final, error, timing
    )


@dataclass(frozen=True, slots=True)
class ReplicaReport:
    """What one replica has done since it was started.

    `statistics` are serialised `ModelStatistics` of each loaded version with the number pending and
    the failures by reason; `age_s` seconds, `cpu_s` seconds of CPU, `memory_bytes` resident.
    """

    replica: str
    node: str
    address: str
    pid: int
    age_s: float
    cpu_s: float
    memory_bytes: int
    statistics: tuple[tuple[bytes, int, dict[str, int]], ...]
    trouble: dict[str, str]
    """By version: why it takes no requests just now."""


def _plain(parameters: Parameters) -> dict[str, Any]:
    return dict(parameters) if parameters else {}
