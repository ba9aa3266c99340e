"""The classification extension: an output as its largest values, each with its class' name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.core.errors import InvalidInput
from backend.core.inference import RequestedOutput
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.servable import ModelDeclaration
from backend.wire.elements import object_array

CLASSIFICATION = "classification"

_WITHOUT_CLASSES = (Datatype.BOOL, Datatype.BYTES, Datatype.FP16, Datatype.BF16)


def classes_wanted(output: RequestedOutput) -> int:
    """How many classes are asked for, 0 for the tensor itself; raises InvalidInput."""
    wanted = output.parameters.get(CLASSIFICATION, 0)
    if type(wanted) is not int or wanted < 0:
        raise InvalidInput(
            f"parameter '{CLASSIFICATION}' of output '{output.name}' must be an integer of 0 or "
            f"more, got {wanted!r}"
        )
    return wanted


def classified(tensor: Tensor, wanted: int, model: ModelDeclaration) -> Tensor:
    """The tensor's `wanted` largest values as texts ``value:index[:label]``, largest first.

    The shape is [classes], or [batch, classes] for a model that batches; a tensor with fewer values
    gives fewer. Raises InvalidInput for a datatype that has no order or no digits.
    """
    if tensor.datatype in _WITHOUT_CLASSES:
        raise InvalidInput(
            f"class result not available for output '{tensor.name}' due to unsupported type "
            f"'{tensor.datatype}'"
        )
    batched = model.config.max_batch_size > 0 and tensor.data.ndim > 0
    rows = (
        tensor.data.reshape(tensor.shape[0] if batched else 1, -1)
        if tensor.data.size
        else (np.empty((tensor.shape[0] if batched else 1, 0)))
    )
    labels = model.labels.get(tensor.name, ())
    texts = [text for row in rows for text in _largest(row, wanted, labels)]
    each = min(wanted, rows.shape[1])
    shape = (len(rows), each) if batched else (each,)
    return Tensor(tensor.name, Datatype.BYTES, object_array(texts, shape))


def _largest(row: Array, wanted: int, labels: Sequence[str]) -> list[bytes]:
    # Stable, so that equal values stand in the order of their classes; NaN is the least of all.
    order = np.argsort(_descending(row), kind="stable")[:wanted]
    return [_text(row[index], int(index), labels) for index in order]


def _descending(row: Array) -> Array:
    """Keys that are smallest for the largest values."""
    if row.dtype.kind == "f":
        return np.where(np.isnan(row), np.inf, -row)
    # Unlike the negative, the complement exists for every integer.
    return ~row


def _text(value: Array, index: int, labels: Sequence[str]) -> bytes:
    number = f"{float(value):.6f}" if value.dtype.kind == "f" else str(int(value))
    label = f":{labels[index]}" if index < len(labels) and labels[index] else ""
    return f"{number}:{index}{label}".encode()
