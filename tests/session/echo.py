"""Whether `identity` gave back what was sent."""

from __future__ import annotations

from backend.core.predictions import Tensors
from backend.core.samples import Frame
from backend.core.status import Result


def echoes(result: Result) -> bool:
    """Whether the answer is the very frame that it is matched to, or a file where one was sent."""
    (tensors,) = result.predictions
    assert isinstance(tensors, Tensors)
    assert isinstance(result.sample, Frame)
    data = tensors.tensors[0].data.tobytes()
    if result.settings.payload.image == "raw":
        return data == result.sample.pixels.tobytes()
    return data[:3] in (b"\xff\xd8\xff", b"\x89PN")
