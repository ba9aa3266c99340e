"""What every model offers to the server, whatever computes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from backend.core.tensors import Tensor, TensorSpec
from backend.profiles.model_profile import ModelProfile


class Model(Protocol):
    """One loaded model: three steps from input tensors to output tensors.

    The steps are timed apart, as compute_input, compute_infer and compute_output. What `prepare`
    returns goes to `infer`, and what that returns goes to `finish`; no state is kept between
    requests, so the same inputs always give the same outputs. An instance is used by one thread
    at a time. An `instant` model takes well under 50 us and may run on the server's event loop.
    """

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        ...

    @property
    def version(self) -> str:
        """A decimal number as text."""
        ...

    @property
    def platform(self) -> str:
        """What computes it, as told by the metadata."""
        ...

    @property
    def instant(self) -> bool:
        """Whether it is quicker than a hop to another thread."""
        ...

    @property
    def profile(self) -> ModelProfile:
        """How samples become its inputs and its outputs become predictions."""
        ...

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The declared inputs."""
        ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The declared outputs; every request gives all of them."""
        ...

    def prepare(self, inputs: Mapping[str, Tensor]) -> Any:
        """Check and convert the inputs, by name; raises InvalidInput."""
        ...

    def infer(self, prepared: Any) -> Any:
        """Compute."""
        ...

    def finish(self, raw: Any) -> tuple[Tensor, ...]:
        """The output tensors, in the declared order."""
        ...

    def close(self) -> None:
        """Let go of what was loaded; may be called twice."""
        ...


class BundledModel:
    """What the models that ship with Inferdeck have in common: all of it is in their profile."""

    version = "1"
    platform = "inferdeck"
    instant = False

    def __init__(self, profile: ModelProfile) -> None:
        self.profile = profile

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return self.profile.model

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The declared inputs."""
        return self.profile.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The declared outputs."""
        return self.profile.outputs

    def close(self) -> None:
        """Nothing is held outside Python's own memory."""
