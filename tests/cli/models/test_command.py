"""The gallery on the command line, with the real catalogue and a mirror on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from backend.cli.models import command as models
from backend.cli.models.output import ProgressLine
from backend.gallery import GalleryList, Phase, Progress, read_catalogue
from backend.gallery.entry import WheelSource
from backend.models.repository import user_repository
from tests.cli.here import run_here
from tests.gallery.file_server import FileServer, held_after

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 60.0
CATALOGUE = read_catalogue()

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `models` in this process, in a data folder of its own."""
    for variable in ("INFERDECK_MODELS", "INFERDECK_GALLERY_MIRROR"):
        monkeypatch.delenv(variable, raising=False)
    return lambda *arguments: run_here(capsys, models.main, *arguments)


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A mirror without files."""
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def mirror(server: FileServer, data_dir: Path) -> FileServer:
    """A mirror that has the real files of the demo models, laid out as the documentation says."""
    by_size = {path.stat().st_size: path for path in (data_dir / "models").rglob("*.*")}
    for entry in CATALOGUE.of(GalleryList.DEMO):
        for file in entry.files:
            assert not isinstance(file.source, WheelSource)
            data = by_size[file.size].read_bytes()
            path = "/" + file.source.url.removeprefix("https://")
            before = server.contents.get(path, b"")
            start = file.source.offset or 0
            whole = bytearray(max(len(before), start + len(data)))
            whole[: len(before)] = before
            whole[start : start + len(data)] = data
            server.contents[path] = bytes(whole)
    return server


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_the_demo_models_come_with_one_command(run: Run, mirror: FileServer) -> None:
    code, out, errors = run("get", "--demo-set", "--mirror", mirror.url, "--json")
    assert code == 0, errors
    demo = [entry.name for entry in CATALOGUE.of(GalleryList.DEMO)]
    assert [line["name"] for line in lines(out)] == demo
    assert all(line["state"] == "installed" for line in lines(out))
    assert errors.startswith(f"{len(demo)} of {len(demo)} models to get, 12.0 MiB, into ")
    folder = user_repository() / "face_mesh" / "1" / "model.tflite"
    assert folder.stat().st_size == CATALOGUE["face_mesh"].size
    before = len(mirror.requests)
    code, _, errors = run("get", "--demo-set", "--mirror", mirror.url)
    assert code == 0
    assert errors.startswith(f"0 of {len(demo)} models to get, 0 bytes, into ")
    assert len(mirror.requests) == before


def test_every_place_that_holds_a_file_is_shown(run: Run, tmp_path: Path) -> None:
    shown = run("show", "silero_vad", "--repository", str(tmp_path))[1]
    assert "silero_vad.onnx of github.com/snakers4/silero-vad at " in shown
    assert "silero_vad.onnx of Python package silero-vad " in shown


def test_a_model_is_got_listed_measured_shown_and_removed(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    at = ("--repository", str(tmp_path / "mine"))
    code, out, errors = run("get", "yunet", "--from", str(data_dir / "models"), *at)
    assert (code, out) == (0, "")
    assert "yunet: installed" in errors
    assert "SPEED" in run("list", *at)[1]
    code, out, errors = run("measure", "yunet", *at)
    assert code == 0, errors
    assert "ms (" in out
    assert run("get", "keywords", "--from", str(data_dir / "models"), *at)[0] == 0
    measured = lines(run("measure", "--all", "--json", *at)[1])
    assert [line["name"] for line in measured] == ["keywords", "yunet"]
    assert run("remove", "keywords", *at)[0] == 0
    row = lines(run("show", "yunet", "--json", *at)[1])[0]
    assert row["state"] == "installed"
    assert row["folder"] == str(tmp_path / "mine" / "yunet")
    speed = row["speed"]
    assert isinstance(speed, dict)
    assert speed["timing"]["median_ms"] > 0
    assert speed["versions"]["onnxruntime"]
    assert "installed" in run("show", "yunet", *at)[1]
    assert run("remove", "yunet", *at)[0] == 0
    states = {line["name"]: line["state"] for line in lines(run("list", "--json", *at)[1])}
    assert set(states) == set(CATALOGUE)
    assert set(states.values()) == {"absent"}


def test_where_nothing_is_installed_nothing_is_measured(run: Run) -> None:
    code, out, errors = run("measure", "--all")
    assert (code, out) == (0, "")
    assert errors.startswith("No model is installed in ")


def test_one_that_fails_keeps_no_other_one_from_its_turn(run: Run, mirror: FileServer) -> None:
    at = ("--mirror", mirror.url, "--json")
    code, out, errors = run("get", "rfb_320", "keywords", *at)  # the mirror has only the second
    assert code == 4
    first, second = lines(out)
    assert (first["name"], first["error"]) == ("rfb_320", "not_found")
    assert (second["name"], second["state"]) == ("keywords", "installed")
    assert "error: 127.0.0.1 does not have" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("get",), "--demo-set"),
        (("get", "yunnet"), "yunet"),
        (("get", "yunet", "--mirror", "http://mirror.lab"), "https"),
        (("get", "yunet", "--from", "/no/such/folder"), "not a folder"),
        (("get", "yunet", "--from", "a", "--mirror", "b"), "not allowed with"),
        (("get", "yunet", "--miror", "b"), "did you mean --mirror?"),
        (("remove", "yunet"), "not installed"),
        (("measure", "yunet"), "models get yunet"),
        (("measure",), "--all"),
        (("show", "nothing"), "yunet"),
    ],
)
def test_wrong_usage_says_what_is_right(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, errors = run(*arguments)
    assert code == 2
    assert words in errors


def test_the_environment_names_repository_and_mirror(
    run: Run, mirror: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERDECK_MODELS", str(tmp_path / "named"))
    monkeypatch.setenv("INFERDECK_GALLERY_MIRROR", mirror.url)
    assert run("get", "keywords")[0] == 0
    assert (tmp_path / "named" / "keywords" / "1" / "model.tflite").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl-C as POSIX does")
def test_ctrl_c_keeps_what_has_come(run: Run, mirror: FileServer, tmp_path: Path) -> None:
    at = ("--repository", str(tmp_path / "mine"))
    size = CATALOGUE["keywords"].size
    mirror.faults.append(held_after(size // 2))
    command = [sys.executable, "main.py", "models", "get", "keywords", "--mirror", mirror.url, *at]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        assert mirror.reached.wait(WAIT_S)
        part = tmp_path / "mine" / ".gallery" / "keywords" / "files" / "1" / "model.tflite.part"
        while not part.exists() or part.stat().st_size < size // 2:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"goes on with it" in errors
    assert b"Traceback" not in errors
    assert lines(run("show", "keywords", "--json", *at)[1])[0]["saved"] == size // 2


class Terminal(StringIO):
    """A stream that says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_the_progress_is_one_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    show = ProgressLine(terminal)
    for phase, received in ((Phase.FETCHING, 1 << 20), (Phase.DONE, 2 << 20)):
        show(Progress("yunet", phase, "1/model.onnx", received, 2 << 20, received, 2 << 20))
    first, second = terminal.getvalue().split("\r\x1b[K")[1:]
    assert first == "yunet: 1/model.onnx fetching, 1.0 MiB o"
    assert second == "yunet: 1/model.onnx installed, 2.0 MiB of 2.0 MiB\n"
