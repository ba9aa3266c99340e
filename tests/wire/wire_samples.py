"""Tensors and predictions that the tests of the wire formats share."""

from __future__ import annotations

import numpy as np

from backend.core.inference import InferRequest
from backend.core.predictions import (
    Classification,
    ClassScore,
    Detection,
    Detections,
    KeyPoint,
    KeyPoints,
    Mask,
    Prediction,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.tensors import Array, Datatype, Tensor

EXTREMES: dict[Datatype, Array] = {
    Datatype.BOOL: np.array([True, False, True]),
    Datatype.FP16: np.array([1.5, -np.inf, np.nan], np.float16),
    Datatype.BF16: np.array([0x3F80, 0xFFFF, 0], np.uint16),
    Datatype.FP32: np.array([1e38, np.nan, -0.0], np.float32),
    Datatype.FP64: np.array([1e308, np.inf, -1e-300]),
    Datatype.BYTES: np.array([b"", b"\x00\xff", "grün".encode()], object),
    **{
        datatype: np.array([np.iinfo(datatype.numpy).min, np.iinfo(datatype.numpy).max, 1]).astype(
            datatype.numpy
        )
        for datatype in Datatype
        if "INT" in datatype and datatype is not Datatype.UINT64
    },
    Datatype.UINT64: np.array([0, 2**64 - 1, 1], np.uint64),
}
"""Three elements of each datatype, the smallest and largest among them."""

PREDICTIONS: tuple[Prediction, ...] = (
    Classification((ClassScore("speech", 0.75, 0), ClassScore("silence", 0.25, 1))),
    Detections(
        (
            Detection((0.5, 1.25, 10.0, 20.0), "circle", 0.875, 3),
            Detection(
                (1.0, 2.0, 3.0, 4.0),
                "qr code",
                1.0,
                text="https://example.org/grün",
                points=(KeyPoint(1.0, 2.0), KeyPoint(3.0, 4.0, 0.5, "corner")),
            ),
        )
    ),
    KeyPoints((KeyPoint(0.0, 1.0, 0.25, "nose"),)),
    Mask(np.arange(6, dtype=np.uint8).reshape(2, 3), ("background", "cat")),
    Scalars((Scalar("pitch", 440.0, "Hz", 60.0, 1500.0), Scalar("confidence", 0.5))),
    Text("A4"),
    Tensors(
        (
            Tensor("A", Datatype.FP32, np.array([[0.5, -1.0]], np.float32)),
            Tensor.of_bytes("B", b"ab", b""),
        )
    ),
)
"""One prediction of each kind."""


def same_tensor(left: Tensor, right: Tensor) -> None:
    """Assert that two tensors agree in everything, bit by bit."""
    assert (left.name, left.datatype, left.shape) == (right.name, right.datatype, right.shape)
    if left.datatype is Datatype.BYTES:
        assert left.data.tolist() == right.data.tolist()
    else:
        assert left.data.tobytes() == right.data.tobytes()


def same_prediction(left: Prediction, right: Prediction) -> None:
    """Assert that two predictions are of one kind and agree."""
    assert type(left) is type(right)
    if isinstance(left, Tensors) and isinstance(right, Tensors):
        for mine, other in zip(left.tensors, right.tensors, strict=True):
            same_tensor(mine, other)
    elif isinstance(left, Mask) and isinstance(right, Mask):
        assert left.classes.tolist() == right.classes.tolist()
        assert left.labels == right.labels
    else:
        assert left == right


def same_request(a: InferRequest, b: InferRequest) -> None:
    """Two requests mean the same, and the data of the first can be computed with."""
    assert (a.model, a.version, a.id) == (b.model, b.version, b.id)
    assert repr(dict(a.parameters)) == repr(dict(b.parameters))
    assert [(o.name, repr(o.parameters)) for o in a.outputs] == [
        (o.name, repr(o.parameters)) for o in b.outputs
    ]
    assert len(a.inputs) == len(b.inputs)
    for tensor, wanted in zip(a.inputs, b.inputs, strict=True):
        assert tensor.name == wanted.name
        same_tensor(tensor, wanted)
        assert tensor.data.flags.aligned
