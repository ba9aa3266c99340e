"""The catalogue is read strictly, and what it says of the real files is true."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.gallery import (
    Catalogue,
    DownloadError,
    DownloadFault,
    Gallery,
    GalleryList,
    InstallState,
    Task,
    fetchers_for,
    read_catalogue,
    traffic_of,
)
from backend.gallery.entry import GalleryEntry, WheelSource
from tests.gallery.conftest import content, entry, from_github, wanted

CATALOGUE = read_catalogue()
BY_PIP = {"text_detector", "text_reader", "read_text"}
"""Not among the test data: `test_wheels.py` fetches the first."""
ENTRY = """
title = "Tiny"
summary = "Made for a test."
task = "classification"
licence = "MIT"

[[files]]
path = "1/model.onnx"
size = 12
sha256 = "{digest}"
source = {{ kind = "github", repository = "lab/models", commit = "{commit}", path = "a/m.onnx" }}
""".format(digest="ab" * 32, commit="01" * 20)


def write_entry(folder: Path, text: str, name: str = "tiny") -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "entry.toml").write_text(text)
    return folder


def test_an_entry_is_one_folder(tmp_path: Path) -> None:
    write_entry(tmp_path, ENTRY)
    (tmp_path / "tiny" / "profile.toml").write_bytes(b"version = 1\n")
    (tmp_path / "begun").mkdir()
    found = read_catalogue(tmp_path)["tiny"]
    assert found.beside == (("profile.toml", b"version = 1\n"),)
    assert found.name == "tiny"
    assert found.size == traffic_of([found]) == 12
    assert found.origins == ("github.com/lab/models at 010101010101",)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "Tiny"\n', "", "`title`"),
        ("size = 12", 'size = "12"', "files[0].size"),
        ("size = 12", "size = 0", "files[0].size"),
        ("size = 12", "size = 999_999_999_999", "files[0].size"),
        ("ab" * 32, "ab" * 31, "files[0].sha256"),
        ("01" * 20, "main", "files[0].source.commit"),
        ('kind = "github"', 'kind = "ftp"', "files[0].source"),
        ('kind = "github"', 'kind = "npm"', "files[0].source"),
        ('path = "1/model.onnx"', 'path = "../model.onnx"', "files[0].path"),
        ('path = "1/model.onnx"', 'path = "/model.onnx"', "files[0].path"),
        ('path = "1/model.onnx"', 'path = "1/.hidden"', "files[0].path"),
        ('path = "1/model.onnx"', 'path = "model.onnx"', "files: none is the model"),
        ('path = "a/m.onnx"', 'path = "a/../../m.onnx"', "files[0].source.path"),
        ('task = "classification"', 'task = "magic"', "task"),
        ('licence = "MIT"', 'licence = "MIT"\nlicense = "MIT"', "`license`"),
        ('licence = "MIT"', 'licence = "MIT"\nname = "other"', "name"),
        ('licence = "MIT"', 'licence = "MIT"\nlists = ["all"]', "lists[0]"),
        ('title = "Tiny"', 'title = "Tiny', "not valid TOML"),
        ('path = "1/model.onnx"', 'path = "gallery.json"', "files[0].path"),
        ('licence = "MIT"', 'licence = "MIT"\nneeds = ["other"]', "needs[0]: the gallery has no"),
        ('licence = "MIT"', 'licence = "MIT"\nneeds = ["tiny"]', "'tiny' needs other models"),
        ('licence = "MIT"', 'licence = "MIT"\nneeds = ["a/b"]', "needs[0]"),
    ],
)
def test_what_is_wrong_is_named_by_entry_and_key(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in ENTRY
    write_entry(tmp_path, ENTRY.replace(old, new, 1))
    with pytest.raises(UsageError) as caught:
        read_catalogue(tmp_path)
    assert caught.value.message.startswith("tiny/entry.toml")
    assert words in caught.value.message


def test_a_folder_of_a_name_that_no_model_has(tmp_path: Path) -> None:
    write_entry(tmp_path, ENTRY, "Tiny Model")
    with pytest.raises(UsageError, match="Tiny Model"):
        read_catalogue(tmp_path)


def test_a_file_that_is_there_twice(tmp_path: Path) -> None:
    write_entry(tmp_path, ENTRY)
    (tmp_path / "tiny" / "labels.txt").write_text("cat\n")
    text = ENTRY + ENTRY[ENTRY.index("[[files]]") :].replace("1/model.onnx", "labels.txt")
    (tmp_path / "tiny" / "entry.toml").write_text(text)
    with pytest.raises(UsageError, match=r"files\[1\]\.path: 'labels\.txt' is there twice"):
        read_catalogue(tmp_path)


def test_a_name_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="yunet"):
        CATALOGUE["yunnet"]


def test_the_demo_models_are_under_15_mb() -> None:
    demo = CATALOGUE.of(GalleryList.DEMO)
    names = [one.name for one in demo]
    assert {one.task for one in demo} == {*Task} - {Task.TEXT}
    assert traffic_of(demo) < 15_000_000
    assert {one.name for one in CATALOGUE.whole(*names)} == set(names)
    assert all(not isinstance(file.source, WheelSource) for one in demo for file in one.files)


@pytest.mark.parametrize("one", [CATALOGUE[name] for name in CATALOGUE if name not in BY_PIP])
def test_the_real_files_are_as_the_catalogue_says(
    data_dir: Path, tmp_path: Path, one: GalleryEntry
) -> None:
    """Each of them is found on the disk by its size and SHA-256, and installed."""
    gallery = Gallery(CATALOGUE, tmp_path / "models", fetchers_for(folder=data_dir / "models"))
    row = gallery.get(one.name)
    assert row.state is InstallState.INSTALLED
    for file in one.files:
        found = hashlib.sha256((row.folder / file.path).read_bytes())
        assert found.hexdigest() == file.sha256


def local(tmp_path: Path, root: Path, *files: GalleryEntry) -> Gallery:
    catalogue = Catalogue({one.name: one for one in files})
    return Gallery(catalogue, root, fetchers_for(folder=tmp_path / "disk"))


def test_files_of_a_folder_may_be_called_anything(tmp_path: Path, root: Path) -> None:
    data = content(5000)
    place = tmp_path / "disk" / "some" / "where"
    place.mkdir(parents=True)
    (place / "other.bin").write_bytes(content(5000, seed=2))  # of the same size
    (place / "x.bin").write_bytes(data)
    row = local(tmp_path, root, entry(wanted(data, from_github()))).get("tiny")
    assert (row.folder / "1" / "model.onnx").read_bytes() == data


def test_a_part_is_cut_from_the_whole_file_of_a_folder(tmp_path: Path, root: Path) -> None:
    whole = content(5000)
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "assets.data").write_bytes(whole)
    one = entry(wanted(whole[1000:3000], from_github("assets.data", offset=1000)))
    row = local(tmp_path, root, one).get("tiny")
    assert (row.folder / "1" / "model.onnx").read_bytes() == whole[1000:3000]


def test_a_file_is_taken_from_the_wheel_in_a_folder(tmp_path: Path, root: Path) -> None:
    (tmp_path / "disk").mkdir()
    with zipfile.ZipFile(tmp_path / "disk" / "tiny_model-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("data/model.onnx", content(5000))
    source = WheelSource(
        package="tiny-model", version="1.0", path="data/model.onnx", wheel_size=9000
    )
    local(tmp_path, root, entry(wanted(content(5000), source))).get("tiny")


def test_a_folder_without_the_file_says_which_one_it_is(tmp_path: Path, root: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "model.onnx").write_bytes(content(5000, seed=2))
    file = wanted(content(5000), from_github())
    with pytest.raises(DownloadError) as caught:
        local(tmp_path, root, entry(file)).get("tiny")
    assert caught.value.fault is DownloadFault.ABSENT
    assert file.sha256 in caught.value.message
    assert "model.onnx of github.com/lab/models" in caught.value.hint


def test_a_folder_that_is_none(tmp_path: Path, root: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        local(tmp_path, root, entry(wanted(b"data", from_github()))).get("tiny")


@pytest.mark.parametrize(
    "mirror", ["http://mirror.lab/models", "mirror.lab", "https://", "ftp://a"]
)
def test_a_mirror_is_an_https_address(mirror: str) -> None:
    with pytest.raises(UsageError, match="https"):
        fetchers_for(mirror)
