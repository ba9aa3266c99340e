"""A repository on disk: which versions are served, what is refused, and what never happens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.core.errors import InvalidInput, NotFound, NotReady, UsageError
from backend.models.catalogue import repository_registry
from backend.models.config.version_policy import chosen_versions
from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.repository.states import IndexEntry, ModelState
from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb
from tests.models.scripted_runtime import TENSORS, ScriptedRuntime, write_model


def registry(*roots: Path, runtime: ScriptedRuntime | None = None) -> ModelRegistry:
    return ModelRegistry(folders=ModelFolders(roots, [runtime or ScriptedRuntime()]))


def loaded(*roots: Path) -> ModelRegistry:
    made = registry(*roots)
    made.load_all()
    return made


def states(models: ModelRegistry) -> dict[tuple[str, str], str]:
    return {(row.name, row.version): row.state for row in models.index()}


def test_every_model_is_served_by_its_newest_version(tmp_path: Path) -> None:
    write_model(tmp_path, "a", 1, 2, 10)
    write_model(tmp_path, "b", 3, config='name: "b"' + TENSORS % "")
    models = loaded(tmp_path)
    assert models.names() == ("a", "b")
    assert (models.get("a").version, models.get("b").version) == ("10", "3")
    assert [spec.name for spec in models.get("a").inputs] == ["INPUT0"]
    assert models.get("a").config.name == "a"


@pytest.mark.parametrize(
    ("policy", "there", "expected"),
    [
        ("", [1, 2, 3], [3]),
        ("latest { num_versions: 2 }", [1, 2, 3], [2, 3]),
        ("latest { num_versions: 9 }", [1, 2], [1, 2]),
        ("all { }", [1, 5], [1, 5]),
        ("specific { versions: [ 3, 1 ] }", [1, 2, 3], [1, 3]),
    ],
)
def test_the_policy_chooses_the_versions(
    tmp_path: Path, policy: str, there: list[int], expected: list[int]
) -> None:
    write_model(tmp_path, "m", *there, config=f"version_policy {{ {policy} }}" if policy else "")
    assert loaded(tmp_path).versions("m") == tuple(map(str, expected))


@pytest.mark.parametrize(
    ("policy", "there", "text"),
    [
        (pb.ModelVersionPolicy(), [], "no version is there"),
        (
            pb.ModelVersionPolicy(specific=pb.ModelVersionPolicy.Specific(versions=[4])),
            [1, 2],
            "version 4 is asked for by version_policy, but there is 1, 2",
        ),
    ],
)
def test_a_policy_that_leaves_nothing_is_an_error(
    policy: pb.ModelVersionPolicy, there: Sequence[int], text: str
) -> None:
    with pytest.raises(ModelLoadError, match=text):
        chosen_versions(policy, there)


def test_only_numbered_folders_are_versions(tmp_path: Path) -> None:
    folder = write_model(tmp_path, "m", 1)
    for name in ("02", "-1", "0", "x", "\u0663", "9" * 40):
        (folder / name).mkdir()
    (folder / "7").write_text("a file")
    assert loaded(tmp_path).versions("m") == ("1",)


def test_a_version_is_asked_for_by_its_number(tmp_path: Path) -> None:
    write_model(tmp_path, "m", 1, 2, config="version_policy { all { } }")
    models = loaded(tmp_path)
    assert models.get("m", "1").version == "1"
    with pytest.raises(NotFound, match="unknown model: 'm' version 3 is not found"):
        models.get("m", "3")
    for wrong in ("x", "1.0", "-1", "../1", "0"):
        with pytest.raises(InvalidInput, match="version should be an integral value > 0"):
            models.get("m", wrong)


def test_a_broken_model_says_why_and_hurts_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_model(tmp_path, "bad", 4, script="broken")
    write_model(tmp_path, "good", 1)
    write_model(tmp_path, "syntax", 1, config="max_batch_size: many")
    write_model(tmp_path, "unforeseen", 1, script="crash")
    models = loaded(tmp_path)
    assert models.names() == ("good",)
    rows = {row.name: row for row in models.index()}
    assert rows["bad"] == IndexEntry("bad", "4", ModelState.UNAVAILABLE, "the script says broken")
    assert "config.pbtxt" in rows["syntax"].reason
    assert rows["unforeseen"].reason == "ZeroDivisionError: unforeseen"
    assert "failed to load 'bad', the script says broken" in caplog.text
    with pytest.raises(NotFound, match="unknown model: 'bad' has no available versions"):
        models.get("bad")


def test_a_broken_version_leaves_the_others_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_model(tmp_path, "m", 1, 2, 10, config="version_policy { all { } }")
    (folder / "2" / "model.script").write_text("broken")
    models = registry(tmp_path)
    models.load("m")
    assert models.versions("m") == ("1", "10")
    assert models.index() == (
        IndexEntry("m", "1", ModelState.READY),
        IndexEntry("m", "2", ModelState.UNAVAILABLE, "the script says broken"),
        IndexEntry("m", "10", ModelState.READY),
    )
    assert "failed to load version 2 of 'm', the script says broken" in caplog.text
    with pytest.raises(NotReady, match="'m' version 2 is not at ready state: the script says"):
        models.get("m", "2")
    (folder / "2" / "model.script").write_text("ok")
    models.load("m")
    assert models.versions("m") == ("1", "2", "10")
    models.unload("m")
    assert [row.reason for row in models.index()] == ["unloaded"] * 3


def test_a_model_whose_versions_are_all_broken_is_not_loaded(tmp_path: Path) -> None:
    write_model(tmp_path, "m", 1, 2, config="version_policy { all { } }", script="broken")
    with pytest.raises(ModelLoadError, match="failed to load 'm', the script says broken"):
        registry(tmp_path).load("m")


def test_an_instance_for_a_gpu_runs_on_the_cpu(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_model(tmp_path, "m", 1, config="instance_group { kind: KIND_GPU gpus: [ 0 ] count: 2 }")
    (group,) = loaded(tmp_path).get("m").config.instance_group
    assert (group.kind, list(group.gpus), group.count) == (
        pb.ModelInstanceGroup.KIND_CPU,
        [],
        2,
    )
    assert "model m: instance_group asks for KIND_GPU; it runs on the CPU" in caplog.text


def test_loading_anew_takes_what_is_on_disk_now(tmp_path: Path) -> None:
    runtime = ScriptedRuntime()
    folder = write_model(tmp_path, "m", 1)
    models = registry(tmp_path, runtime=runtime)
    models.load("m")
    write_model(tmp_path, "new", 1)
    (folder / "1" / "model.script").rename(folder / "1" / "gone")
    with pytest.raises(ModelLoadError, match="failed to load 'm'"):
        models.load("m")
    assert models.get("m") is runtime.loaded[0]  # what was served goes on
    assert not runtime.loaded[0].closed
    (folder / "1" / "gone").rename(folder / "1" / "model.script")
    models.load("m")
    assert models.get("m") is runtime.loaded[1]
    assert runtime.loaded[0].closed == ["instance 0", "model"]
    models.load("new")
    assert models.names() == ("m", "new")


def test_a_model_is_unloaded_and_loaded_again(tmp_path: Path) -> None:
    runtime = ScriptedRuntime()
    write_model(tmp_path, "m", 2)
    models = registry(tmp_path, runtime=runtime)
    assert models.index() == (IndexEntry("m"),)
    models.load("m")
    assert states(models) == {("m", "2"): "READY"}
    models.unload("m")
    assert models.index() == (IndexEntry("m", "2", ModelState.UNAVAILABLE, "unloaded"),)
    assert runtime.loaded[0].closed == ["instance 0", "model"]
    with pytest.raises(NotFound, match="has no available versions"):
        models.get("m")
    models.unload("m")
    models.unload("never there")
    models.load("m")
    assert states(models) == {("m", "2"): "READY"}


def test_a_model_in_use_is_closed_by_its_last_user(tmp_path: Path) -> None:
    runtime = ScriptedRuntime()
    write_model(tmp_path, "m", 1)
    models = registry(tmp_path, runtime=runtime)
    models.load("m")
    told: list[str] = []

    def user() -> None:
        told.append("retired")

    model = models.loaded("m")
    assert model.use(user)
    models.unload("m")
    assert told == ["retired"]
    assert states(models) == {("m", "1"): "UNLOADING"}
    assert not runtime.loaded[0].closed
    model.release(user)
    assert runtime.loaded[0].closed == ["instance 0", "model"]
    assert states(models) == {("m", "1"): "UNAVAILABLE"}
    assert not model.use(user)


def test_a_model_in_trouble_is_not_ready(tmp_path: Path) -> None:
    runtime = ScriptedRuntime()
    write_model(tmp_path, "m", 1)
    models = registry(tmp_path, runtime=runtime)
    models.load("m")
    runtime.loaded[0].trouble = "its process died"
    assert models.index() == (IndexEntry("m", "1", ModelState.UNAVAILABLE, "its process died"),)
    with pytest.raises(NotReady, match="'m' version 1 is not at ready state: its process died"):
        models.get("m")


@pytest.mark.parametrize("name", ["..", ".", "", "a/1", "../other", "a/../a", "/etc", "A\0B"])
def test_no_name_leads_out_of_the_repository(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    write_model(root, "a", 1)
    write_model(tmp_path, "other", 1)
    with pytest.raises(ModelLoadError, match="no such model in the model repository"):
        registry(root).load(name)


def test_no_configuration_leads_out_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("label")
    outside = TENSORS % 'label_filename: "../secret"'
    write_model(tmp_path / "root", "m", 1, config=outside)
    with pytest.raises(ModelLoadError, match=r"'\.\./secret' leads out of the model's folder"):
        registry(tmp_path / "root").load("m")


def test_a_link_that_leads_out_of_the_model_is_not_followed(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "root", "m", 1)
    write_model(tmp_path, "elsewhere", 1)
    try:
        (folder / "2").symlink_to(tmp_path / "elsewhere" / "1", target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")
    with pytest.raises(ModelLoadError, match="'2' leads out of the model's folder"):
        registry(tmp_path / "root").load("m")


def test_labels_are_read_line_by_line(tmp_path: Path) -> None:
    folder = write_model(tmp_path, "m", 1, config=TENSORS % 'label_filename: "names.txt"')
    (folder / "names.txt").write_text("cat\ndog \n\nf\u00fcchse", "utf-8")
    labels = loaded(tmp_path).get("m").labels
    assert labels == {"OUTPUT0": ("cat", "dog", "", "f\u00fcchse")}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ('name: "other"', "unexpected directory name 'm' for model 'other'"),
        ("max_batch_size: -1", "max_batch_size must not be negative"),
        (TENSORS % "dims: 0", "dimension 0; expected a size above 0, or -1"),
        ('input { name: "A" dims: [ 1 ] }', "model input 'A' has no valid data_type"),
        (TENSORS % "" + TENSORS % "", "model input 'INPUT0' is declared twice"),
        ("dynamic_batching { preferred_batch_size: 4 }", "must be 1 to max_batch_size"),
        ("instance_group { count: 1000 }", "at most 64 are made"),
        ('backend: "tensorrt"', "no runtime here for backend 'tensorrt'; there is scripted"),
        ("dynamic_batching { priority_levels: 2 }", "default_priority_level must be 1"),
        ('output { label_filename: "none.txt" name: "A" data_type: TYPE_FP32 }', "cannot be read"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(
    tmp_path: Path, config: str, text: str
) -> None:
    write_model(tmp_path, "m", 1, config=config)
    with pytest.raises(ModelLoadError, match=text):
        registry(tmp_path).load("m")


def test_a_configuration_may_come_with_the_request(tmp_path: Path) -> None:
    write_model(tmp_path, "m", 1, 2)
    models = registry(tmp_path)
    models.load("m", '{"max_batch_size": 8, "version_policy": {"specific": {"versions": [1]}}}')
    assert models.get("m").config.max_batch_size == 8
    assert models.get("m").inputs[0].shape == (-1, -1)
    assert models.versions("m") == ("1",)
    with pytest.raises(ModelLoadError, match="failed to load 'm'"):
        models.load("m", "{")


def test_a_name_in_two_repositories_is_served_by_neither(tmp_path: Path) -> None:
    write_model(tmp_path / "one", "m", 1)
    write_model(tmp_path / "two", "m", 1)
    write_model(tmp_path / "two", "other", 1)
    models = loaded(tmp_path / "one", tmp_path / "two")
    assert models.names() == ("other",)
    with pytest.raises(ModelLoadError, match="more than one model repository"):
        models.load("m")


def test_a_model_of_a_repository_goes_before_a_bundled_one(tmp_path: Path) -> None:
    folders = ModelFolders([tmp_path], [ScriptedRuntime()])
    models = ModelRegistry(folders=folders)
    bundled = repository_registry((), bundled=True)
    for name in ("identity", "shapes"):
        model = bundled.loaded(name)
        models.add_loader(name, lambda _config, model=model: [model])  # type: ignore[misc]
        models.load(name)
    write_model(tmp_path, "identity", 5)
    models.load_all()
    assert models.get("identity").version == "5"
    assert models.get("shapes").profile is not None


def test_a_broken_model_with_the_name_of_a_bundled_one_leaves_that_alone(tmp_path: Path) -> None:
    (tmp_path / "identity" / "1").mkdir(parents=True)
    models = repository_registry([tmp_path], bundled=True)
    models.load_all()
    assert models.get("identity").config.platform == "inferdeck"


def test_a_repository_that_is_no_folder_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        repository_registry([tmp_path / "none"], bundled=True)


def test_a_repository_may_come_later(tmp_path: Path) -> None:
    write_model(tmp_path / "late", "m", 1)
    (tmp_path / "first").mkdir()
    models = registry(tmp_path / "first")
    models.add_repository(tmp_path / "late")
    models.add_repository(tmp_path / "first" / ".." / "late")
    models.load_all()
    assert models.names() == ("m",)
    with pytest.raises(UsageError, match="is not a folder"):
        models.add_repository(tmp_path / "none")
    with pytest.raises(UsageError, match="come from no repository"):
        ModelRegistry().add_repository(tmp_path)


def test_hidden_folders_and_files_are_no_models(tmp_path: Path) -> None:
    write_model(tmp_path, ".git", 1)
    (tmp_path / "readme.md").write_text("models")
    assert registry(tmp_path).index() == ()


def test_a_folder_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    folder = write_model(tmp_path, "m", 1)
    models = registry(tmp_path)
    assert len(models.index()) == 1
    folder.rename(tmp_path.parent / f"{tmp_path.name}-gone")
    assert models.index() == ()


def test_a_repository_that_is_removed_takes_its_models_along(tmp_path: Path) -> None:
    write_model(tmp_path / "one", "m", 1)
    write_model(tmp_path / "two", "n", 1)
    models = registry(tmp_path / "one", tmp_path / "two")
    models.load_all()
    assert [names for _, names in models.repositories()] == [("m",), ("n",)]
    models.remove_repository(tmp_path / "one")
    assert models.names() == ("n",)
    assert [row.name for row in models.index()] == ["n"]
    models.remove_repository(tmp_path / "one")


def test_a_bundled_model_comes_back_when_the_one_that_took_its_name_goes(tmp_path: Path) -> None:
    models = registry(tmp_path)
    model = repository_registry((), bundled=True).loaded("identity")
    models.add_loader("identity", lambda _config: [model])
    models.load("identity")
    write_model(tmp_path, "identity", 5)
    models.load_all()
    models.remove_repository(tmp_path)
    assert models.get("identity").profile is not None
