"""A chain is fetched with what it is made of, and keeps it from being removed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backend.core.errors import UsageError
from backend.gallery import Gallery, GalleryEntry, InstallState, Progress, read_catalogue
from backend.models.config import parse_config
from backend.models.runtimes.chain import links_of
from tests.gallery.conftest import SIZE, content, entry, from_github, gallery_of, path_of, wanted
from tests.gallery.file_server import FileServer

CATALOGUE = read_catalogue()
PARTS = ("first", "second")


@pytest.fixture
def gallery(server: FileServer, root: Path) -> Gallery:
    """A gallery of a chain and two models, which the server has."""
    parts = []
    for seed, name in enumerate(PARTS):
        data = content(seed=seed)
        server.contents[path_of(name)] = data
        parts.append(entry(wanted(data, from_github(name)), name=name))
    beside = (("config.pbtxt", b'backend: "chain"\n'),)
    chain = msgspec.structs.replace(entry(name="both"), needs=PARTS, beside=beside)
    return gallery_of(root, server.url, chain, *parts)


def test_a_chain_comes_with_its_parts_and_a_version_folder(gallery: Gallery) -> None:
    seen: list[Progress] = []
    row = gallery.row("both")
    assert (row.state, row.size, row.traffic) == (InstallState.ABSENT, 2 * SIZE, 2 * SIZE)
    row = gallery.get("both", seen.append)
    assert row.state is InstallState.INSTALLED
    assert sorted(path.name for path in row.folder.iterdir()) == [
        "1", "config.pbtxt", "gallery.json",
    ]  # fmt: skip
    assert list((row.folder / "1").iterdir()) == []
    assert {gallery.row(name).state for name in PARTS} == {InstallState.INSTALLED}
    assert {one.model for one in seen} == {"both"}
    assert {one.path for one in seen if one.path} == {f"{name}/1/model.onnx" for name in PARTS}
    counts = [one.total_received for one in seen]
    assert counts == sorted(counts)
    assert (counts[-1], seen[-1].total) == (2 * SIZE, 2 * SIZE)


def test_parts_that_are_there_are_not_fetched_again(gallery: Gallery, server: FileServer) -> None:
    gallery.get("first")
    gallery.get("both")
    gallery.get("both")
    assert len(server.requests) == 2


def test_a_part_that_is_gone_is_said_and_fetched(gallery: Gallery) -> None:
    row = gallery.get("both")
    (gallery.root / "second").rename(gallery.root.parent / "elsewhere")
    row = gallery.row("both")
    assert (row.state, row.saved) == (InstallState.PARTIAL, SIZE)
    assert gallery.get("both").state is InstallState.INSTALLED


def test_a_part_stays_as_long_as_a_chain_needs_it(gallery: Gallery) -> None:
    gallery.get("both")
    with pytest.raises(UsageError, match="'first' is a part of both") as caught:
        gallery.remove("first")
    assert caught.value.hint.endswith("models remove both first.")
    gallery.remove("both")
    assert gallery.row("first").state is InstallState.INSTALLED
    gallery.remove("first")
    assert gallery.row("first").state is InstallState.ABSENT
    assert gallery.get("both").state is InstallState.INSTALLED


def test_a_folder_in_the_way_of_a_part_is_said_before_anything_is_fetched(
    gallery: Gallery, server: FileServer
) -> None:
    (gallery.root / "second").mkdir(parents=True)
    with pytest.raises(UsageError, match="second is there already"):
        gallery.get("both")
    assert server.requests == []


def test_a_chain_is_measured_by_its_parts(gallery: Gallery) -> None:
    with pytest.raises(UsageError, match="as fast as") as caught:
        gallery.measure("both")
    assert "measure first second" in caught.value.hint


@pytest.mark.parametrize("one", CATALOGUE.values(), ids=CATALOGUE)
def test_what_an_entry_needs_is_what_its_configuration_names(one: GalleryEntry) -> None:
    config = parse_config(dict(one.beside).get("config.pbtxt", b""))
    assert one.needs == links_of(config)
