"""Python models get and give every datatype byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import ModelFailed
from backend.core.tensors import Array, Datatype, Tensor
from backend.wire.elements import to_raw
from tests.models.python_models import execute, outputs, request, serving, tensor

IDENTITY = """
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            responses = []
            for request in requests:
                given = pb_utils.get_input_tensor_by_name(request, "INPUT0")
                made = pb_utils.Tensor("OUTPUT0", given.as_numpy())
                responses.append(pb_utils.InferenceResponse(output_tensors=[made]))
            return responses
"""


def one_to_one(datatype: Datatype) -> str:
    kind = "STRING" if datatype is Datatype.BYTES else datatype.value
    return (
        f'input {{ name: "INPUT0" data_type: TYPE_{kind} dims: [ -1, -1 ] }}'
        f'output {{ name: "OUTPUT0" data_type: TYPE_{kind} dims: [ -1, -1 ] }}'
    )


def any_bits(datatype: Datatype) -> Array:
    """Every kind of element, not-a-numbers included."""
    if datatype is Datatype.BYTES:
        made = np.empty((2, 3), object)
        made[:] = [[b"", b"\x00\xff\x00", "æøå".encode()], [b"a" * 70_000, b"\n", b"end"]]
        return made
    if datatype is Datatype.BOOL:
        return np.array([[True, False], [False, True]])
    bits = np.random.default_rng(7).integers(0, 256, 6 * 8 * datatype.numpy.itemsize, np.uint8)
    return bits.view(datatype.numpy).reshape(6, 8)


@pytest.mark.parametrize("datatype", list(Datatype))
def test_identity_gives_every_datatype_back_byte_for_byte(
    tmp_path: Path, datatype: Datatype
) -> None:
    given = Tensor("INPUT0", datatype, any_bits(datatype))
    with serving(tmp_path, IDENTITY, one_to_one(datatype)) as (_, instance):
        made = outputs(instance, request(given))["OUTPUT0"]
    assert (made.datatype, made.shape) == (datatype, given.shape)
    assert bytes(to_raw(made)) == bytes(to_raw(given))


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2), ()])
def test_empty_tensors_and_single_values_keep_their_shape(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    with serving(tmp_path, IDENTITY, one_to_one(Datatype.FP32)) as (_, instance):
        made = outputs(instance, request(tensor("INPUT0", np.ones(shape, np.float32))))
        none = np.empty(shape, object)
        none[...] = b"x"
        texts = outputs(instance, request(tensor("INPUT0", none)))
    assert made["OUTPUT0"].shape == shape
    assert texts["OUTPUT0"].shape == shape


def test_a_huge_tensor_arrives_whole(tmp_path: Path) -> None:
    data = np.arange(20 << 20, dtype=np.uint32)
    with serving(tmp_path, IDENTITY, one_to_one(Datatype.UINT32)) as (_, instance):
        made = outputs(instance, request(tensor("INPUT0", data)))["OUTPUT0"]
    assert np.array_equal(made.data, data)


def test_text_arrays_that_lie_elsewhere_and_foreign_byte_orders_become_plain_tensors(
    tmp_path: Path,
) -> None:
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                made = [
                    pb_utils.Tensor("TEXT", np.array(["æ", b"b", 3], dtype=np.object_)),
                    pb_utils.Tensor("FIXED", np.array([b"ab", b"c"])),
                    pb_utils.Tensor("TURNED", np.arange(6, dtype=np.int16).reshape(2, 3).T),
                    pb_utils.Tensor("BIG_ENDIAN", np.array([1, 2], dtype=">i4")),
                ]
                return [pb_utils.InferenceResponse(made) for _ in requests]
    """
    with serving(tmp_path, source) as (_, instance):
        made = outputs(instance, request())
    assert made["TEXT"].data.tolist() == ["æ".encode(), b"b", b"3"]
    assert made["FIXED"].data.tolist() == [b"ab", b"c"]
    assert made["TURNED"].data.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert (made["BIG_ENDIAN"].datatype, made["BIG_ENDIAN"].data.tolist()) == (
        Datatype.INT32,
        [1, 2],
    )


def test_bfloat16_arrays_are_taken_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("ml_dtypes")
    source = """
        import ml_dtypes
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                made = np.array([1, -2], ml_dtypes.bfloat16)
                return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", made)])]
    """
    with serving(tmp_path, source) as (_, instance):
        made = outputs(instance, request())["OUT"]
    assert (made.datatype, made.data.tolist()) == (Datatype.BF16, [0x3F80, 0xC000])


def test_inputs_can_be_written_to_and_exported(tmp_path: Path) -> None:
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                given = requests[0].inputs()[0]
                shared = np.from_dlpack(given)
                given.as_numpy()[0] = 7
                assert shared[0] == 7 and given.is_cpu() and given.shape() == [3]
                capsule = pb_utils.Tensor.from_dlpack("OUT", given.to_dlpack())
                return [pb_utils.InferenceResponse([capsule])]
    """
    with serving(tmp_path, source) as (_, instance):
        made = outputs(instance, request(tensor("IN", np.array([1, 2, 3], np.int64))))
    assert made["OUT"].data.tolist() == [7, 2, 3]


def test_bfloat16_travels_through_dlpack_as_such(tmp_path: Path) -> None:
    source = """
        import ctypes
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                capsule = requests[0].inputs()[0].to_dlpack()
                pointer = ctypes.pythonapi.PyCapsule_GetPointer
                pointer.restype = ctypes.c_void_p
                pointer.argtypes = ctypes.py_object, ctypes.c_char_p
                at = pointer(capsule, b"dltensor") + 20
                assert list((ctypes.c_uint8 * 2).from_address(at)) == [4, 16]
                made = pb_utils.Tensor.from_dlpack("OUT", capsule)
                try:
                    pb_utils.Tensor.from_dlpack("OUT", capsule)
                except pb_utils.TritonModelException as error:
                    assert "no DLPack capsule" in error.message()
                return [pb_utils.InferenceResponse([made])]
    """
    given = Tensor("IN", Datatype.BF16, np.arange(5, dtype=np.uint16))
    with serving(tmp_path, source) as (_, instance):
        made = outputs(instance, request(given))["OUT"]
    assert (made.datatype, made.data.tolist()) == (Datatype.BF16, [0, 1, 2, 3, 4])


def test_a_model_may_keep_its_inputs(tmp_path: Path) -> None:
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                self.seen = []

            def execute(self, requests):
                self.seen += [request.inputs()[0].as_numpy() for request in requests]
                firsts = np.array([seen[0] for seen in self.seen])
                assert all((seen == seen[0]).all() for seen in self.seen)
                return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", firsts)])]
    """
    with serving(tmp_path, source) as (_, instance):
        for number in range(12):
            given = tensor("IN", np.full(100_000, number, np.int32))
            made = outputs(instance, request(given))["OUT"]
    assert made.data.tolist() == list(range(12))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("np.array(['a', 'b'])", "numpy type <U1"),
        ("np.array([1j])", "numpy type complex128"),
        ("[1, 2]", "needs a numpy array, got list"),
    ],
)
def test_what_is_no_tensor_fails_the_request_by_name(
    tmp_path: Path, expression: str, said: str
) -> None:
    source = f"""
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                made = pb_utils.Tensor("OUT", {expression})
                return [pb_utils.InferenceResponse([made])]
    """
    with serving(tmp_path, source) as (_, instance):
        error = execute(instance, request()).error()
    assert isinstance(error, ModelFailed)
    assert "Tensor 'OUT'" in error.message
    assert said in error.message


def test_a_response_has_parameters_of_plain_types(tmp_path: Path) -> None:
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                given = {"a": 1, "b": "x", "c": True, "d": 0.5}
                if requests[0].request_id():
                    given["e"] = np.int64(3)
                return [pb_utils.InferenceResponse([], parameters=given)]
    """
    with serving(tmp_path, source) as (_, instance):
        (good,) = execute(instance, request()).responses[0]
        bad = execute(instance, request(id="bad")).error()
    assert good.parameters == {"a": 1, "b": "x", "c": True, "d": 0.5}
    assert "Response parameter 'e' must be" in bad.message


def test_only_declared_outputs_that_are_asked_for_are_sent(tmp_path: Path) -> None:
    source = """
        import numpy as np
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                names = sorted(requests[0].requested_output_names())
                made = [pb_utils.Tensor(n, np.array(names, dtype=object)) for n in "ABCX"]
                return [pb_utils.InferenceResponse(made)]
    """
    text = "".join(f'output {{ name: "{n}" data_type: TYPE_STRING dims: -1 }}' for n in "ABC")
    with serving(tmp_path, source, text) as (_, instance):
        every = outputs(instance, request())
        some = outputs(instance, request(outputs=("C", "A")))
    assert list(every) == ["A", "B", "C"]
    assert every["A"].data.tolist() == [b"A", b"B", b"C"]
    assert list(some) == ["A", "C"]
    assert some["A"].data.tolist() == [b"A", b"C"]
