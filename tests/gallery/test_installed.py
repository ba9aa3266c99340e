"""What is on the disk after a crash, beside another process, on a full disk, and removed again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.core.errors import UsageError
from backend.gallery import DownloadError, DownloadFault, Gallery, InstallState
from backend.models.repository import ModelFolders
from tests.gallery.conftest import SIZE, content, entry, from_github, gallery_of, path_of, wanted
from tests.gallery.file_server import FileServer, held_after

MakeGallery = Callable[..., Gallery]
PROJECT = Path(__file__).resolve().parents[2]
HALF = SIZE // 2
WAIT_S = 80.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and limits of POSIX")


def child(root: Path, mirror: str, *how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.gallery.child_get", str(root), mirror, *how],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


@posix
def test_a_process_that_is_killed_leaves_what_it_had(
    tiny: MakeGallery, server: FileServer, root: Path
) -> None:
    gallery = tiny()
    server.faults.append(held_after(HALF))
    process = child(root, server.url)
    assert server.reached.wait(WAIT_S)
    while gallery.row("tiny").saved < HALF:  # the bytes are on their way
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=WAIT_S)
    row = gallery.row("tiny")
    assert (row.state, row.saved) == (InstallState.PARTIAL, HALF)
    assert ModelFolders((root,), ()).names() == ()
    assert gallery.get("tiny").state is InstallState.INSTALLED
    assert server.ranges() == ["", f"bytes={HALF}-{SIZE - 1}"]


@posix
def test_a_process_that_is_killed_while_it_installs(
    tiny: MakeGallery, server: FileServer, root: Path
) -> None:
    gallery = tiny()
    process = child(root, server.url, "die")
    process.communicate(timeout=WAIT_S)
    assert process.returncode == -9
    assert ModelFolders((root,), ()).names() == ()
    assert gallery.row("tiny").state is InstallState.PARTIAL
    row = gallery.get("tiny")
    assert row.state is InstallState.INSTALLED
    assert (row.folder / "1" / "model.onnx").read_bytes() == content()
    assert len(server.requests) == 1, "all of it was there"


def test_two_processes_at_once_fetch_it_once(
    tiny: MakeGallery, server: FileServer, root: Path
) -> None:
    tiny()
    processes = [child(root, server.url) for _ in range(2)]
    assert [one.communicate(timeout=WAIT_S)[0].strip() for one in processes] == ["installed"] * 2
    assert len(server.requests) == 1


@posix
def test_a_disk_that_fills_up(tiny: MakeGallery, server: FileServer, root: Path) -> None:
    gallery = tiny()
    process = child(root, server.url, "quota")
    assert process.communicate(timeout=WAIT_S)[0].strip() == "disk_full"
    row = gallery.row("tiny")
    assert (row.state, row.saved) == (InstallState.PARTIAL, 100_000)
    gallery.get("tiny")
    assert server.ranges()[-1] == f"bytes=100000-{SIZE - 1}"


def test_a_disk_without_room_is_noticed_before(
    tiny: MakeGallery, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=SIZE))
    with pytest.raises(DownloadError) as caught:
        tiny().get("tiny")
    assert caught.value.fault is DownloadFault.DISK_FULL
    assert "8.3 MiB are needed" in caught.value.message
    assert not server.requests


def test_a_repository_that_cannot_be_written(tiny: MakeGallery, root: Path) -> None:
    root.write_text("a file in the folder's place")
    with pytest.raises(DownloadError) as caught:
        tiny().get("tiny")
    assert caught.value.fault is DownloadFault.DISK
    assert "--repository" in caught.value.hint


@pytest.mark.parametrize("link", [False, True])
def test_a_folder_of_another_origin_is_left_alone(
    tiny: MakeGallery, server: FileServer, root: Path, tmp_path: Path, link: bool
) -> None:
    own = root / "tiny"
    if link:
        tiny().get("tiny")
        own.rename(tmp_path / "elsewhere")
        own.symlink_to(tmp_path / "elsewhere")
    else:
        (own / "1").mkdir(parents=True)
        (own / "1" / "model.onnx").write_bytes(b"mine")
    count = len(server.requests)
    gallery = tiny()
    assert gallery.row("tiny").state is InstallState.FOREIGN
    for action in (gallery.get, gallery.remove):
        with pytest.raises(UsageError, match="did not come from the gallery"):
            action("tiny")
    assert len(server.requests) == count
    assert (own / "1" / "model.onnx").is_file()


def test_a_model_is_removed_at_once_and_others_stay(tiny: MakeGallery, root: Path) -> None:
    gallery = tiny()
    folder = gallery.get("tiny").folder
    (root / "other").mkdir()
    (folder / "profile.toml").write_text("changed by its user")
    gallery.remove("tiny")
    assert gallery.row("tiny").state is InstallState.ABSENT
    assert [path.name for path in root.iterdir()] in (["other", ".gallery"], [".gallery", "other"])
    assert not list((root / ".gallery" / "tiny").glob("[!.]*"))
    with pytest.raises(UsageError, match="not installed"):
        gallery.remove("tiny")
    with pytest.raises(UsageError, match="has tiny"):
        gallery.remove("unknown")


def test_a_model_that_the_catalogue_does_not_have_any_more_can_be_removed(
    tiny: MakeGallery, server: FileServer, root: Path
) -> None:
    folder = tiny().get("tiny").folder
    later = gallery_of(root, server.url, entry(wanted(content(), from_github()), name="other"))
    for name in ("../tiny", "other/../tiny", "", ".gallery", "nothing"):
        with pytest.raises(UsageError):
            later.remove(name)
    assert folder.is_dir()
    later.remove("tiny")
    assert not folder.exists()


def test_what_is_saved_of_a_model_is_removed(tiny: MakeGallery, server: FileServer) -> None:
    gallery = tiny(attempts=1)
    server.faults.append(held_after(HALF))
    server.gate.set()
    with pytest.raises(DownloadError):
        gallery.get("tiny")
    assert gallery.row("tiny").saved == HALF
    gallery.remove("tiny")
    assert gallery.row("tiny").state is InstallState.ABSENT


def test_a_profile_may_be_changed_and_a_model_may_not(tiny: MakeGallery) -> None:
    gallery = tiny()
    folder = gallery.get("tiny").folder
    (folder / "profile.toml").write_text("changed by its user")
    assert gallery.get("tiny").state is InstallState.INSTALLED
    assert (folder / "profile.toml").read_text() == "changed by its user"
    (folder / "1" / "model.onnx").write_bytes(b"short")
    assert gallery.row("tiny").state is InstallState.CHANGED
    with pytest.raises(UsageError, match="models remove tiny"):
        gallery.get("tiny")


def test_files_of_an_older_catalogue_are_not_installed(
    tiny: MakeGallery, server: FileServer, root: Path
) -> None:
    stale = root / ".gallery" / "tiny" / "files"
    (stale / "2").mkdir(parents=True)
    (stale / "2" / "model.onnx").write_bytes(b"old")
    (stale / "1").mkdir()
    (stale / "1" / "model.onnx").write_bytes(b"old")
    folder = tiny().get("tiny").folder
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert found == ["1", "1/model.onnx", "gallery.json", "profile.toml"]


def test_several_files_of_which_some_are_there(server: FileServer, root: Path) -> None:
    model, labels = content(50_000), b"cat\ndog\n"
    server.contents = {path_of("model.onnx"): model, path_of("labels.txt"): labels}
    server.faults.append(lambda request, data: request.good(data))
    server.faults.append(lambda request, data: request.start(404, 0))
    one = entry(
        wanted(model, from_github()), wanted(labels, from_github("labels.txt"), "labels.txt")
    )
    gallery = gallery_of(root, server.url, one)
    with pytest.raises(DownloadError):
        gallery.get("tiny")
    assert gallery.row("tiny").saved == len(model)
    folder = gallery.get("tiny").folder
    assert (folder / "labels.txt").read_bytes() == labels
    assert [path for path, _ in server.requests].count(path_of("model.onnx")) == 1
