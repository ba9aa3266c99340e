"""What a path has of models: a file, one in a folder, or several."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.models.repository.found import FoundModels, find_models


def put(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")
    return root


def test_a_file_is_known_by_its_suffix(tmp_path: Path) -> None:
    put(tmp_path, "a.ONNX", "b.tflite", "c.png")
    assert find_models(tmp_path / "a.ONNX") == FoundModels(tmp_path / "a.ONNX", tmp_path / "a.ONNX")
    assert find_models(tmp_path / "c.png") is None
    assert find_models(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (("yolox.onnx", "README.md", "coco.names"), "yolox.onnx"),
        (("model.tflite",), "model.tflite"),
        (("1/model.onnx", "2/model.onnx", "10/model.onnx", "config.pbtxt"), "10/model.onnx"),
    ],
)
def test_a_folder_with_one_model_leads_to_its_file(
    tmp_path: Path, files: tuple[str, ...], found: str
) -> None:
    put(tmp_path, *files)
    assert find_models(tmp_path) == FoundModels(tmp_path, tmp_path / found)


@pytest.mark.parametrize(
    "files",
    [
        ("a.onnx", "b.tflite"),
        ("a/1/model.onnx", "notes.txt"),
        ("a/model.onnx", "b.onnx"),
        ("a/1/model.py",),
        ("a/config.pbtxt",),
    ],
)
def test_a_folder_with_several_is_a_repository(tmp_path: Path, files: tuple[str, ...]) -> None:
    assert find_models(put(tmp_path, *files)) == FoundModels(tmp_path)


@pytest.mark.parametrize("files", [(), ("cat/1.jpg", "dog/1.jpg"), ("0/1/a.png", "1/1/a.png")])
def test_pictures_are_no_models_whatever_their_folders_are_called(
    tmp_path: Path, files: tuple[str, ...]
) -> None:
    assert find_models(put(tmp_path, *files)) is None
