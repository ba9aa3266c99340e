"""A model is timed in a process of its own, within bounds, and the result kept for its machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from backend.core.errors import UsageError
from backend.core.tensors import Datatype
from backend.gallery import Catalogue, Gallery, InstallState, fetchers_for
from backend.gallery.speed import measure, read_speed
from tests.gallery.conftest import entry, from_github, wanted
from tests.models.onnx_folders import identity
from tests.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    """One real model, installed."""
    identity(tmp_path / "disk", Datatype.FP32, (1, 4))
    (file,) = (tmp_path / "disk").rglob("*.onnx")
    one = msgspec.structs.replace(entry(wanted(file.read_bytes(), from_github())), beside=())
    catalogue = Catalogue({"tiny": one})
    gallery = Gallery(catalogue, tmp_path / "models", fetchers_for(folder=tmp_path / "disk"))
    gallery.get("tiny")
    return gallery


def test_a_speed_is_kept_beside_the_model(gallery: Gallery) -> None:
    assert gallery.row("tiny").speed is None
    speed = gallery.measure("tiny")
    timing = speed.timing
    assert 0 < timing.fastest_ms <= timing.median_ms <= timing.slowest_ms
    assert timing.count >= 5
    assert gallery.row("tiny").speed == speed
    assert {"python", "onnxruntime", "inferdeck"} <= set(speed.versions)


def test_a_speed_of_another_machine_is_not_shown(gallery: Gallery) -> None:
    speed = gallery.measure("tiny")
    folder = gallery.row("tiny").folder
    other = msgspec.structs.replace(speed.machine, name="elsewhere")
    file = folder / "speed.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(speed, machine=other)))
    assert read_speed(folder) is None
    file.write_bytes(b"{")
    assert gallery.row("tiny").speed is None


def test_its_time_is_bounded(gallery: Gallery) -> None:
    row = gallery.row("tiny")
    with pytest.raises(UsageError, match=r"within 0\.001 s"):
        measure(gallery.root, row.folder, row.state, time_limit_s=0.001)


def test_a_model_that_cannot_be_loaded_says_why(gallery: Gallery) -> None:
    row = gallery.row("tiny")
    (row.folder / "1" / "model.onnx").write_bytes(b"none")
    with pytest.raises(UsageError, match="'tiny' cannot be measured: "):
        gallery.measure("tiny")


def test_a_process_that_dies_is_said(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.gallery.speed._CHILD", "backend.gallery.no_such_module")
    with pytest.raises(UsageError, match="no_such_module"):
        gallery.measure("tiny")


def test_its_process_ends_with_the_one_that_started_it(gallery: Gallery, tmp_path: Path) -> None:
    said = tmp_path / "child"
    module = (
        "import os, pathlib, threading, backend.gallery.speed_child as child\n"
        f"said = pathlib.Path({str(said)!r})\n"
        "def hang(*_):\n"
        "    said.with_suffix('.new').write_text(str(os.getpid()))\n"
        "    said.with_suffix('.new').rename(said)\n"
        "    threading.Event().wait()\n"
        "child.timed = hang\n"
        "import sys; child.main(sys.argv[1:])\n"
    )
    (tmp_path / "hanging_child.py").write_text(module)
    start = (
        "import pathlib, backend.gallery.speed as speed\n"
        "from backend.gallery import InstallState\n"
        "speed._CHILD = 'hanging_child'\n"
        f"root = pathlib.Path({str(gallery.root)!r})\n"
        "speed.measure(root, root / 'tiny', InstallState.INSTALLED, 3600.0)\n"
    )
    paths = os.pathsep.join((str(PROJECT), str(tmp_path)))
    parent = subprocess.Popen(
        [sys.executable, "-c", start], env={**os.environ, "PYTHONPATH": paths}
    )
    try:
        wait_for(said.exists, "the child measures")
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not psutil.pid_exists(int(said.read_text())), "the child has ended")


@pytest.mark.parametrize("state", [InstallState.ABSENT, InstallState.FOREIGN])
def test_only_the_gallerys_own_are_measured(gallery: Gallery, state: InstallState) -> None:
    with pytest.raises(UsageError, match="models get tiny"):
        measure(gallery.root, gallery.row("tiny").folder, state)
