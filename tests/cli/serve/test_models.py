"""Which models `main.py serve` offers, by its options."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backend.cli.serve.command import main
from backend.cli.serve.models import load_at_start, registry_of
from backend.cli.serve.options import MODELS
from backend.core.errors import UsageError
from backend.core.options import OptionParser
from backend.core.tensors import Datatype
from backend.models.catalogue import bundled_models
from backend.models.repository.registry import ModelRegistry
from backend.models.servable import ModelLoadError
from tests.models.onnx_folders import identity

BUNDLED = tuple(factory.name for factory in bundled_models())
PYTHON = """
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([]) for _ in requests]
"""


def registry(*arguments: str) -> ModelRegistry:
    given = OptionParser(groups=[MODELS]).read(arguments)
    made = registry_of(given)
    load_at_start(made, given)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broken" / "1").mkdir(parents=True)
    (tmp_path / "broken" / "1" / "model.onnx").write_bytes(b"no model")
    (tmp_path / "fine" / "1").mkdir(parents=True)
    (tmp_path / "fine" / "1" / "model.py").write_text(PYTHON)
    tensor = '{ name: "%s" data_type: TYPE_UINT8 dims: [ -1 ] }'
    (tmp_path / "fine" / "config.pbtxt").write_text(
        f'backend: "python" input {tensor % "A"} output {tensor % "B"}'
    )
    return tmp_path


def test_without_options_the_bundled_models_are_offered() -> None:
    assert registry().names() == BUNDLED


def test_every_model_of_a_repository_is_loaded_at_start(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = registry("--model-repository", str(folder), "--allow-python-models")
    try:
        assert models.names() == (*BUNDLED, "fine")
        assert "failed to load 'broken'" in caplog.text
    finally:
        models.close()


def test_with_explicit_control_only_those_asked_for_are_loaded(folder: Path) -> None:
    explicit = ("--model-repository", str(folder), "--model-control-mode", "explicit")
    models = registry(*explicit, "--no-bundled-models")
    assert models.names() == ()
    assert [row.name for row in models.index()] == ["broken", "fine"]
    for chosen in ("fine", "*"):
        allowed = ("--allow-python-models", "--load-model", chosen)
        models = registry(*explicit, "--no-bundled-models", *allowed)
        try:
            assert models.names() == ("fine",)
        finally:
            models.close()


def test_a_model_to_load_that_is_not_there_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = ("--model-control-mode", "explicit", "--load-model", "none")
    registry("--model-repository", str(tmp_path), *options)
    assert "failed to load 'none', no such model in the model repository" in caplog.text


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--load-model needs --model-control-mode explicit"):
        registry("--load-model", "m")
    with pytest.raises(UsageError, match="is not a folder"):
        registry("--model-repository", str(tmp_path / "none"))


@pytest.mark.parametrize("control", ["none", "explicit"])
def test_a_model_file_is_served_where_it_is(tmp_path: Path, control: str) -> None:
    file = identity(tmp_path / "made", Datatype.FP32, [2]) / "1" / "model.onnx"
    named = ("--model-control-mode", control, "--no-bundled-models")
    models = registry("--model", str(file), "--model", str(file), *named)
    try:
        assert models.names() == ("made", "made_2")
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["1", "made", "model.onnx"]
    finally:
        models.close()


def test_a_model_file_that_cannot_be_served_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no model")
    with pytest.raises(ModelLoadError, match="failed to load 'm', ONNX Runtime cannot load"):
        registry("--model", str(tmp_path / "m.onnx"))
    with pytest.raises(UsageError, match=r"none\.onnx cannot be read: No such file"):
        registry("--model", str(tmp_path / "none.onnx"))


def test_an_engine_that_is_not_installed_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["--engine", "ray"]) == 2
    told = capsys.readouterr().err
    assert "Ray Serve, which is not installed" in told
    assert "pip install -r requirements-ray.txt" in told


def test_the_address_of_a_cluster_needs_its_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--address", "10.0.0.1:6379"]) == 2
    assert "--engine ray" in capsys.readouterr().err
