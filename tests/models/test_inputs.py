"""Every model that takes pictures refuses what is none, and says what it wants."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, Tensor
from backend.models.catalogue import bundled_models
from backend.models.inputs import picture
from backend.profiles.bundled import BUNDLED

IMAGE = Tensor("IMAGE", Datatype.UINT8, np.zeros((4, 6, 3), np.uint8))
TINY_PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ([], "exactly one of 'IMAGE' and 'IMAGE_ENCODED', got no inputs"),
        ([IMAGE, Tensor.of_bytes("IMAGE_ENCODED", b"x")], "exactly one of"),
        ([Tensor("PIXELS", Datatype.UINT8, IMAGE.data)], "got 'PIXELS'"),
        ([Tensor("IMAGE", Datatype.FP32, IMAGE.data)], "must be UINT8, got FP32"),
        ([Tensor("IMAGE", Datatype.UINT8, np.zeros((4, 6), np.uint8))], r"shape \[-1, -1, 3\]"),
        ([Tensor("IMAGE", Datatype.UINT8, np.zeros((4, 6, 4), np.uint8))], r"got \[4, 6, 4\]"),
        ([Tensor("IMAGE", Datatype.UINT8, np.zeros((0, 6, 3), np.uint8))], "6 x 0 pixels"),
        ([Tensor.of_bytes("IMAGE_ENCODED", b"a", b"b")], r"must have shape \[1\], got \[2\]"),
        ([Tensor.of_bytes("IMAGE_ENCODED", b"hello")], "Expected a JPEG or PNG file"),
        ([Tensor.of_bytes("IMAGE_ENCODED", b"")], "Expected a JPEG or PNG file"),
        ([Tensor.of_bytes("IMAGE_ENCODED", b"\xff\xd8\xff\xe0broken")], "damaged or cut short"),
        ([Tensor.of_bytes("IMAGE_ENCODED", TINY_PNG_HEAD)], "damaged or cut short"),
    ],
)
def test_what_is_no_picture_is_refused(tensors: list[Tensor], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        picture({tensor.name: tensor for tensor in tensors})


@pytest.mark.parametrize("name", [n for n, p in BUNDLED.items() if p.kind is MediaKind.IMAGE])
def test_every_picture_model_checks_its_input_and_takes_a_view(name: str) -> None:
    model = next(make for make in bundled_models() if make.name == name)()
    with pytest.raises(InvalidInput, match="exactly one of"):
        model.prepare({})
    every_other = np.zeros((128, 256, 3), np.uint8)[::2, ::2]
    prepared = model.prepare({"IMAGE": Tensor("IMAGE", Datatype.UINT8, every_other)})
    outputs = model.finish(model.infer(prepared))
    assert [tensor.name for tensor in outputs] == [spec.name for spec in model.outputs]
    assert all(len(tensor.data) == 0 for tensor in outputs)
