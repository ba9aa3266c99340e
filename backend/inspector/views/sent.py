"""What a request that was sent holds: its inference, and the picture in it."""

from __future__ import annotations

from urllib.parse import unquote

from backend.core.errors import ConsoleError
from backend.core.inference import InferRequest
from backend.core.samples import Frame
from backend.core.tensors import Datatype, Tensor
from backend.inspector.calls import Request
from backend.inspector.views.replies import is_inference
from backend.wire.media.images import decode_image
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest


def sent_inference(request: Request, message: bytes) -> InferRequest:
    """A message of a request that is an inference; raises InvalidInput for what cannot be read."""
    if not request.rest:
        return oip_grpc.decode_request(message)
    names = request.path.partition("?")[0].split("/")
    version = names[5] if len(names) > 6 else ""
    model = unquote(names[3])
    return oip_rest.decode_request(dict(request.headers), message, model, unquote(version))


def sent_picture(request: Request) -> Frame | None:
    """The picture that an inference carries, as uint8 pixels or as a file; None for none.

    Numbers that a picture was made into, such as floats without their mean, are none.
    """
    if not is_inference(request) or not request.messages:
        return None
    try:
        inputs = sent_inference(request, request.messages[-1]).inputs
        return next((frame for tensor in inputs if (frame := _picture(tensor))), None)
    except ConsoleError:  # whoever reads the reply is not to be told of the request
        return None


def _picture(tensor: Tensor) -> Frame | None:
    if tensor.datatype is Datatype.UINT8:
        pixels = tensor.data[0] if tensor.data.ndim == 4 and len(tensor.data) == 1 else tensor.data
        whole = pixels.ndim == 3 and pixels.shape[-1] == 3 and pixels.size
        return Frame(0, 0, pixels) if whole else None
    if tensor.datatype is Datatype.BYTES and tensor.data.size == 1:
        data = bytes(tensor.data.reshape(-1)[0])
        return Frame(0, 0, decode_image(data)) if data.startswith(_BEGINNINGS) else None
    return None


_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n")
"""Of JPEG and PNG files."""
