"""What a request may be, and what is said when it is not."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.errors import InvalidInput
from backend.core.inference import RequestedOutput
from backend.core.tensors import Datatype, Tensor, TensorSpec
from backend.server.plane.validation import check_inputs, check_outputs, select_outputs

PAIR = (TensorSpec("A", Datatype.FP32, (-1, 2)), TensorSpec("B", Datatype.INT32, (1,)))
PICTURE = (
    TensorSpec("IMAGE", Datatype.UINT8, (-1, -1, 3), optional=True),
    TensorSpec("IMAGE_ENCODED", Datatype.BYTES, (1,), optional=True),
)
A = Tensor("A", Datatype.FP32, np.zeros((3, 2), np.float32))
B = Tensor("B", Datatype.INT32, np.zeros(1, np.int32))
PIXELS = Tensor("IMAGE", Datatype.UINT8, np.zeros((2, 2, 3), np.uint8))
ENCODED = Tensor.of_bytes("IMAGE_ENCODED", b"x")


def test_a_fitting_request_is_given_back_by_name() -> None:
    assert dict(check_inputs("m", PAIR, [B, A])) == {"A": A, "B": B}


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ([A, B, Tensor("C", Datatype.FP32, A.data)], "unexpected inference input 'C' for model"),
        ([A, A], "input 'A' already exists in request"),
        (
            [A],
            "Got input(s) ['A'], but missing required input(s) ['B']. Please provide all",
        ),
        (
            [Tensor("A", Datatype.INT32, A.data), B],
            "inference input 'A' data-type is 'INT32', but model 'm' expects 'FP32'",
        ),
        (
            [Tensor("A", Datatype.FP32, np.zeros((1, 3), np.float32)), B],
            "unexpected shape for input 'A' for model 'm'. Expected [-1,2], got [1,3].",
        ),
    ],
)
def test_a_wrong_input_is_named_in_the_words_of_triton(inputs: list[Tensor], text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_inputs("m", PAIR, inputs)
    assert text in str(caught.value)


@pytest.mark.parametrize(("inputs", "got"), [([], "neither"), ([PIXELS, ENCODED], "both")])
def test_a_picture_comes_in_exactly_one_form(inputs: list[Tensor], got: str) -> None:
    with pytest.raises(InvalidInput, match=f"exactly one of the inputs .* got {got}"):
        check_inputs("m", PICTURE, inputs)


@pytest.mark.parametrize("one", [PIXELS, ENCODED])
def test_either_form_of_a_picture_will_do(one: Tensor) -> None:
    assert list(check_inputs("m", PICTURE, [one])) == [one.name]


def test_outputs_come_in_the_order_they_are_asked_for() -> None:
    asked = (RequestedOutput("B"), RequestedOutput("A"))
    assert select_outputs("m", (A, B), asked) == (B, A)
    assert select_outputs("m", (A, B), ()) == (A, B)


def test_an_output_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unexpected inference output 'X' for model 'm'"):
        check_outputs("m", PAIR, (RequestedOutput("X"),))


def test_an_output_is_asked_for_once() -> None:
    check_outputs("m", PAIR, (RequestedOutput("B"), RequestedOutput("A")))
    with pytest.raises(InvalidInput, match="output 'B' already exists in request"):
        check_outputs("m", PAIR, [RequestedOutput(name) for name in ("B", "A", "B")])
