"""Whether a reply is what was asked for and what the model declares, before it is given a meaning.

A reply that is not counts as failed.
"""

from __future__ import annotations

from typing import TypeAlias

from backend.clients.codecs.parts import seq_of
from backend.core.errors import ReplyMismatch
from backend.core.inference import InferResponse
from backend.core.predictions import Predictions
from backend.core.tensors import Tensor, TensorSpec
from backend.profiles.model_profile import ModelProfile, listed

_Look: TypeAlias = tuple[object, ...]


class ReplyCheck:
    """The checks for one model of one server; safe to use from several threads.

    `declared` says that the server holds its models to what it declares of them; elsewhere a
    declaration is a note that people write by hand, and only the decoder knows what it needs.
    """

    def __init__(self, profile: ModelProfile, *, declared: bool = True) -> None:
        self._model = profile.model
        self._outputs = profile.outputs
        self._specs = {spec.name: spec for spec in profile.outputs} if declared else {}
        self._good: _Look | None = None

    def check_outputs(self, response: InferResponse) -> None:
        """Raise ReplyMismatch unless its names, datatypes and shapes are the declared ones."""
        outputs = response.outputs
        look = tuple([(tensor.name, tensor.datatype, tensor.data.shape) for tensor in outputs])
        # Replies in a row are alike: what was found good once is compared only.
        if look == self._good:
            return
        wrong = self._wrong(outputs)
        if wrong:
            expected, got = listed(self._outputs), listed(outputs)
            raise _mismatch(self._model, wrong, f"Expected {expected}; got {got}.")
        self._good = look

    def check_id(self, given: str, request_seq: int | None) -> None:
        """Raise ReplyMismatch for the id of another request; one without an id is let pass.

        `request_seq` is None where only the id tells which request is answered.
        """
        if not given or given == str(request_seq):
            return
        if request_seq is None and seq_of(given) is not None:
            return
        raise wrong_id(self._model)

    def check_predictions(self, predictions: Predictions) -> None:
        """Raise ReplyMismatch if there are none."""
        if not predictions:
            raise _mismatch(self._model, "the reply has no predictions", "Expected at least one.")

    def _wrong(self, outputs: tuple[Tensor, ...]) -> str:
        if not outputs:
            return "the reply has no outputs"
        if not self._specs:
            return ""
        seen: set[str] = set()
        for tensor in outputs:
            spec = self._specs.get(tensor.name)
            if spec is None:
                return f"it gives an output '{tensor.name}' that it does not declare"
            if tensor.name in seen:
                return f"it gives output '{tensor.name}' twice"
            seen.add(tensor.name)
            if wrong := _unlike(tensor, spec):
                return wrong
        missing = [name for name in self._specs if name not in seen]
        return f"output '{missing[0]}' is missing" if missing else ""


def wrong_id(model: str) -> ReplyMismatch:
    """The error for a reply to nobody; without the id, so that it is the same every time."""
    return _mismatch(
        model,
        "its replies carry ids that are not those of the requests",
        "What they answer cannot be known.",
    )


def _mismatch(model: str, wrong: str, hint: str) -> ReplyMismatch:
    return ReplyMismatch(f"The server's '{model}' does not answer as it should: {wrong}.", hint)


def _unlike(tensor: Tensor, spec: TensorSpec) -> str:
    if tensor.datatype is not spec.datatype:
        return f"output '{spec.name}' is {tensor.datatype}, declared is {spec.datatype}"
    if not spec.accepts(tensor.shape):
        return (
            f"output '{spec.name}' has shape {list(tensor.shape)}, declared is {list(spec.shape)}"
        )
    return ""
