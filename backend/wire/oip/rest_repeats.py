"""Infer requests over REST whose JSON says the same as one before: only the id and the elements,
which follow as bytes, differ.

Such a JSON is compared as bytes and not read again. Anything else goes the ordinary way, so that
every request is read exactly as `rest.decode_request` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from backend.core.inference import InferRequest
from backend.wire.elements import Buffer
from backend.wire.oip.rest import header_size
from backend.wire.oip.stream_repeats import MADE_ANEW, Part, part_of

_MOST_FORMS = 16
_LONGEST = 4096
"""Bytes of a JSON that is kept."""
_IDS = (b'{"id":"', b'{"id": "')

_Key: TypeAlias = tuple[str, str, bool, bytes]
"""Model, version, whether an id was taken out of the JSON, and the rest of it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    example: InferRequest
    parts: Sequence[Part]
    size: int


class RepeatedRequests:
    """The forms of the requests that came last; used by one thread at a time."""

    def __init__(self) -> None:
        self._forms: dict[_Key, _Form] = {}

    def read(
        self, headers: Mapping[str, str], body: Buffer, model: str, version: str
    ) -> InferRequest | None:
        """The request if its form is known. Such requests share their parameters and outputs.

        Raises InvalidInput for a header length that cannot be.
        """
        at = header_size(headers, len(body))
        if not self._forms or not 0 < at <= _LONGEST:
            return None
        name, rest = _split(bytes(body[:at]))
        form = self._forms.get((model, version, bool(name), rest))
        if form is None or form.size != len(body) - at:
            return None
        tensors = []
        for part in form.parts:
            tensors.append(part.tensor(body, at))
            at += part.size
        like = form.example
        return InferRequest(
            like.model, tuple(tensors), like.version, name or like.id, like.parameters, like.outputs
        )

    def note(self, headers: Mapping[str, str], body: Buffer, request: InferRequest) -> None:
        """Know from now on the form of a request that was read from this body."""
        size = header_size(headers, len(body))
        if not 0 < size <= _LONGEST:
            return
        text = bytes(body[:size])
        name, rest = _split(text)
        # Where an id could be another name's value, or be written in another way.
        if name and (name != request.id or text.count(b'"id"') > 1 or b"\\" in text):
            return
        inputs = request.inputs
        if any(tensor.datatype in MADE_ANEW or not tensor.data.size for tensor in inputs):
            return
        if sum(tensor.data.nbytes for tensor in inputs) != len(body) - size:
            return  # some came as numbers, or from shared memory
        if len(self._forms) >= _MOST_FORMS:
            del self._forms[next(iter(self._forms))]
        parts = tuple([part_of(b"", tensor) for tensor in inputs])
        # Without the elements: they would stay in memory.
        form = _Form(replace(request, inputs=()), parts, len(body) - size)
        self._forms[request.model, request.version, bool(name), rest] = form


def _split(text: bytes) -> tuple[str, bytes]:
    """The id that a JSON begins with, and the rest; '' and all of it for any other."""
    for begin in _IDS:
        if text.startswith(begin):
            start = len(begin)
            end = text.find(b'"', start)
            name = text[start:end]
            if name.isalnum():
                return name.decode("ascii"), begin + text[end:]
    return "", text
