"""Whether a server takes tensors as bytes over REST.

Its metadata does not say: one lists no extension and takes them, another reads the bytes as JSON.
So a model is sent a body that is four bytes short. A server that knows the form complains about
the size and runs nothing; one that does not complains about the body as such.
"""

from __future__ import annotations

from backend.clients.codecs import RestCall, RestReply
from backend.clients.connections.rest.connection import RestConnection
from backend.wire.json.text import write_json
from backend.wire.oip.rest import BINARY_TYPE, HEADER_LENGTH, infer_path
from backend.wire.oip.rest_errors import error_text

_DECLARED, _SENT = 8, 4
_KNOWS = ("additional bytes", "byte size", "cannot reshape", "buffer size", "binary_data_size")
_KNOWS_NOT = (415, 422)


def takes_binary(connection: RestConnection, model: str, deadline_s: float) -> bool | None:
    """Whether the server of this model does; None if its answer does not tell.

    Raises TargetError if there is no answer.
    """
    header = write_json(
        {
            "inputs": [
                {
                    "name": "probe",
                    "shape": [_DECLARED],
                    "datatype": "UINT8",
                    "parameters": {"binary_data_size": _DECLARED},
                }
            ]
        }
    )
    headers = {"Content-Type": BINARY_TYPE, HEADER_LENGTH: str(len(header))}
    call = RestCall(infer_path(model), headers, header + bytes(_SENT))
    return _verdict(connection.send(call, deadline_s=deadline_s))


def _verdict(reply: RestReply) -> bool | None:
    if reply.status in _KNOWS_NOT:
        return False
    text = error_text(reply.status, reply.body).lower()
    if reply.status in (400, 500) and "json" not in text and any(sign in text for sign in _KNOWS):
        return True
    plain = bytes(reply.body[:40]).decode("utf-8", "replace").lower()
    return False if reply.status == 500 and plain == "internal server error" else None
