"""What the server runs: a loaded model with its instances, whatever computes it.

A servable is one version of a model. It makes instances; each instance is used by one thread at a
time and takes a batch of requests at once. Answers are given one by one, through `respond`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from backend.core.errors import ConsoleError, RequestError
from backend.core.inference import NO_PARAMETERS, Parameters
from backend.core.tensors import Tensor, TensorSpec
from backend.core.unguarded import unguarded
from backend.profiles.model_profile import ModelProfile
from backend.wire.generated import open_inference_pb2 as pb

SequenceId: TypeAlias = int | str
"""What ties the requests of a sequence together; 0 and '' mean none and never get here."""


class ModelLoadError(ConsoleError):
    """A model cannot be loaded; the message is the reason that the repository's index shows."""


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """A request's place in its sequence."""

    id: SequenceId
    start: bool = False
    end: bool = False


def never() -> bool:
    """Somebody always waits."""
    return False


@unguarded
@dataclass(frozen=True, slots=True, eq=False)
class ModelRequest:
    """One request as a model sees it: already checked against the declared inputs.

    `inputs` are as they were sent, by name, batch dimension included, and with them the values
    that the configuration asks for (`sequence_batching.control_input`). `outputs` names those
    asked for, () means all; a model may give more. `cancelled` says whether anybody still waits.
    `timeout_us` is how long the caller lets it wait in the queue, 0 without a bound. `padding` is a
    row of a batch that stands for no request: what is answered to it is dropped.
    """

    inputs: Mapping[str, Tensor]
    id: str = ""
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)
    sequence: SequenceStep | None = None
    outputs: tuple[str, ...] = ()
    cancelled: Callable[[], bool] = never
    timeout_us: int = 0
    padding: bool = False


@unguarded
@dataclass(frozen=True, slots=True, eq=False)
class ModelResponse:
    """One answer of a model: tensors, or an error instead of them."""

    outputs: tuple[Tensor, ...] = ()
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)
    error: RequestError | None = None


Respond: TypeAlias = Callable[[int, ModelResponse | None, bool], None]
"""``respond(index in the batch, response or None for flags only, final)``.

Each request gets exactly one final call. A model that is not decoupled makes exactly one call, with
a response; a decoupled one makes any number, and may make them after `execute` has returned. Safe
from any thread; calls after the final one are ignored.
"""


@unguarded
@dataclass(frozen=True, slots=True)
class ExecutionTimes:
    """How long a batch took to gather, to compute and to hand out, in nanoseconds."""

    input_ns: int
    infer_ns: int
    output_ns: int


class Instance(Protocol):
    """One copy of a model; used by one thread at a time."""

    def execute(self, batch: Sequence[ModelRequest], respond: Respond) -> ExecutionTimes:
        """Compute a batch, blocking.

        Raising fails every request of the batch that has had no final response: with the error
        itself if it is a RequestError, else with ModelFailed.
        """
        ...

    def close(self) -> None:
        """Let go of everything; called once, after the last `execute` has returned."""
        ...


@runtime_checkable
class KeepsSequences(Protocol):
    """An instance that keeps something per sequence, and wants to know when one is given up."""

    def forget(self, sequence: SequenceId) -> None:
        """The sequence timed out or was cancelled: no further request of it will come.

        Called on the instance's thread. A sequence that ends by its END flag is not told here.
        """
        ...


@runtime_checkable
class Interruptible(Protocol):
    """An instance whose `execute` can be broken off."""

    def interrupt(self, reason: str) -> None:
        """Let the `execute` that runs fail soon with NotReady, `reason` being why; from any thread.

        Without one, nothing happens. The instance may be used again afterwards.
        """
        ...


class ModelDeclaration(Protocol):
    """What a loaded version of a model takes and gives, whatever serves it."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        ...

    @property
    def version(self) -> str:
        """A decimal number as text."""
        ...

    @property
    def config(self) -> pb.ModelConfig:
        """The complete configuration."""
        ...

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The declared inputs, with a leading -1 when `max_batch_size` is above 0."""
        ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The declared outputs, likewise."""
        ...

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Class names per output, for those that have some."""
        ...

    @property
    def profile(self) -> ModelProfile | None:
        """How samples become its inputs, where that is known."""
        ...

    @property
    def instant(self) -> bool:
        """Whether an answer takes well under 50 us, so that it may be made on the event loop."""
        ...

    @property
    def decoupled(self) -> bool:
        """Whether a request may have any number of responses."""
        ...


class Servable(ModelDeclaration, Protocol):
    """One loaded version of a model."""

    @property
    def trouble(self) -> str:
        """Why it cannot take requests just now, such as a crash; '' while it can.

        The index then says UNAVAILABLE with this reason. Cheap, and safe from any thread.
        """
        ...

    def make_instance(self, index: int) -> Instance:
        """One more copy, counted from 0; may be slow. Raises ModelLoadError."""
        ...

    def close(self) -> None:
        """Let go of what the instances share; called once, after they are closed."""
        ...
