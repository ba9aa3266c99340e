"""Identity gives back exactly what it gets."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.tensors import Datatype, Tensor
from backend.models.bundled.identity import Identity
from backend.models.contract import Model
from backend.profiles.bundled import profile_for


def answer(model: Model, *inputs: Tensor) -> tuple[Tensor, ...]:
    named = {tensor.name: tensor for tensor in inputs}
    return model.finish(model.infer(model.prepare(named)))


@pytest.mark.parametrize(
    ("name", "datatype"), [("identity", Datatype.UINT8), ("identity_fp32", Datatype.FP32)]
)
def test_the_output_is_the_input(name: str, datatype: Datatype) -> None:
    data = np.arange(256).astype(datatype.numpy)
    (output,) = answer(Identity(profile_for(name)), Tensor("INPUT0", datatype, data))
    assert (output.name, output.datatype, output.shape) == ("OUTPUT0", datatype, (256,))
    assert output.data.tobytes() == data.tobytes()


def test_nothing_in_nothing_out() -> None:
    empty = Tensor("INPUT0", Datatype.UINT8, np.zeros(0, np.uint8))
    (output,) = answer(Identity(profile_for("identity")), empty)
    assert output.shape == (0,)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (Tensor("X", Datatype.UINT8, np.zeros(3, np.uint8)), "Expected input 'INPUT0', got 'X'"),
        (Tensor("INPUT0", Datatype.INT8, np.zeros(3, np.int8)), "must be UINT8, got INT8"),
        (Tensor("INPUT0", Datatype.UINT8, np.zeros((3, 1), np.uint8)), r"shape \[-1\], got \[3, 1"),
    ],
)
def test_other_inputs_are_refused(tensor: Tensor, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        answer(Identity(profile_for("identity")), tensor)
