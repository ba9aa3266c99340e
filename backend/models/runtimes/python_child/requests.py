"""The requests that a Python model gets, and the responses it gives to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from backend.core.inference import Parameter
from backend.models.runtimes.python_child.tensor import Tensor, TritonModelException

SEQUENCE_START = 1
SEQUENCE_END = 2
FINAL = 1
RELEASE_ALL = 1
RELEASE_RESCHEDULE = 2


class TritonError:
    """Why one request failed."""

    UNKNOWN = 0
    INTERNAL = 1
    NOT_FOUND = 2
    INVALID_ARG = 3
    UNAVAILABLE = 4
    UNSUPPORTED = 5
    ALREADY_EXISTS = 6
    CANCELLED = 7

    def __init__(self, message: str, code: int = INTERNAL) -> None:
        self._message = message
        self._code = int(code)

    def message(self) -> str:
        """The text."""
        return self._message

    def code(self) -> int:
        """One of the numbers above."""
        return self._code

    def __str__(self) -> str:
        return str(self._message)


class InferenceResponse:
    """Output tensors, or an error instead of them."""

    def __init__(
        self,
        output_tensors: Sequence[Tensor] = (),
        error: TritonError | None = None,
        parameters: Mapping[str, Parameter] | None = None,
    ) -> None:
        self._outputs = list(output_tensors)
        for tensor in self._outputs:
            if not isinstance(tensor, Tensor):
                raise TritonModelException(
                    f"output_tensors must hold Tensor objects, got {type(tensor).__name__}."
                )
        # An exception is as good as a TritonError: models mix them up.
        self._error = TritonError(str(error)) if isinstance(error, Exception) else error
        self._parameters = dict(parameters or {})
        for key, value in self._parameters.items():
            if not isinstance(key, str) or not isinstance(value, bool | int | float | str):
                raise TritonModelException(
                    f"Response parameter '{key}' must be a bool, int, float or str, "
                    f"got {type(value).__name__}."
                )

    def output_tensors(self) -> list[Tensor]:
        """The tensors."""
        return self._outputs

    def has_error(self) -> bool:
        """Whether it is an error."""
        return self._error is not None

    def error(self) -> TritonError | None:
        """The error, if it is one."""
        return self._error

    def parameters(self) -> str:
        """Its parameters, as JSON text."""
        return json.dumps(self._parameters, separators=(",", ":"))


class ReplyChannel(Protocol):
    """The way back of one request."""

    def send(self, response: InferenceResponse | None, *, final: bool) -> None:
        """Give a response or, without one, only say that it was the last."""
        ...

    def cancelled(self) -> bool:
        """Whether nobody waits any more."""
        ...


class InferenceResponseSender:
    """Gives any number of responses to one request, from any thread."""

    def __init__(self, reply: ReplyChannel) -> None:
        self._reply = reply

    def send(self, response: InferenceResponse | None = None, flags: int = 0) -> None:
        """Give a response; the flag TRITONSERVER_RESPONSE_COMPLETE_FINAL says it is the last."""
        if flags not in (0, FINAL):
            raise TritonModelException(f"Unknown flags {flags}; expected 0 or {FINAL} (final).")
        if response is None and not flags:
            raise TritonModelException("send() needs a response unless the final flag is given.")
        if response is not None and not isinstance(response, InferenceResponse):
            raise TritonModelException(
                f"send() needs an InferenceResponse, got {type(response).__name__}."
            )
        self._reply.send(response, final=bool(flags))

    def is_cancelled(self) -> bool:
        """Whether nobody waits for a response any more."""
        return self._reply.cancelled()


class InferenceRequest:
    """What is asked of the model."""

    def __init__(
        self,
        request_id: str = "",
        correlation_id: int | str = 0,
        inputs: Sequence[Tensor] = (),
        requested_output_names: Iterable[str] = (),
        model_name: str = "",
        model_version: int = -1,
        flags: int = 0,
        timeout: int = 0,
        preferred_memory: object = None,
        trace: object = None,
        parameters: Mapping[str, Parameter] | None = None,
    ) -> None:
        self._id = request_id
        self._correlation_id = correlation_id
        self._inputs = list(inputs)
        self._outputs = set(requested_output_names)
        self._model_name = model_name
        self._model_version = model_version
        self._flags = flags
        self._timeout = timeout
        self._memory = preferred_memory
        self._trace = trace
        self._parameters = dict(parameters or {})
        self._release_flags = RELEASE_ALL
        self._reply: ReplyChannel | None = None

    def inputs(self) -> list[Tensor]:
        """The input tensors."""
        return self._inputs

    def request_id(self) -> str:
        """The caller's id, '' if there is none."""
        return self._id

    def correlation_id(self) -> int | str:
        """The id of the sequence it belongs to, 0 if to none."""
        return self._correlation_id

    def flags(self) -> int:
        """Its place in the sequence: start and end flags."""
        return self._flags

    def set_flags(self, flags: int) -> None:
        """Change the flags."""
        self._flags = flags

    def timeout(self) -> int:
        """Microseconds the caller allows, 0 if it did not say."""
        return self._timeout

    def parameters(self) -> str:
        """The caller's parameters, as JSON text."""
        return json.dumps(self._parameters, separators=(",", ":"))

    def requested_output_names(self) -> set[str]:
        """The outputs asked for."""
        return self._outputs

    def model_name(self) -> str:
        """The model asked."""
        return self._model_name

    def model_version(self) -> int:
        """The version asked."""
        return self._model_version

    def preferred_memory(self) -> object:
        """Where outputs should lie, as given."""
        return self._memory

    def trace(self) -> object:
        """The trace, as given."""
        return self._trace

    def is_cancelled(self) -> bool:
        """Whether nobody waits for the response any more."""
        return self._reply is not None and self._reply.cancelled()

    def get_response_sender(self) -> InferenceResponseSender:
        """What gives responses one by one, also after `execute` has returned."""
        if self._reply is None:
            raise TritonModelException("Only a request given to execute() has a response sender.")
        return InferenceResponseSender(self._reply)

    def set_release_flags(self, flags: int) -> None:
        """Say whether the request is finished with or to be executed once more."""
        if flags not in (RELEASE_ALL, RELEASE_RESCHEDULE):
            raise TritonModelException(f"Unknown release flags {flags}.")
        self._release_flags = flags

    def given_parameters(self) -> dict[str, Any]:
        """The parameters as they were given."""
        return dict(self._parameters)

    def exec(
        self,
        decoupled: bool = False,
        execution_timeout: object = None,  # noqa: ARG002 - known, and without effect
    ) -> Any:
        """Ask another model and wait: its response, or all of them one by one if `decoupled`.

        What goes wrong at the other model is the response's error. Raises TritonModelException
        outside `execute`, and for a request without a model's name.
        """
        if not self._model_name:
            raise TritonModelException("A request to another model needs its model_name.")
        if not _askers:
            raise TritonModelException("Other models can be asked only while execute() runs.")
        responses = _askers[-1].ask(self, decoupled=decoupled)
        return responses if decoupled else next(iter(responses))

    async def async_exec(self, decoupled: bool = False, execution_timeout: object = None) -> Any:
        """What `exec` does, while other coroutines run."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self.exec, decoupled, execution_timeout)


class Asker(Protocol):
    """Takes requests to other models."""

    def ask(self, request: InferenceRequest, *, decoupled: bool) -> Iterator[InferenceResponse]:
        """The responses as they come."""
        ...


_askers: list[Asker] = []


def ask_with(asker: Asker) -> None:
    """From now on requests to other models of this process go that way."""
    _askers.append(asker)


def bind(request: InferenceRequest, reply: ReplyChannel) -> None:
    """Give a request its way back."""
    request._reply = reply  # noqa: SLF001 - not for models


def take_reschedule(request: InferenceRequest) -> bool:
    """Whether the model wants the request once more; asking makes it forget."""
    wanted = request._release_flags == RELEASE_RESCHEDULE  # noqa: SLF001 - not for models
    request._release_flags = RELEASE_ALL  # noqa: SLF001 - not for models
    return wanted


def response_parameters(response: InferenceResponse) -> dict[str, Any]:
    """A response's parameters as they are."""
    return response._parameters  # noqa: SLF001 - not for models
