"""What a file lacks is named in words, from real refusals of ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto, helper

from backend.models.repository.adopt import adopt
from backend.models.runtimes.choice import standard_runtimes
from backend.models.servable import ModelLoadError


def model(folder: Path, operator: str, *inputs: str, domain: str = "", opset: int = 13) -> Path:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3]) for name in "XY"]
    node = helper.make_node(operator, inputs, ["Y"], domain=domain)
    imports = [helper.make_opsetid("", opset)]
    imports += [helper.make_opsetid(domain, 1)] if domain else []
    graph = helper.make_graph([node], "graph", values[:1], values[1:])
    file = folder / "m.onnx"
    file.write_bytes(
        helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString()
    )
    return file


def refusal(file: Path) -> str:
    with pytest.raises(ModelLoadError) as caught:
        adopt(file, file.parent / "repository", standard_runtimes())
    assert list((file.parent / "repository").iterdir()) == []
    return str(caught.value)


def test_an_operator_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "needs operator 'com.lab:Bar'" in refusal(model(tmp_path, "Bar", "X", domain="com.lab"))
    assert "needs operator 'Nope' of operator set 13" in refusal(model(tmp_path, "Nope", "X"))


def test_an_input_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "input 'Z' of one of its operators is missing" in refusal(
        model(tmp_path, "Add", "X", "Z")
    )


def test_an_operator_set_that_is_too_new_is_named(tmp_path: Path) -> None:
    assert "it is of operator set 99, known here are" in refusal(
        model(tmp_path, "Relu", "X", opset=99)
    )


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 40, bytes(500)])
def test_a_file_that_is_something_else_is_said_to_be(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.onnx"
    file.write_bytes(content)
    assert "m.onnx: the file is no ONNX model, or damaged" in refusal(file)


def test_a_file_that_breaks_off_is_said_to_be_damaged(tmp_path: Path) -> None:
    file = model(tmp_path, "Relu", "X")
    file.write_bytes(file.read_bytes()[:-20])
    assert "the file is no ONNX model, or damaged" in refusal(file)
