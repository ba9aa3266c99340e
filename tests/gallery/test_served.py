"""What the gallery has installed is a model that loads, with its labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.gallery import Gallery, GalleryEntry, fetchers_for, read_catalogue
from backend.gallery.entry import WheelSource
from backend.models.config import parse_config
from backend.models.repository import LoadedModel, ModelFolders
from backend.models.runtimes.choice import standard_runtimes

CATALOGUE = read_catalogue()
ONNX = [
    one.name
    for one in CATALOGUE.values()
    if one.files
    and one.files[0].path.endswith(".onnx")
    and not isinstance(one.files[0].source, WheelSource)  # no test data
]


@pytest.mark.parametrize("name", ONNX)
def test_an_installed_model_loads(data_dir: Path, tmp_path: Path, name: str) -> None:
    Gallery(CATALOGUE, tmp_path, fetchers_for(folder=data_dir / "models")).get(name)
    (model,) = ModelFolders((tmp_path,), standard_runtimes()).load(name)
    assert isinstance(model, LoadedModel)
    try:
        labels = model.servable.labels
    finally:
        model.retire()
    if any(file.path == "labels.txt" for file in CATALOGUE[name].files):
        (names,) = labels.values()
        assert len(names) == 80
        assert names[0] == "person"


@pytest.mark.parametrize("one", CATALOGUE.values(), ids=CATALOGUE)
def test_labels_that_are_fetched_are_named_by_the_configuration(one: GalleryEntry) -> None:
    beside = dict(one.beside)
    config = parse_config(beside.get("config.pbtxt", b""))
    named = {output.label_filename for output in config.output if output.label_filename}
    assert named == {file.path for file in one.files if "/" not in file.path}
