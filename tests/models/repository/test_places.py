"""Model files that stand in a repository by themselves are served as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.core.tensors import Datatype
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import ModelState
from backend.models.runtimes.choice import standard_runtimes
from tests.models.onnx_folders import answer as onnx_answer
from tests.models.onnx_folders import fp32, identity
from tests.models.tflite_folders import doubled


def onnx_at(path: Path, size: int = 2) -> Path:
    """An ONNX file there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = identity(path.parent / ".made" / "m", Datatype.FP32, ["n", size])
    shutil.move(made / "1" / "model.onnx", path)
    shutil.rmtree(made.parent)
    return path


def served(*roots: Path) -> ModelRegistry:
    registry = ModelRegistry(folders=ModelFolders(roots, standard_runtimes()))
    registry.load_all()
    return registry


def test_a_file_by_itself_is_a_model_of_its_name(tmp_path: Path) -> None:
    onnx_at(tmp_path / "plain.onnx", 3)
    (tmp_path / "plain.txt").write_text("cat\ndog\nhen\n")
    (tmp_path / "TWICE.TFLITE").write_bytes(doubled([1, 3]))
    (tmp_path / "readme.md").write_text("models")
    (tmp_path / ".hidden.onnx").write_bytes(b"x")
    registry = served(tmp_path)
    assert registry.names() == ("TWICE", "plain")
    model = registry.get("plain")
    assert (model.version, model.labels) == ("1", {"Y": ("cat", "dog", "hen")})
    assert onnx_answer(model, fp32("X", [[1, 2, 3]]))["Y"].data.tolist() == [[1, 2, 3]]  # type: ignore[arg-type]
    assert registry.repositories() == ((tmp_path, ("TWICE", "plain")),)


def test_a_folder_without_versions_is_a_model(tmp_path: Path) -> None:
    onnx_at(tmp_path / "a" / "model.onnx")
    onnx_at(tmp_path / "b" / "other.onnx")
    (tmp_path / "b" / "config.pbtxt").write_text('default_model_filename: "other.onnx"')
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "model.tflite").write_bytes(doubled([1, 3]))
    assert served(tmp_path).names() == ("a", "b", "c")


def test_numbered_folders_go_before_a_file_beside_them(tmp_path: Path) -> None:
    onnx_at(tmp_path / "m" / "model.onnx", 2)
    onnx_at(tmp_path / "m" / "7" / "model.onnx", 5)
    onnx_at(tmp_path / "m.onnx", 9)
    model = served(tmp_path).get("m")
    assert (model.version, model.inputs[0].shape) == ("7", (-1, 5))


def test_a_file_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    file = onnx_at(tmp_path / "m.onnx")
    registry = served(tmp_path)
    registry.unload("m")
    file.unlink()
    assert registry.index() == ()


def test_a_configuration_sent_along_names_no_other_file(tmp_path: Path) -> None:
    onnx_at(tmp_path / "m.onnx", 2)
    onnx_at(tmp_path / "secret" / "s.onnx", 5)
    registry = served(tmp_path)
    registry.load("m", '{"default_model_filename": "secret/s.onnx"}')
    assert registry.get("m").inputs[0].shape == (-1, 2)


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    try:
        (tmp_path / "repository" / "m.onnx").symlink_to(onnx_at(tmp_path / "outside.onnx"))
    except OSError:
        pytest.skip("this system lets nobody make links")
    (row,) = served(tmp_path / "repository").index()
    assert (row.state, row.reason) == (
        ModelState.UNAVAILABLE,
        "'m.onnx' leads out of the model's folder",
    )


def test_a_file_that_is_named_is_served_where_it_is(tmp_path: Path) -> None:
    file = onnx_at(tmp_path / "my model.onnx", 3)
    (tmp_path / "labels.txt").write_text("cat\ndog\nhen\n")
    onnx_at(tmp_path / "my model" / "nothing.onnx")
    registry = served()
    name = registry.add_file(file)
    assert name == "my_model"
    assert registry.add_file(file) == "my_model_2"
    registry.load(name)
    assert registry.get(name).labels == {"Y": ("cat", "dog", "hen")}
    registry.close()


@pytest.mark.parametrize(
    ("name", "said"), [("none.onnx", "cannot be read"), ("a.txt", "no model file")]
)
def test_what_is_no_model_file_cannot_be_added(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UsageError, match=said):
        served().add_file(tmp_path / name)
    with pytest.raises(UsageError, match="from no repository"):
        ModelRegistry().add_file(tmp_path / name)
