"""One message of a stream of inferences, whichever of the two types a server sends.

Most servers send ModelStreamInferResponse {error_message=1, infer_response=2}; some send a bare
ModelInferResponse {model_name=1, model_version=2, id=3, ..., raw_output_contents=6}. Decoded as
the other type either may fail or, worse, succeed with nonsense. The numbers of the top-level
fields tell them apart.
"""

from __future__ import annotations

from backend.core.errors import InvalidInput
from backend.core.inference import InferResponse
from backend.wire.elements import Buffer
from backend.wire.oip.grpc import decode_response, decode_stream_response
from backend.wire.protobuf.fields import fields

_RESPONSE, _ID = 2, 3
_BARE_NUMBERS = frozenset((3, 4, 5, 6))


def is_bare(data: Buffer) -> bool:
    """Whether a stream's message is a ModelInferResponse without the stream's wrapper.

    A message that is neither counts as wrapped: its reader says what is wrong with it.
    """
    try:
        return any(number in _BARE_NUMBERS for number, *_ in fields(data))
    except (ValueError, InvalidInput):
        return False


def decode_stream_reply(data: bytes, *, bare: bool) -> tuple[str, InferResponse | None]:
    """A stream's message of the given type: its error or '', and its response.

    With an error the response holds no more than the request's id. Raises ReplyMismatch.
    """
    return ("", decode_response(data)) if bare else decode_stream_response(data)


def id_of_good_reply(data: Buffer) -> str:
    """The id in a wrapped response, without reading the rest; '' for an error and all else."""
    try:
        for number, _, _, content in fields(data):
            if number != _RESPONSE:
                return ""
            for inner, _, _, text in fields(content):
                if inner == _ID:
                    return str(text, "utf-8")
    except (ValueError, InvalidInput):
        pass  # its reader says what is wrong with it
    return ""
