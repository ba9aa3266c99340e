"""Code in a folder of models runs only if somebody said so, and sees no secret of the server's."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from backend.core.errors import NotReady, UsageError
from backend.core.tensors import Datatype
from backend.models.catalogue import repository_registry
from backend.models.code import digest as code_digest_module
from backend.models.code.digest import code_digest
from backend.models.code.permission import AllCode, NoCode
from backend.models.code.remembered import Decision, ModelCode, RememberedCode
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import IndexEntry
from backend.models.runtimes.python.environment import model_environment
from backend.models.runtimes.python.instance import Patience
from backend.models.runtimes.python.loader import PythonRuntime
from backend.models.servable import ModelLoadError
from backend.models.services import ModelServices
from tests.attacks.growth import assert_linear
from tests.cli.serve.test_command import Start, ready, start
from tests.models.onnx_folders import identity
from tests.models.python_models import WAIT_S, config, execute, outputs, request, serving, write
from tests.stored_files import FOLDER
from tests.waiting import wait_for

__all__ = ["start"]

TELLTALE = """
    import os, pathlib
    (pathlib.Path(__file__).parents[2] / "it-ran").touch()
    import numpy as np
    import triton_python_backend_utils as pb_utils

    class TritonPythonModel:
        def execute(self, requests):
            if requests[0].request_id() == "crash":
                os._exit(3)
            names = np.array([name.encode() for name in os.environ], np.object_)
            return [pb_utils.InferenceResponse([pb_utils.Tensor("NAMES", names)])]
"""


def put(root: Path) -> Path:
    """A program and a graph; the program's folder."""
    identity(root / "graph", Datatype.FP32, [2])
    folder = write(root, "program", TELLTALE).parent
    (folder / "config.pbtxt").write_text(
        'backend: "python" output { name: "NAMES" data_type: TYPE_STRING dims: -1 }'
    )
    return folder


def rows(models: ModelRegistry) -> dict[str, IndexEntry]:
    return {row.name: row for row in models.index()}


def code_of(models: ModelRegistry) -> ModelCode:
    found = models.code("program")
    assert found is not None
    return found


# -- who may run -------------------------------------------------------------------------------


def test_serve_runs_no_program_that_it_was_not_told_to(start: Start, tmp_path: Path) -> None:
    put(tmp_path)
    url = str(ready(start("serve", "--model-repository", str(tmp_path)))["rest"])
    listed = requests.post(f"{url}/v2/repository/index", json={}, timeout=WAIT_S).json()
    found = {row["name"]: row for row in listed}
    assert found["graph"]["state"] == "READY"
    assert found["program"]["state"] == "UNAVAILABLE"
    assert "--allow-python-models" in found["program"]["reason"]
    assert not (tmp_path / "it-ran").exists()


def test_serve_runs_programs_that_it_was_told_to(start: Start, tmp_path: Path) -> None:
    put(tmp_path)
    about = ready(start("serve", "--model-repository", str(tmp_path), "--allow-python-models"))
    assert "program" in str(about["models"])


def test_a_configuration_over_the_network_makes_no_program_run(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder.parent / "graph" / "1" / "model.py").write_text((folder / "1" / "model.py").read_text())
    models = repository_registry([tmp_path], bundled=False)
    for name in ("graph", "program"):
        with pytest.raises(ModelLoadError, match="--allow-python-models"):
            models.load(name, json.dumps({"backend": "python"}))
    assert not (tmp_path / "it-ran").exists()


def test_what_was_allowed_runs_as_it_was_and_no_other(tmp_path: Path) -> None:
    folder = put(tmp_path / "models")
    remembered = RememberedCode(tmp_path / "decisions.json")
    models = repository_registry([tmp_path / "models"], bundled=False, code=remembered)
    models.load_all()
    try:
        assert "was not allowed to run" in rows(models)["program"].reason
        assert models.code("graph") is None
        code = code_of(models)
        assert code.files == (folder / "1" / "model.py",)
        remembered.decide([code], allowed=True)
        models.load("program")
        with (folder / "1" / "model.py").open("a") as file:
            file.write("\n# changed\n")
        with pytest.raises(ModelLoadError, match="has changed since you decided"):
            models.load("program")
        assert models.names() == ("graph", "program")  # what ran goes on
        assert remembered.decision(code_of(models)) is Decision.CHANGED
        remembered.decide([code_of(models)], allowed=True)
        models.load("program")
    finally:
        models.close()


def test_a_model_that_changed_is_not_started_again_when_it_crashes(tmp_path: Path) -> None:
    remembered = RememberedCode(None)
    folder = write(tmp_path, "m", TELLTALE)
    remembered.decide([ModelCode("m", folder.parent, (), code_digest(folder.parent))], allowed=True)
    runtime = PythonRuntime(Patience(first_pause_s=0.05), ModelServices(code=remembered))
    servable = runtime.load(config("m"), folder)
    instance = servable.make_instance(0)
    try:
        (tmp_path / "it-ran").unlink()
        (folder / "helper.py").write_text("")
        with pytest.raises(NotReady):
            execute(instance, request(id="crash"))
        wait_for(lambda: "has changed since you decided" in servable.trouble)
        assert not (tmp_path / "it-ran").exists()
    finally:
        instance.close()


def test_decisions_outlive_the_program_and_are_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "config" / "decisions.json"
    first = ModelCode("a", put(tmp_path / "one"), (), "1")
    second = ModelCode("b", put(tmp_path / "two"), (), "2")
    RememberedCode(path).decide([first], allowed=True)
    RememberedCode(path).decide([second], allowed=False)
    again = RememberedCode(path)
    assert again.decision(first) is Decision.ALLOWED
    assert again.decision(second) is Decision.DECLINED
    assert again.decision(ModelCode("b", second.folder, (), "3")) is Decision.CHANGED
    assert again.decision(ModelCode("c", tmp_path, (), "1")) is Decision.OPEN
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": 0}', '{"schema": 1, "models": []}', "[" * 100_000, "\xff"],
)
def test_decisions_that_cannot_be_read_allow_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "decisions.json"
    path.write_text(text, "latin-1")
    remembered = RememberedCode(path)
    code = ModelCode("a", put(tmp_path), (), "1")
    assert remembered.decision(code) is Decision.OPEN
    remembered.decide([code], allowed=True)
    assert RememberedCode(path).decision(code) is Decision.ALLOWED


def test_decisions_of_a_newer_program_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "decisions.json"
    path.write_text('{"schema": 2, "models": {"a": "maybe"}}')
    remembered = RememberedCode(path)
    code = ModelCode("a", put(tmp_path), (), "1")
    with pytest.raises(UsageError, match="newer program"):
        remembered.decide([code], allowed=True)
    assert remembered.decision(code) is Decision.ALLOWED
    assert path.read_text() == '{"schema": 2, "models": {"a": "maybe"}}'


def test_decisions_of_version_1_are_read(tmp_path: Path) -> None:
    path, folder = tmp_path / "decisions.json", put(tmp_path)
    content = (FOLDER / "python_models.json").read_text("utf-8")
    path.write_text(content.replace('"/models/a"', json.dumps(str(folder))), "utf-8")
    code = ModelCode("a", folder, (), "12ab")
    assert RememberedCode(path).decision(code) is Decision.ALLOWED
    before = path.read_bytes()
    RememberedCode(path).decide([code], allowed=True)
    assert path.read_bytes() == before


def test_decisions_of_a_wrong_form_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "decisions.json"
    folder = put(tmp_path)
    models = {str(folder): {"digest": "1", "allowed": "yes"}, "x": 3}
    path.write_text(json.dumps({"schema": 1, "models": models}))
    assert RememberedCode(path).decision(ModelCode("a", folder, (), "1")) is Decision.OPEN


def test_a_decision_that_cannot_be_saved_holds_for_now(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remembered = RememberedCode(tmp_path / "file" / "decisions.json")
    code = ModelCode("a", put(tmp_path), (), "1")
    with pytest.raises(UsageError, match="cannot be saved"):
        remembered.decide([code], allowed=True)
    assert remembered.decision(code) is Decision.ALLOWED


def test_folders_of_the_command_line_may_be_trusted(tmp_path: Path) -> None:
    folder = put(tmp_path / "models")
    trusting = RememberedCode(None, [tmp_path / "models"])
    trusting.check(folder)
    with pytest.raises(ModelLoadError):
        trusting.check(put(tmp_path / "models2"))
    with pytest.raises(ModelLoadError):
        NoCode().check(folder)
    AllCode().check(folder)


# -- what has changed --------------------------------------------------------------------------


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("\n")


def _swap_in_place(path: Path) -> None:
    """As long as before, and no younger."""
    before = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "the model": lambda folder: _append(folder / "1" / "model.py"),
    "a module beside it": lambda folder: (folder / "1" / "new.py").touch(),
    "a module of all versions": lambda folder: (folder / "shared.py").write_text("x"),
    "compiled code": lambda folder: (folder / "1" / "__pycache__" / "m.pyc").write_bytes(b"2"),
    "the configuration": lambda folder: _append(folder / "config.pbtxt"),
    "what a link leads to": lambda folder: _append(folder.parent / "outside.py"),
    "where a folder leads to": lambda folder: (folder.parent / "outside" / "a.py").touch(),
    "an old version": lambda folder: (folder / "2").mkdir(),
    "weights, in place": lambda folder: _swap_in_place(folder / "weights"),
    "huge weights, in place": lambda folder: _swap_in_place(folder / "huge"),
    "a name": lambda folder: (folder / "weights").rename(folder / "weight"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_a_model_s_folder_is_noticed(tmp_path: Path, change: str) -> None:
    folder = put(tmp_path)
    (folder / "1" / "__pycache__").mkdir()
    (folder / "1" / "__pycache__" / "m.pyc").write_bytes(b"1")
    (folder / "weights").write_bytes(b"1234")
    (folder / "huge").write_bytes(bytes(17 << 20))
    (tmp_path / "outside.py").touch()
    (folder / "1" / "linked.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "outside").mkdir()
    (folder / "1" / "package").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe")
    before = code_digest(folder)
    assert code_digest(folder) == before
    CHANGES[change](folder)
    assert code_digest(folder) != before


def test_running_a_model_does_not_change_its_folder(tmp_path: Path) -> None:
    with serving(
        tmp_path, TELLTALE, 'output { name: "NAMES" data_type: TYPE_STRING dims: -1 }'
    ) as (_, instance):
        before = code_digest(tmp_path / "m")
        outputs(instance, request())
        assert code_digest(tmp_path / "m") == before
    assert not list((tmp_path / "m").rglob("__pycache__"))


def test_a_folder_of_too_many_files_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_digest_module, "MOST_ENTRIES", 20)
    for number in range(21):
        (tmp_path / str(number)).touch()
    with pytest.raises(ModelLoadError, match="over 20 files, too many to look through"):
        code_digest(tmp_path)


def test_looking_through_a_folder_costs_as_much_as_is_in_it(tmp_path: Path) -> None:
    def call_with(files: int) -> Callable[[], object]:
        folder = tmp_path / str(files)
        folder.mkdir()
        for number in range(files):
            (folder / f"{number}.py").write_bytes(bytes(1000))
        return lambda: code_digest(folder)

    assert_linear(call_with, 200, seconds=10, peak_bytes_per_byte=1000)


# -- what it sees ------------------------------------------------------------------------------


def test_a_model_sees_no_secret_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = (
        "INFERDECK_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "HF_TOKEN",
        "NVIDIA_API_KEY",
        "SOME_PASSWORD",
    )
    needed = {"OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "CUDA_VISIBLE_DEVICES": "", "TZ": "UTC"}
    for name in secret:
        monkeypatch.setenv(name, "hidden")
    for name, value in needed.items():
        monkeypatch.setenv(name, value)
    with serving(
        tmp_path, TELLTALE, 'output { name: "NAMES" data_type: TYPE_STRING dims: -1 }'
    ) as (_, instance):
        names = {name.decode() for name in outputs(instance, request())["NAMES"].data}
    assert names.isdisjoint(secret)
    assert {"PATH", *needed} <= names


def test_what_windows_needs_is_passed_on() -> None:
    given = {"SystemRoot": "C:\\Windows", "Path": "C:\\", "INFERDECK_TOKEN": "x"}
    assert model_environment(given).keys() == {"SystemRoot", "Path"}
