"""A model file that a person has comes into a repository, whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from backend.core.errors import UsageError
from backend.core.tensors import Datatype
from backend.models.catalogue import repository_registry
from backend.models.config.text import parse_config
from backend.models.repository.adopt import Adopted, adopt, remove_adopted
from backend.models.repository.adoption import Adoption, AdoptionProgress, AdoptionStep
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.choice import standard_runtimes
from backend.models.servable import ModelLoadError
from tests.models.onnx_folders import identity, node, value, write_model
from tests.models.tflite_folders import LiteNode, LiteTensor, content, crashing, doubled
from tests.waiting import WAIT_S

FP32 = Datatype.FP32


def onnx_file(folder: Path, name: str, size: int = 2) -> Path:
    """An ONNX file of that name in the folder."""
    made = identity(folder / "made" / Path(name).stem, FP32, ["n", size])
    return _moved(made, folder / name)


def _moved(made: Path, file: Path) -> Path:
    shutil.move(made / "1" / "model.onnx", file)
    shutil.rmtree(made)
    return file


def brought(file: Path, repository: Path, *taken: str) -> Adopted:
    return adopt(file, repository, standard_runtimes(), taken)


def served(repository: Path) -> ModelRegistry:
    registry = ModelRegistry(folders=ModelFolders([repository], standard_runtimes()))
    registry.load_all()
    return registry


def files_below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_file_comes_with_a_configuration_and_its_labels(tmp_path: Path) -> None:
    file = onnx_file(tmp_path, "My detector (v2).onnx", 3)
    (tmp_path / "My detector (v2).names").write_bytes(b"cat\r\ndog\r\nhen\r\n")
    made = brought(file, tmp_path / "repository")
    assert made.name == "My_detector_v2"
    assert files_below(tmp_path / "repository") == [
        "My_detector_v2/1/model.onnx",
        "My_detector_v2/config.pbtxt",
        "My_detector_v2/labels.txt",
    ]
    config = parse_config((made.folder / "config.pbtxt").read_bytes())
    assert (config.backend, config.max_batch_size, config.name) == ("onnxruntime", 4, "")
    assert [(entry.name, list(entry.dims)) for entry in config.input] == [("X", [3])]
    model = served(tmp_path / "repository").get("My_detector_v2")
    assert model.labels == {"Y": ("cat", "dog", "hen")}
    assert file.exists()


def test_a_tensorflow_lite_file_comes_likewise(tmp_path: Path) -> None:
    file = tmp_path / "twice.tflite"
    file.write_bytes(doubled([1, 3]))
    made = brought(file, tmp_path / "repository")
    assert files_below(made.folder) == ["1/model.tflite", "config.pbtxt"]
    assert served(tmp_path / "repository").names() == ("twice",)


def own_folder(folder: Path, config: str) -> Path:
    """The file of a model's own folder, with a configuration, labels and a profile."""
    identity(folder, FP32, ["n", 2])
    (folder / "config.pbtxt").write_text(config)
    (folder / "kinds.txt").write_text("cat\ndog\n")
    (folder / "profile.toml").write_text(
        'version = 1\n[input]\nkind = "constants"\n[output]\nkind = "tensors"\n'
    )
    return folder / "1" / "model.onnx"


def test_the_configuration_of_its_own_folder_comes_along(tmp_path: Path) -> None:
    config = (
        'name: "other" max_batch_size: 7 version_policy { specific { versions: 1 } }\n'
        'output { name: "Y" data_type: TYPE_FP32 dims: 2 label_filename: "kinds.txt" }\n'
        'model_warmup { name: "w" batch_size: 1 }'
    )
    file = own_folder(tmp_path / "lab" / "pets", config)
    adopted = brought(file, tmp_path / "mine")
    assert adopted.configured
    assert files_below(adopted.folder) == [
        "1/model.onnx", "config.pbtxt", "kinds.txt", "profile.toml",
    ]  # fmt: skip
    taken = parse_config((adopted.folder / "config.pbtxt").read_text())
    assert taken.max_batch_size == 7
    assert not taken.HasField("version_policy")
    assert not taken.model_warmup
    model = served(tmp_path / "mine").get("pets")
    assert model.labels["Y"] == ("cat", "dog")
    assert (adopted.folder / "1" / "model.onnx").read_bytes() == file.read_bytes()
    remove_adopted(adopted)
    assert files_below(tmp_path / "mine") == []


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("max_batch_size: nonsense", "config.pbtxt, line 1"),
        ('backend: "python"', "another kind of model"),
        ('output { name: "Y" label_filename: "../../secret.txt" }', "leads out"),
        ('output { name: "Y" label_filename: "gone.txt" }', "gone.txt, beside config.pbtxt"),
        ('input { name: "Z" data_type: TYPE_FP32 dims: 2 }', "Z"),
    ],
)
def test_a_configuration_that_does_not_fit_is_told_and_leaves_nothing(
    tmp_path: Path, config: str, reason: str
) -> None:
    (tmp_path / "secret.txt").write_text("a\nb\n")
    file = own_folder(tmp_path / "lab" / "pets", config)
    with pytest.raises(ModelLoadError, match=reason):
        brought(file, tmp_path / "mine")
    assert files_below(tmp_path / "mine") == []


def test_the_same_content_is_not_copied_twice(tmp_path: Path) -> None:
    first = brought(onnx_file(tmp_path, "first.onnx"), tmp_path / "repository")
    again = shutil.copy(tmp_path / "first.onnx", tmp_path / "again.onnx")
    second = brought(Path(again), tmp_path / "repository")
    assert second == Adopted("first", first.folder, reused=True)
    remove_adopted(second)
    assert first.folder.is_dir()


def test_another_content_gets_a_name_of_its_own(tmp_path: Path) -> None:
    names = [
        brought(onnx_file(tmp_path, "a.onnx", size), tmp_path / "repository", "a_2").name
        for size in (2, 3)
    ]
    assert names == ["a", "a_3"]
    other = onnx_file(tmp_path, "A.onnx", 4)
    assert brought(other, tmp_path / "repository").name == "A_2"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("yolox/1/model.onnx", "yolox"),
        ("..odd..onnx", "odd"),
        ("con.onnx", "con_model"),
        ("äöü.onnx", "model"),
        ("x" * 150 + ".onnx", "x" * 64),
    ],
)
def test_names_are_good_everywhere(tmp_path: Path, path: str, name: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    file = _moved(identity(tmp_path / "made" / "m", FP32, [2]), tmp_path / path)
    assert brought(file, tmp_path / "repository").name == name


def test_undo_removes_what_was_made_and_nothing_else(tmp_path: Path) -> None:
    one = brought(onnx_file(tmp_path, "one.onnx", 2), tmp_path / "repository")
    two = brought(onnx_file(tmp_path, "two.onnx", 3), tmp_path / "repository")
    (two.folder / "profile.toml").write_text("mine")
    remove_adopted(one)
    remove_adopted(two)
    assert files_below(tmp_path / "repository") == ["two/profile.toml"]
    assert not one.folder.exists()
    remove_adopted(one)


def _apart(folder: Path) -> Path:
    """A file whose weights are in another one, in a folder below it."""
    weights = np.arange(4096, dtype=np.float32)
    made = write_model(
        folder / "made" / "m",
        [node("Add", ["X", "W"], ["Y"])],
        [value("X", FP32, [4096])],
        [value("Y", FP32, [4096])],
        {"W": weights},
    )
    model = onnx.load(str(made / "1" / "model.onnx"))
    (folder / "parts").mkdir()
    place = "parts/weights.bin"
    onnx.save(model, folder / "big.onnx", save_as_external_data=True, location=place)
    return folder / "big.onnx"


def test_weights_that_are_kept_apart_come_along(tmp_path: Path) -> None:
    file = _apart(tmp_path)
    made = brought(file, tmp_path / "repository")
    assert files_below(made.folder) == ["1/model.onnx", "1/parts/weights.bin", "config.pbtxt"]
    assert brought(file, tmp_path / "repository").reused
    data = tmp_path / "parts" / "weights.bin"
    data.write_bytes(bytes(len(data.read_bytes())))
    assert brought(file, tmp_path / "repository").name == "big_2"
    data.unlink()
    with pytest.raises(UsageError, match=r"weights in 'parts/weights.bin', which cannot be read"):
        brought(file, tmp_path / "repository")


def test_weights_are_looked_for_beside_the_file_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(16384))
    (tmp_path / "inner").mkdir()
    file = _apart(tmp_path / "inner")
    model = onnx.load(str(file), load_external_data=False)
    model.graph.initializer[0].external_data[0].value = "../secret"
    file.write_bytes(model.SerializeToString())
    with pytest.raises(UsageError, match="leads out of the model's folder"):
        brought(file, tmp_path / "repository")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.onnx", b"", "is empty"),
        ("m.onnx", b"no model at all", "no ONNX file, or damaged|cannot load"),
        ("m.tflite", b"no model at all", "no TensorFlow Lite model, or damaged"),
        ("m.tflite", crashing(), "LiteRT c(rashes on|annot load) the file"),
        ("m.pt", b"x", r"no model file\. Give one that ends in \.onnx or \.tflite"),
        (
            "m.tflite",
            content(
                [LiteTensor("X", 0, [1]), LiteTensor("Y", 0, [1])],
                [LiteNode("FlexErf", [0], [1])],
                [0],
                [1],
            ),
            "needs operator 'FlexErf'",
        ),
    ],
)
def test_what_cannot_be_served_leaves_nothing_behind(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises((UsageError, ModelLoadError), match=said) as caught:
        brought(tmp_path / name, tmp_path / "repository")
    assert str(caught.value).startswith((name, str(tmp_path / name)))
    assert "repository" not in str(caught.value)
    assert files_below(tmp_path / "repository") == []


def test_files_of_one_name_may_come_at_once(tmp_path: Path) -> None:
    files = [onnx_file(tmp_path / str(size), "m.onnx", size) for size in range(2, 6)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda file: brought(file, tmp_path / "repository"), files))
    assert sorted(each.name for each in made) == ["m", "m_2", "m_3", "m_4"]
    models = served(tmp_path / "repository")
    for size, each in enumerate(made, 2):
        assert models.get(each.name).inputs[0].shape == (-1, size)


def test_an_operator_that_onnx_runtime_has_not_is_named(tmp_path: Path) -> None:
    made = write_model(
        tmp_path / "made" / "m",
        [node("Frobnicate", ["X"], ["Y"], domain="nowhere")],
        [value("X", FP32, [2])],
        [value("Y", FP32, [2])],
    )
    with pytest.raises(ModelLoadError, match=r"Frobnicate|nowhere"):
        brought(_moved(made, tmp_path / "m.onnx"), tmp_path / "repository")


def test_a_disk_that_is_full_is_told_before_anything_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = onnx_file(tmp_path, "m.onnx")
    usage = shutil._ntuple_diskusage(1 << 30, 1 << 30, 1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(UsageError, match=r"m.onnx needs .* in .*; 1.0 MiB are free"):
        brought(file, tmp_path / "repository")


@pytest.mark.parametrize(
    ("beside", "taken"),
    [
        (("coco.names",), True),
        (("imagenet_labels.txt", "README.md"), True),
        (("classes.txt",), True),
        (("notes.txt",), False),
        (("coco.names", "classes.txt"), False),
        (("coco.names", "other.onnx"), False),
    ],
)
def test_the_only_class_names_of_a_folder_come_along(
    tmp_path: Path, beside: tuple[str, ...], taken: bool
) -> None:
    file = onnx_file(tmp_path, "m.onnx", 3)
    for name in beside:
        (tmp_path / name).write_text("cat\ndog\nhen\n", encoding="utf-8")
    made = brought(file, tmp_path / "repository")
    assert (Path("labels.txt") in made.files) is taken


def test_names_that_are_no_labels_are_left(tmp_path: Path) -> None:
    file = onnx_file(tmp_path, "m.onnx")
    (tmp_path / "m.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "m.names").write_text('["a", "b"]')
    (tmp_path / "labels.txt").write_text("only one\n")
    assert files_below(brought(file, tmp_path / "repository").folder) == [
        "1/model.onnx",
        "config.pbtxt",
    ]


def test_real_files_come_in(tmp_path: Path, data_dir: Path) -> None:
    sources = [
        "models/fastestdet/FastestDet.onnx",
        "models/mobilenet_v2_imagenet/mobilenet_v2_1.0_224_quant.tflite",
        "models/kws_ds_cnn/kws_i8.tflite",
    ]
    for source in sources:
        brought(data_dir / source, tmp_path / "repository")
    names = ("FastestDet", "kws_i8", "mobilenet_v2_1.0_224_quant")
    assert served(tmp_path / "repository").names() == names


def test_it_is_seen_how_far_it_is_and_a_cancelled_one_leaves_nothing(tmp_path: Path) -> None:
    file, repository = onnx_file(tmp_path, "m.onnx"), tmp_path / "repository"
    seen: list[AdoptionProgress] = []

    class Watched(Adoption):
        def trying(self) -> None:
            super().trying()
            seen.append(self.progress)
            self.cancel()

    with pytest.raises(ModelLoadError, match="it was cancelled"):
        adopt(file, repository, standard_runtimes(), (), Watched())
    size = file.stat().st_size
    assert seen == [AdoptionProgress(AdoptionStep.TRYING, size, size)]
    assert list(repository.iterdir()) == []


def test_a_trial_that_takes_long_ends_when_it_is_cancelled(tmp_path: Path) -> None:
    """The child is killed: that of a runtime which never answers would take two minutes."""
    file = tmp_path / "m.tflite"
    file.write_bytes(doubled([1, 3]))
    registry = repository_registry((), bundled=False)
    adoption = Adoption()
    started = threading.Event()
    plain = subprocess.Popen

    def popen(_command: object, **rest: Any) -> Any:
        child = plain([sys.executable, "-c", "import time; time.sleep(600)"], **rest)
        started.set()
        return child

    with (
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor(1) as pool,
    ):
        patch.setattr("backend.models.runtimes.litert.trial.subprocess.Popen", popen)
        outcome = pool.submit(registry.adopt, file, tmp_path / "repository", adoption)
        assert started.wait(WAIT_S)
        adoption.cancel()
        with pytest.raises(ModelLoadError, match="it was cancelled"):
            outcome.result(WAIT_S)
    assert list((tmp_path / "repository").iterdir()) == []
    registry.close()


def test_a_registry_gives_no_name_that_one_of_its_models_has(tmp_path: Path) -> None:
    registry = repository_registry((), bundled=True)
    made = registry.adopt(onnx_file(tmp_path, "shapes.onnx"), tmp_path / "repository", Adoption())
    assert made.name == "shapes_2"
    registry.close()
