"""Requests and folders of a collection renamed, moved, deleted and put back."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from backend.core.errors import UsageError
from backend.inspector.collections import (
    Collection,
    Entry,
    delete,
    duplicate,
    make_folder,
    move,
    move_folder,
    put_back,
    read_collection,
    rename,
)

HEAD = "version = 1\nmethod = 'ModelInfer'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    for name, picture in (("A", "own"), ("B", "shared"), ("C", "shared")):
        text = f"{HEAD}[inputs]\nIMAGE = 'picture:{picture}.png'  # mine\n"
        (tmp_path / "one" / f"{name}.toml").write_text(text)
    (tmp_path / "one" / "own.png").write_bytes(b"own")
    (tmp_path / "one" / "shared.png").write_bytes(b"shared")
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def found(collection: Collection, *names: str) -> list[Entry]:
    return [entry for entry in collection.entries if entry.name in names]


def test_folders_without_requests_are_in_the_collection(folder: Path) -> None:
    make_folder(make_folder(folder, "two"), "a/b")
    (folder / "environments").mkdir()
    known = (PurePosixPath("one"), PurePosixPath("two"), PurePosixPath("two/a b"))
    assert read_collection(folder).folders == known
    with pytest.raises(UsageError, match="is for environments"):
        make_folder(folder, "Environments")
    with pytest.raises(UsageError, match="There is a 'two' already"):
        make_folder(folder, "two")


def test_a_moved_request_takes_along_what_only_it_uses(folder: Path) -> None:
    new = make_folder(folder, "new")
    collection = read_collection(folder)
    move(collection, found(collection, "A", "B"), new)
    assert files(new) == ["A.toml", "B.toml", "own.png", "shared.png"]
    assert files(folder / "one") == ["C.toml", "shared.png"]
    move(read_collection(folder), list(read_collection(folder).entries), folder / "one")
    assert files(folder / "one") == ["A.toml", "B.toml", "C.toml", "own.png", "shared.png"]
    assert files(new) == []


def test_nothing_moves_where_a_name_is_taken(folder: Path) -> None:
    new = make_folder(folder, "new")
    (new / "own.png").write_bytes(b"another")
    collection, before = read_collection(folder), files(folder)
    with pytest.raises(UsageError, match="There is a 'own' in new already"):
        move(collection, found(collection, "A", "B"), new)
    (new / "own.png").unlink()
    (new / "B.toml").write_text(HEAD)
    with pytest.raises(UsageError, match="There is a 'B' in new already"):
        move(collection, found(collection, "A", "B"), new)
    assert files(folder) == sorted({*before, "new/B.toml"} - {"new/own.png"})


def test_a_folder_moves_and_is_renamed_but_not_into_itself(folder: Path) -> None:
    inner = make_folder(folder / "one", "inner")
    with pytest.raises(UsageError, match="cannot be moved into itself"):
        move_folder(folder / "one", inner)
    move_folder(inner, folder)
    assert rename(folder / "inner", "out: er.") == folder / "out er"
    assert rename(folder / "one" / "A.toml", "Z") == folder / "one" / "Z.toml"
    assert rename(folder / "one" / "Z.toml", "Z") == folder / "one" / "Z.toml"
    with pytest.raises(UsageError, match="There is a 'B' in one already"):
        rename(folder / "one" / "Z.toml", "B")
    assert read_collection(folder).folders == (PurePosixPath("one"), PurePosixPath("out er"))


def test_what_is_deleted_can_be_put_back(folder: Path) -> None:
    collection, before = read_collection(folder), files(folder)
    one = delete(collection, found(collection, "A", "B"), None)
    assert files(folder / "one") == ["C.toml", "shared.png"]
    put_back(one)
    all_of_it = delete(collection, collection.entries, folder / "one")
    assert files(folder) == []
    put_back(all_of_it)
    assert files(folder) == before
    assert read_collection(folder).entries == collection.entries


def test_a_deleted_folder_keeps_what_is_no_part_of_its_requests(folder: Path) -> None:
    (folder / "one" / "notes.md").write_text("mine")
    collection = read_collection(folder)
    delete(collection, collection.entries, folder / "one")
    assert files(folder) == ["one", "one/notes.md"]


def test_putting_back_does_not_write_over_what_came_meanwhile(folder: Path) -> None:
    collection = read_collection(folder)
    gone = delete(collection, found(collection, "A"), None)
    (folder / "one" / "A.toml").write_text("version = 1\nmethod = 'ServerLive'\n")
    put_back(gone)
    assert "ServerLive" in (folder / "one" / "A.toml").read_text()
    assert (folder / "one" / "own.png").read_bytes() == b"own"


def test_a_copy_has_the_next_free_name(folder: Path) -> None:
    (entry,) = found(read_collection(folder), "A")
    assert [duplicate(entry).name for _ in range(2)] == ["A 2.toml", "A 3.toml"]
    assert (folder / "one" / "A 3.toml").read_text() == entry.file.read_text()
