"""Text between the protocol's BYTES and ONNX Runtime's strings, which are UTF-8."""

from __future__ import annotations

import numpy as np

from backend.core.errors import InvalidInput, ModelFailed
from backend.core.tensors import Array, Tensor
from backend.wire.elements import bytes_items, object_array


def texts_of(tensor: Tensor) -> Array:
    """The elements of a BYTES tensor as `str`.

    Raises InvalidInput for one that is not UTF-8: ONNX Runtime would change it.
    """
    texts = np.empty(tensor.data.size, dtype=object)
    for index, item in enumerate(bytes_items(tensor)):
        try:
            texts[index] = item.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"element {index} of input '{tensor.name}' is not UTF-8 at byte {error.start}: "
                "an ONNX model takes text, not other bytes"
            ) from error
    return texts.reshape(tensor.shape)


def bytes_of(name: str, texts: Array) -> Array:
    """The BYTES elements of an output's `str`; raises ModelFailed for what is not Unicode."""
    try:
        items = [text.encode() for text in texts.reshape(-1).tolist()]
    except (UnicodeEncodeError, AttributeError) as error:
        raise ModelFailed(f"output '{name}' is not text: {error}") from error
    return object_array(items, texts.shape)
