"""Exported models give what the files give, and what cannot be exported says why."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest

from backend.core.errors import UsageError
from backend.core.tensors import Datatype, Tensor
from backend.models.config import parse_config
from backend.models.export import TRITON, KServe, Server, export
from backend.models.export.kserve import service_name
from backend.models.repository import LoadedModel, ModelFolders
from backend.models.runtimes.choice import standard_runtimes
from backend.models.servable import SequenceStep
from backend.profiles.bundled import profile_for
from backend.profiles.file import profile_to_toml
from backend.profiles.in_config import PARAMETER, profile_text
from backend.wire.elements import to_raw
from tests.models.ensemble_folders import step, write_ensemble
from tests.models.onnx_folders import (
    ask,
    fp32,
    identity,
    node,
    outputs_of,
    request,
    texts,
    value,
    write_model,
)
from tests.models.python_models import trusting
from tests.models.tflite_folders import INT8, UINT8, doubled, write

FP32, BYTES = Datatype.FP32, Datatype.BYTES
ECHO = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
STATEFUL = (
    "max_batch_size: 1 sequence_batching { oldest { max_candidate_sequences: 2 } "
    'state { input_name: "S" output_name: "T" data_type: TYPE_FP32 dims: [1] '
    'initial_state { name: "ten" data_type: TYPE_FP32 dims: [1] data_file: "ten" } } }'
)


def written(
    root: Path, to: Path, server: Server = TRITON, names: Sequence[str] = ()
) -> dict[str, str]:
    """Export; why each model was refused, '' if it was not."""
    folders = ModelFolders([root], standard_runtimes(trusting()))
    return {one.name: one.refused for one in export(folders, names or folders.names(), to, server)}


@contextlib.contextmanager
def loaded(root: Path, name: str) -> Iterator[LoadedModel]:
    """The newest version, as our server loads it; Python models may run."""
    found = ModelFolders([root], standard_runtimes(trusting())).load(name)
    models = [model for model in found if isinstance(model, LoadedModel)]
    try:
        yield models[-1]
    finally:
        for model in models:
            model.retire()


def answers(root: Path, name: str, given: Tensor) -> list[tuple[str, str, tuple[int, ...], bytes]]:
    """All that the model gives, to the byte."""
    with loaded(root, name) as model:
        found = outputs_of(ask(model.instances[0], request(given))[0])
    return [
        (tensor.name, str(tensor.datatype), tensor.shape, bytes(to_raw(tensor)))
        for tensor in sorted(found.values(), key=lambda tensor: tensor.name)
    ]


def numbers(*shape: int) -> Tensor:
    return fp32("X", np.random.default_rng(3).uniform(-1, 1, shape))


def check_same(root: Path, to: Path, name: str, given: Tensor) -> None:
    assert written(root, to) == {name: ""}
    config = parse_config((to / name / "config.pbtxt").read_bytes())
    assert config.backend == "python"
    assert answers(to, name, given) == answers(root, name, given)


def test_a_batch_passes(tmp_path: Path) -> None:
    identity(tmp_path / "in" / "m", FP32, ["n", 3])
    check_same(tmp_path / "in", tmp_path / "out", "m", numbers(4, 3))


def test_text_passes(tmp_path: Path) -> None:
    identity(tmp_path / "in" / "m", BYTES, ["n", 1])
    given = texts("X", ["zw\u00f6lf".encode(), b""], (2, 1))
    check_same(tmp_path / "in", tmp_path / "out", "m", given)


def test_dimensions_are_those_that_the_configuration_shows(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "in" / "m",
        [node("Neg", ["X"], ["Y"])],
        [value("X", FP32, [1, "h", 3])],
        [value("Y", FP32, [1, "h", 3])],
    )
    (folder / "config.pbtxt").write_text(
        'input { name: "X" data_type: TYPE_FP32 dims: [-1, 3] reshape { shape: [1, -1, 3] } }\n'
        'output { name: "Y" data_type: TYPE_FP32 dims: [3, -1] reshape { shape: [1, -1, 3] } }\n'
    )
    check_same(tmp_path / "in", tmp_path / "out", "m", numbers(5, 3))


def test_weights_stored_apart_come_along(tmp_path: Path) -> None:
    source = write_model(
        tmp_path / "made" / "m",
        [node("Add", ["X", "W"], ["Y"])],
        [value("X", FP32, [1, 512])],
        [value("Y", FP32, [1, 512])],
        {"W": np.arange(512, dtype=np.float32)},
    )
    model = onnx.load(str(source / "1" / "model.onnx"))
    (tmp_path / "in").mkdir()
    onnx.save(
        model, str(tmp_path / "in" / "m.onnx"), save_as_external_data=True, location="m.weights"
    )
    check_same(tmp_path / "in", tmp_path / "out", "m", numbers(1, 512))
    assert (tmp_path / "out" / "m" / "1" / "m.weights").is_file()


@pytest.mark.parametrize("stored", [UINT8, INT8])
def test_quantized_numbers_are_real_outside(tmp_path: Path, stored: int) -> None:
    data = doubled([1, 6], stored, scale=0.02, zero_point=100 if stored == UINT8 else -3)
    write(tmp_path / "in" / "m", data)
    check_same(tmp_path / "in", tmp_path / "out", "m", fp32("X", [[-9, -0.5, 0, 0.011, 0.7, 9]]))


def test_profile_and_class_names_come_along(tmp_path: Path) -> None:
    folder = identity(tmp_path / "in" / "m", FP32, [1, 2])
    (folder / "config.pbtxt").write_text(
        'output { name: "Y" data_type: TYPE_FP32 dims: [1, 2] label_filename: "names" }'
    )
    (folder / "names").write_text("cat\ndog\n")
    (folder / "profile.toml").write_text("[ray]\nreplicas = 2\n")
    assert written(tmp_path / "in", tmp_path / "out") == {"m": ""}
    assert (tmp_path / "out" / "m" / "profile.toml").read_text() == "[ray]\nreplicas = 2\n"
    with loaded(tmp_path / "out", "m") as model:
        assert model.servable.labels == {"Y": ("cat", "dog")}
        assert PARAMETER not in model.servable.config.parameters


def test_the_profile_is_in_the_configuration_for_clients(tmp_path: Path) -> None:
    folder = identity(tmp_path / "in" / "m", FP32, [1, 2])
    (folder / "profile.toml").write_text(profile_to_toml(profile_for("identity_fp32")))
    assert written(tmp_path / "in", tmp_path / "out") == {"m": ""}
    config = parse_config((tmp_path / "out" / "m" / "config.pbtxt").read_bytes())
    with loaded(tmp_path / "in", "m") as model:
        assert model.servable.profile is not None
        assert config.parameters[PARAMETER].string_value == profile_text(model.servable.profile)


def test_a_pipe_among_the_files_is_no_wait(tmp_path: Path) -> None:
    place = tmp_path / "in" / "p" / "1"
    place.mkdir(parents=True)
    (place / "model.py").write_text(ECHO)
    os.mkfifo(place / "pipe")
    refused = written(tmp_path / "in", tmp_path / "out")
    assert "'1/pipe' cannot be read" in refused["p"]


def test_python_models_and_ensembles_are_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "in"
    (root / "p" / "1" / "__pycache__").mkdir(parents=True)
    (root / "p" / "1" / "model.py").write_text(ECHO)
    (root / "p" / "config.pbtxt").write_text('# mine\nbackend: "python"\n')
    write_ensemble(root, "e", step("p"))
    assert written(root, tmp_path / "out") == {"p": "", "e": ""}
    assert (tmp_path / "out" / "p" / "config.pbtxt").read_text() == '# mine\nbackend: "python"\n'
    assert (tmp_path / "out" / "p" / "1" / "model.py").read_text() == ECHO
    assert not (tmp_path / "out" / "p" / "1" / "__pycache__").exists()
    assert (tmp_path / "out" / "e" / "1").is_dir()


def test_what_cannot_be_exported_says_why_and_hurts_no_other(tmp_path: Path) -> None:
    root = tmp_path / "in"
    (root / "chained").mkdir(parents=True)
    (root / "chained" / "config.pbtxt").write_text('backend: "chain"')
    write_ensemble(root, "whole", step("chained"))
    (root / "linked").mkdir()
    (root / "linked" / "config.pbtxt").write_text('backend: "python"')
    (tmp_path / "elsewhere").mkdir()
    (root / "linked" / "1").symlink_to(tmp_path / "elsewhere")
    identity(root / "half", Datatype.BF16, ["n", 3])
    (root / "broken" / "1").mkdir(parents=True)
    (root / "broken" / "1" / "model.onnx").write_bytes(b"none")
    identity(root / "fine", FP32, ["n", 3])
    refused = written(root, tmp_path / "out")
    assert "Inferdeck's own code" in refused["chained"]
    assert "step 'chained' could not be written" in refused["whole"]
    assert "leads out of the model's folder" in refused["linked"] or "link" in refused["linked"]
    assert "BF16" in refused["half"]
    assert refused["broken"]
    assert refused["fine"] == ""
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["fine"]


def test_an_ensemble_needs_its_steps_beside_it(tmp_path: Path) -> None:
    root = tmp_path / "in"
    identity(root / "p", FP32, ["n", 3])
    write_ensemble(root, "e", step("p"))
    refused = written(root, tmp_path / "out", names=["e"])
    assert refused == {"e": "its step 'p' is not among the models that are written"}


def write_running_sum(folder: Path) -> None:
    """Y is the sum of all X of a sequence, which began with 10; with a batch dimension."""
    write_model(
        folder,
        [node("Add", ["X", "S"], ["T"]), node("Identity", ["T"], ["Y"])],
        [value("X", FP32, ["n", 1]), value("S", FP32, ["n", 1])],
        [value("Y", FP32, ["n", 1]), value("T", FP32, ["n", 1])],
    )
    (folder / "config.pbtxt").write_text(STATEFUL)
    (folder / "initial_state").mkdir()
    (folder / "initial_state" / "ten").write_bytes(np.float32(10).tobytes())


def test_the_states_of_sequences_come_along(tmp_path: Path) -> None:
    root, to = tmp_path / "in", tmp_path / "out"
    write_running_sum(root / "m")
    assert written(root, to) == {"m": ""}
    config = parse_config((to / "m" / "config.pbtxt").read_bytes())
    assert not config.sequence_batching.state
    assert config.sequence_batching.oldest.max_candidate_sequences == 2

    def sums(model: LoadedModel) -> list[float | str]:
        found: list[float | str] = []
        for name, number, start, end in (
            ("a", 1, True, False),
            ("b", 5, True, False),
            ("a", 2, False, False),
            ("b", 6, False, True),
            ("a", 3, False, False),
            ("b", 7, False, False),
            ("a", 4, False, True),
            ("a", 1, True, False),
        ):
            step = SequenceStep(name, start=start, end=end)
            reply = ask(model.instances[0], request(fp32("X", [[number]]), step=step))[0]
            found.append("failed" if reply.error else outputs_of(reply)["Y"].data.item())
        return found

    with loaded(to, "m") as there, loaded(root, "m") as here:
        assert sums(there) == [11, 15, 13, 21, 16, "failed", 20, 11] == sums(here)


def test_of_sequences_that_went_quiet_the_longest_is_forgotten(tmp_path: Path) -> None:
    write_running_sum(tmp_path / "in" / "m")
    assert written(tmp_path / "in", tmp_path / "out") == {"m": ""}
    place = tmp_path / "out" / "m" / "1"
    spec = importlib.util.spec_from_file_location("exported_graph", place / "inferdeck_graph.py")
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    graph = program.Graph(place)

    def total(name: str, number: float, *, starts: bool = False) -> float:
        feeds = {"X": np.array([[number]], np.float32)}
        found: float = graph.compute(feeds, ["Y"], (name, starts, False))["Y"].item()
        return found

    assert [total(name, 1, starts=True) for name in ("a", "b")] == [11, 11]
    assert total("a", 1) == 12
    assert total("c", 1, starts=True) == 11
    assert total("a", 1) == 13
    with pytest.raises(ValueError, match="'b' was not started, or was quiet for too long"):
        total("b", 1)


def test_kserve_knows_no_sequences(tmp_path: Path) -> None:
    write_running_sum(tmp_path / "in" / "m")
    refused = written(tmp_path / "in", tmp_path / "out", KServe())
    assert "knows no sequences: write it for Triton" in refused["m"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    identity(tmp_path / "in" / "m", FP32, ["n", 3])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        written(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UsageError, match="cannot be made"):
        written(tmp_path / "in", tmp_path / "out" / "mine")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_kserve_gets_files_a_program_and_its_manifest(tmp_path: Path) -> None:
    root, to = tmp_path / "in", tmp_path / "out"
    identity(root / "m", FP32, ["n", 3])
    write(root / "lite", doubled([1, 6]))
    (root / "p" / "1").mkdir(parents=True)
    (root / "p" / "1" / "model.py").write_text(ECHO)
    refused = written(root, to, KServe("registry.example:5000/Some_models:2"))
    assert (refused["m"], refused["lite"]) == ("", "")
    assert "write it for Triton" in refused["p"]
    manifest = (to / "inferenceservice.yaml").read_text()
    assert "image: registry.example:5000/Some_models:2\n" in manifest
    assert "  name: some-models\n" in manifest
    assert (to / "requirements.txt").read_text().split() == [
        "ai-edge-litert>=2.1",
        "kserve>=0.21,<1",
        "numpy",
        "onnxruntime>=1.22",
    ]
    assert sorted(path.name for path in (to / "models" / "m").iterdir()) == [
        "graph.json",
        "model.onnx",
    ]
    for program in ("server.py", "inferdeck_graph.py"):
        compile((to / program).read_bytes(), program, "exec")


@pytest.mark.parametrize("image", ["", "two words", "a\nb: c", "-x"])
def test_an_image_has_a_name(image: str) -> None:
    with pytest.raises(UsageError, match="no name of an image"):
        KServe(image)


def test_a_service_has_a_name_that_kubernetes_takes() -> None:
    names = [service_name(image) for image in ("a/B_c:1", "7up", "x@sha256:0", "a" * 90)]
    assert names == ["b-c", "models-7up", "x", "a" * 40]


def test_a_full_disk_leaves_no_half_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity(tmp_path / "in" / "m", FP32, ["n", 3])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UsageError, match="No space left"):
        written(tmp_path / "in", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
