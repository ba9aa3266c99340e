"""Class names in a file's metadata are those of its first output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from backend.core.tensors import Datatype
from backend.models.runtimes.onnx.labels import labels_in
from tests.attacks.growth import assert_linear
from tests.models.onnx_folders import identity, load


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ("{0: 'person', 1: 'traffic light'}", ("person", "traffic light")),
        ("{1: 'b', 0: \"it's\"}", ("it's", "b")),
        ('{"0": "a", "1": "b"}', ("a", "b")),
        ("{0: 'it\\'s', 1: ''}", ("it's", "")),
        ("{0: 'a', 2: 'b'}", ()),
        ("{}", ()),
        ("{0: open('x')}", ()),
        ("person, bicycle", ()),
    ],
)
def test_names_by_index(names: str, labels: tuple[str, ...]) -> None:
    assert labels_in({"names": names}) == labels


def test_characters_have_a_blank_before_and_a_space_after_them() -> None:
    assert labels_in({"character": "a\nb\n"}) == ("", "a", "b", "")
    assert labels_in({"author": "x"}) == ()


def test_a_file_says_what_its_classes_are(tmp_path: Path) -> None:
    folder = identity(tmp_path / "m", Datatype.FP32, (1, 2))
    file = next(folder.rglob("model.onnx"))
    model = onnx.load(file)
    onnx.helper.set_model_props(model, {"names": "{0: 'cat', 1: 'dog'}"})
    onnx.save(model, file)
    servable = load(folder)
    assert servable.labels == {servable.outputs[0].name: ("cat", "dog")}
    servable.close()


@pytest.mark.parametrize("text", ["{0: 'a', ", "'" * 9, "0:" * 5, "0: '\\", "9" * 9])
def test_hostile_names_are_read_in_line_with_their_size(text: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        metadata = {"names": text * (size // len(text))}
        return lambda: labels_in(metadata)

    assert_linear(reading, 1 << 18, seconds=10, peak_bytes_per_byte=80)
