"""Every command of the README that needs no other machine is run as it stands there.

Only port numbers, lengths of time and the reader's own files are replaced.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.cli.call import command as call
from backend.core.tensors import Datatype
from backend.sources.registry import KINDS
from backend.wire.media.opencv import cv2
from gui.devices import MICROPHONE
from tests.models.onnx_folders import identity
from tests.wire.recording.recorded import answered, record

_ROOT = Path(__file__).resolve().parents[1]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_LINES = [
    line.strip()
    for block in re.findall(r"```sh\n(.*?)```", _README, re.DOTALL)
    for line in block.splitlines()
]
_STREAMS = [line for line in _LINES if line.startswith("python main.py stream")]
_CALLS = [
    line
    for line in _LINES
    if line.startswith("python main.py call") and "service.proto" not in line
]
_WINDOWS = [line for line in _LINES if line.startswith("python main.py --")]
_CURLS = [line for line in _LINES if line.startswith("curl")]
_SERVE = "python main.py serve --rest-port 8000 --grpc-port 8001"
_PHOTO = 'curl --data-binary @photo.jpg "http://127.0.0.1:8000/predict?model=faces"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files the README speaks of."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "photos").mkdir()
    for name in ("photo.jpg", "photos/1.jpg", "photos/2.jpg"):
        cv2.imwrite(str(folder / name), np.full((480, 640, 3), 90, np.uint8))
    made = identity(folder / "made", Datatype.FP32, [1, 3, 64, 64])
    (made / "1" / "model.onnx").rename(folder / "my_model.onnx")
    sound = np.sin(np.arange(16_000, dtype=np.float32) / 20) / 2
    soundfile.write(folder / "speech.wav", sound, 16_000)
    record(folder / "run.mcap", answered(10))
    return folder


@pytest.fixture(scope="module")
def ports(folder: Path) -> Iterator[tuple[str, str]]:
    """The REST and gRPC ports of the server that the README starts."""
    command = _command(_SERVE, ("0", "0"))
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            addresses = json.loads(server.stdout.readline())
            yield addresses["rest"].rpartition(":")[2], addresses["grpc"].rpartition(":")[2]
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def _command(line: str, ports: tuple[str, str]) -> list[str]:
    line = line.replace("8000", ports[0]).replace("8001", ports[1])
    line = re.sub(r"--seconds \d+", "--seconds 1", line)
    line = re.sub(r"--frames \d+", "--frames 10", line)
    program, *words = shlex.split(line)
    if program == "python":
        return [sys.executable, str(_ROOT / "main.py"), *words[1:]]
    return [program, "--silent", "--show-error", "--fail", *words]


def _said(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_shows_every_way_to_use_the_program() -> None:
    assert _SERVE in _LINES
    assert _PHOTO in _CURLS
    assert _STREAMS
    assert _CALLS
    assert _WINDOWS


@pytest.mark.parametrize("line", _CURLS)
def test_a_curl_line_is_answered(
    line: str, folder: Path, ports: tuple[str, str], program: Callable[[str], str]
) -> None:
    program("curl")
    assert json.loads(_said(_command(line, ports), folder))


@pytest.mark.parametrize("line", _STREAMS)
def test_a_stream_line_gives_results_and_a_summary(
    line: str, folder: Path, ports: tuple[str, str]
) -> None:
    *results, last = map(json.loads, _said(_command(line, ports), folder).splitlines())
    assert results
    summary = last["summary"]
    assert summary["frames_in"] == len(results)
    assert summary["answered"] == sum(line["outcome"] == "answered" for line in results)


@pytest.mark.parametrize("line", _CALLS)
def test_a_call_line_prints_what_comes_back(
    line: str,
    folder: Path,
    ports: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert call.main(_command(line, ports)[3:]) == 0
    said = capfd.readouterr()
    assert said.out
    assert not said.err


@pytest.mark.parametrize("line", _WINDOWS)
def test_a_window_line_leaves_a_picture(line: str, folder: Path, ports: tuple[str, str]) -> None:
    _said(_command(line, ports), folder)
    assert (folder / "window.png").stat().st_size > 10_000


def test_the_table_of_sources_names_every_kind() -> None:
    schemes = [kind.scheme for kind in (*KINDS, MICROPHONE) if kind.recognises is None]
    assert not [scheme for scheme in schemes if f"`{scheme}`" not in _README]
