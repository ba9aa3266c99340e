"""The form of an inference: one row per input of the model, and the exact request it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from backend.core.choices import Compression, Serialization
from backend.core.errors import InvalidInput
from backend.core.inference import NO_PARAMETERS, InferRequest, Parameters, RequestedOutput
from backend.core.samples import MediaKind, Sample
from backend.core.target import DEFAULT_MESSAGE_LIMIT
from backend.core.tensors import Tensor, TensorSpec
from backend.inspector.calls import Headers, MethodKind, Request
from backend.inspector.forms.input_argument import InputArgument
from backend.inspector.forms.input_fills import (
    NOTHING_LIVE,
    Fill,
    FillKind,
    Live,
    definite,
    filled,
    sample_of,
)
from backend.wire.elements import TensorRef, count_elements
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from backend.wire.oip.requests import encode_request

CLASSIFICATION = "classification"
"""Parameter of an output: answer with so many best classes instead (an extension of Triton's)."""


class Described(Protocol):
    """What a form needs to know about a model."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def inputs(self) -> Sequence[TensorSpec]:
        """Its inputs."""
        ...

    @property
    def outputs(self) -> Sequence[TensorSpec]:
        """Its outputs."""
        ...


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input: how the model declares it, the shape wanted and what it is filled with.

    In `shape` a -1 takes what the filling gives, and 1 if it gives no size. An optional input may
    be left out by `sent`.
    """

    spec: TensorSpec
    shape: tuple[int, ...]
    fill: Fill = Fill()
    sent: bool = True

    def problem(self) -> str:
        """What is wrong with the shape or with leaving it out, or ''; the filling is not tried."""
        try:
            self.check("")
        except InvalidInput as error:
            return str(error)
        return ""

    def check(self, model: str) -> None:
        """Raise InvalidInput naming the input, what was expected and what the row says."""
        place = TensorRef("input", self.spec.name, model)
        if not self.sent and not self.spec.optional:
            raise InvalidInput(f"{place} is not optional: the model cannot do without it.")
        fits = len(self.shape) == len(self.spec.shape) and all(
            want in (-1, got) or got == -1
            for want, got in zip(self.spec.shape, self.shape, strict=True)
        )
        if not fits or any(size < -1 for size in self.shape):
            raise InvalidInput(
                f"unexpected shape for {place}. Expected {list(self.spec.shape)}, "
                f"got {list(self.shape)}."
            )
        count_elements(definite(self.shape), place)

    def size(self) -> int | None:
        """Bytes of the elements if the shape tells them, else None; nothing is built."""
        itemsize = self.spec.datatype.itemsize
        open_ended = -1 in self.shape and self.fill.kind not in _GENERATED
        if not self.sent:
            return 0
        if itemsize is None or open_ended or self.problem():
            return None
        return (
            count_elements(definite(self.shape), TensorRef("input", self.spec.name, "")) * itemsize
        )


_GENERATED = (FillKind.ZEROS, FillKind.ONES, FillKind.RANDOM, FillKind.CONSTANT)


@dataclass(frozen=True, slots=True)
class TensorForm:
    """A model's inputs and everything else an inference may carry; a value, edited by copying.

    `wanted` are the outputs asked for, none meaning all of them; with `classification` each of
    them is answered as its so many best classes. `media` is what the model's profile makes its
    inputs of, None where there is no profile.
    """

    model: str
    rows: tuple[InputRow, ...]
    outputs: tuple[TensorSpec, ...] = ()
    version: str = ""
    id: str = ""
    parameters: Parameters = field(default_factory=lambda: NO_PARAMETERS)
    wanted: tuple[str, ...] = ()
    classification: int = 0
    media: MediaKind | None = None

    @classmethod
    def of(cls, model: Described, version: str = "") -> TensorForm:
        """The form of a model: everything filled with zeros, optional inputs left out."""
        rows = tuple(InputRow(spec, spec.shape, sent=not spec.optional) for spec in model.inputs)
        return cls(model.name, rows, tuple(model.outputs), version)

    def row(self, name: str) -> InputRow:
        """The row of an input; raises InvalidInput if the model has none of that name."""
        for row in self.rows:
            if row.spec.name == name:
                return row
        raise InvalidInput(
            f"unexpected inference input '{name}' for model '{self.model}'",
            hint=f"It takes {', '.join(row.spec.name for row in self.rows) or 'no inputs'}.",
        )

    def with_row(self, name: str, **changes: Any) -> TensorForm:
        """The form with an input's shape, fill or sent changed; raises InvalidInput."""
        changed = replace(self.row(name), **changes)
        rows = tuple(changed if row.spec.name == name else row for row in self.rows)
        return replace(self, rows=rows)

    def with_inputs(self, inputs: Iterable[InputArgument]) -> TensorForm:
        """The form with these fillings, as a command line gives them; raises InvalidInput."""
        form = self
        for given in inputs:
            row = form.row(given.name)
            shape = row.shape if given.shape is None else given.shape
            form = form.with_row(given.name, fill=given.fill, shape=shape, sent=True)
        return form

    def size(self) -> int | None:
        """Bytes of all elements as far as the shapes tell, else None; the message adds a header.

        The exact size of a message is that of what `to_request` gives.
        """
        sizes = [row.size() for row in self.rows]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def infer_request(self, live: Live = NOTHING_LIVE) -> InferRequest:
        """The inference with every tensor made; raises InvalidInput for the first row at fault."""
        return InferRequest(
            model=self.model,
            inputs=tuple(self._tensor(row, live) for row in self.rows if self._taken(row)),
            version=self.version,
            id=self.id,
            parameters=self.parameters,
            outputs=self._requested(),
        )

    def sample(self, live: Live = NOTHING_LIVE) -> Sample | None:
        """The first picture or sound that is sent, before it is prepared; raises InvalidInput."""
        sent = (row for row in self.rows if row.sent)
        places = ((row.fill, TensorRef("input", row.spec.name, self.model)) for row in sent)
        samples = (sample_of(fill, live, place) for fill, place in places)
        return next((sample for sample in samples if sample is not None), None)

    def _taken(self, row: InputRow) -> bool:
        row.check(self.model)
        return row.sent

    def _tensor(self, row: InputRow, live: Live) -> Tensor:
        spec = replace(row.spec, shape=row.shape)
        tensor = filled(spec, row.fill, live, model=self.model)
        if tensor.datatype is not row.spec.datatype or not row.spec.accepts(tensor.shape):
            raise InvalidInput(
                f"input '{row.spec.name}' for model '{self.model}' takes {row.spec.datatype} "
                f"{list(row.spec.shape)}, got {tensor.datatype} {list(tensor.shape)}"
            )
        return tensor

    def _requested(self) -> tuple[RequestedOutput, ...]:
        known = [spec.name for spec in self.outputs]
        for name in self.wanted:
            if known and name not in known:
                raise InvalidInput(
                    f"unexpected inference output '{name}' for model '{self.model}'",
                    hint=f"It gives {', '.join(known)}.",
                )
        if self.classification < 0:
            raise InvalidInput(f"Classes per output must be 0 or more, got {self.classification}.")
        if not self.classification:
            return tuple(RequestedOutput(name) for name in self.wanted)
        names = self.wanted or tuple(known)
        return tuple(RequestedOutput(name, {CLASSIFICATION: self.classification}) for name in names)


def to_request(
    inference: InferRequest,
    serialization: Serialization,
    target: str,
    *,
    stream: bool = False,
    headers: Headers = (),
    compression: Compression = Compression.NONE,
    deadline_s: float | None = None,
    message_limit: int = DEFAULT_MESSAGE_LIMIT,
    bare_nan: bool = False,
) -> Request:
    """The inference as it is sent, over REST or gRPC, whichever the serialisation belongs to.

    `headers` are added to those that belong to the serialisation; `stream` calls ModelStreamInfer.
    `Request.size` is the exact size before compression. Raises InvalidInput for what the
    serialisation cannot carry; with `bare_nan` JSON may hold NaN, which Triton reads.
    """
    own, body = encode_request(inference, serialization, bare_nan=bare_nan)
    if serialization.over_rest:
        kind, path = MethodKind.REST, oip_rest.infer_path(inference.model, inference.version)
    else:
        kind = MethodKind.BIDI_STREAM if stream else MethodKind.UNARY
        path = oip_grpc.MODEL_STREAM_INFER if stream else oip_grpc.MODEL_INFER
    return Request(
        target=target,
        kind=kind,
        path=path,
        messages=(body,),
        verb="POST" if serialization.over_rest else "",
        headers=(*own.items(), *headers),
        compression=compression,
        deadline_s=deadline_s,
        message_limit=message_limit,
    )
