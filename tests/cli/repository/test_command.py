"""Models of a repository for other servers, on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.cli.repository import command as repository
from backend.core.tensors import Datatype
from tests.cli.here import run_here
from tests.models.onnx_folders import identity

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Exports the models of the folder `in` to `out`, in this process."""
    identity(tmp_path / "in" / "m", Datatype.FP32, ["n", 3])
    common = ("export", "--model-repository", str(tmp_path / "in"), "--to", str(tmp_path / "out"))
    return lambda *more: run_here(capsys, repository.main, *common, *more)


def test_every_model_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in" / "chained").mkdir()
    (tmp_path / "in" / "chained" / "config.pbtxt").write_text('backend: "chain"')
    code, out, _ = run("--for", "triton", "--json")
    rows = {row["name"]: row for row in map(json.loads, out.splitlines())}
    assert code == 4
    assert rows["m"] == {"name": "m", "runtime": "onnxruntime", "refused": ""}
    assert "chain" in rows["chained"]["refused"]
    code, _, errors = run("--for", "triton")
    assert (code, "not empty" in errors) == (2, True)


def test_models_are_chosen_by_name(run: Run, tmp_path: Path) -> None:
    assert run("--for", "kserve", "m") == (0, "m: written\n", "")
    assert (tmp_path / "out" / "inferenceservice.yaml").is_file()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--for", "triton", "shapes"), "'shapes' is bundled"),
        (("--for", "triton", "nobody"), "no model 'nobody' in the repositories; there is m"),
        ((), "--for is missing"),
        (("--for", "kserve", "--image", "two words"), "no name of an image"),
    ],
)
def test_wrong_usage_is_named(run: Run, tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    code, _, errors = run(*more)
    assert (code, said in errors) == (2, True), errors
    assert not (tmp_path / "out").exists()
