"""How the outputs of a response reach the caller: as they are, as classes, or in shared memory."""

from __future__ import annotations

from dataclasses import replace

from backend.core.errors import InvalidInput, Unsupported
from backend.core.inference import InferRequest, InferResponse, RequestedOutput
from backend.core.tensors import Tensor
from backend.models.servable import ModelDeclaration
from backend.server.memory import SharedMemory
from backend.server.plane.classification import CLASSIFICATION, classes_wanted, classified
from backend.wire.elements import TensorRef, to_raw
from backend.wire.oip.shared_regions import REGION, Span, span_of


class OutputDelivery:
    """What one request wants of its outputs; `memory` is None where none is shared.

    Raises RequestError at once if that cannot be.
    """

    def __init__(
        self, request: InferRequest, model: ModelDeclaration, memory: SharedMemory | None
    ) -> None:
        self._model = model
        self._memory = memory
        self._classes: dict[str, int] = {}
        self._spans: dict[str, Span] = {}
        for output in request.outputs:
            if output.parameters:
                self._note(output, request.model)

    @staticmethod
    def is_asked(request: InferRequest) -> bool:
        """Whether a request wants anything but its outputs as they are."""
        for output in request.outputs:  # a loop, not a generator: every request comes by here
            if REGION in output.parameters or CLASSIFICATION in output.parameters:
                return True
        return False

    def deliver(self, response: InferResponse) -> InferResponse:
        """The response as it is to be sent; raises RequestError."""
        if not (self._classes or self._spans):
            return response
        outputs = tuple(map(self._classified, response.outputs))
        for tensor in outputs:
            if tensor.name in self._spans:
                self._place(tensor, self._spans[tensor.name])
        return replace(response, outputs=outputs, elsewhere=frozenset(self._spans))

    def _note(self, output: RequestedOutput, model: str) -> None:
        wanted = classes_wanted(output)
        if wanted:
            self._classes[output.name] = wanted
        span = span_of(output.parameters, TensorRef("output", output.name, model))
        if span is None:
            return
        if wanted:
            raise InvalidInput(
                f"output '{output.name}' cannot be both classified and put into '{REGION}'"
            )
        _offered(self._memory).check(span.region, span.offset, span.size)
        self._spans[output.name] = span

    def _classified(self, tensor: Tensor) -> Tensor:
        wanted = self._classes.get(tensor.name, 0)
        return classified(tensor, wanted, self._model) if wanted else tensor

    def _place(self, tensor: Tensor, span: Span) -> None:
        content = to_raw(tensor)
        if len(content) > span.size:
            raise InvalidInput(
                f"shared memory size specified with the request for output '{tensor.name}' "
                f"({span.size} bytes) should be at least {len(content)} bytes to hold the results"
            )
        _offered(self._memory).write(span.region, span.offset, content)


def _offered(memory: SharedMemory | None) -> SharedMemory:
    if memory is None:
        raise Unsupported(NO_SHARED_MEMORY)
    return memory


NO_SHARED_MEMORY = (
    "system shared memory is not supported: this server must run on Linux and listen on loopback"
)
