"""`main.py stream` feeds and reads models that it has never seen."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.models.repository.folders import ModelFolders
from backend.models.repository.registry import ModelRegistry
from backend.models.runtimes.choice import standard_runtimes
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions

MAIN = Path(__file__).resolve().parents[3] / "main.py"


def stream(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, str(MAIN), "stream", *arguments],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.fixture
def rfb(data_dir: Path, tmp_path: Path) -> Iterator[str]:
    """Where a server offers RFB-320 as a plain file."""
    folder = tmp_path / "models" / "rfb" / "1"
    folder.mkdir(parents=True)
    source = data_dir / "models/face_rfb320/version-RFB-320.onnx"
    shutil.copyfile(source, folder / "model.onnx")
    registry = ModelRegistry(folders=ModelFolders([tmp_path / "models"], standard_runtimes()))
    registry.load_all()
    server = EmbeddedServer(registry, ServerOptions())
    server.start()
    yield f"127.0.0.1:{urlsplit(server.rest_url).port},{server.grpc_address.rpartition(':')[2]}"
    server.stop()


def test_an_unknown_model_is_streamed_to_by_a_guess(data_dir: Path, rfb: str) -> None:
    code, lines, errors = stream(
        *("--source", str(data_dir / "photos" / "5.jpg"), "--model", "rfb", "--target", rfb)
    )
    assert code == 0, errors
    assert "profile: input 'input' FP32 [1, 3, 240, 320] looks like an NCHW picture" in errors
    assert "profile: 1x3x240x320 float, picture, NCHW, RGB (pixel - 127) / 128, RFB-like" in errors
    assert {item["label"] for item in lines[0]["predictions"]["detections"]} == {"face"}


def test_a_profile_file_is_used_as_it_is(data_dir: Path, rfb: str, tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text(
        'labels = ["nothing", "somebody"]\n'
        '[input]\nkind = "picture"\nmean = [127]\ndeviation = [128]\n'
        '[output]\nkind = "ssd"\nthreshold = 0.9\niou = 0.3\n'
    )
    asked = ("--source", str(data_dir / "photos" / "5.jpg"), "--model", "rfb", "--target", rfb)
    code, lines, errors = stream(*asked, "--profile", str(file))
    assert code == 0, errors
    found = lines[0]["predictions"]["detections"]
    assert {item["label"] for item in found} == {"somebody"}
    assert all(item["score"] >= 0.9 for item in found)
    file.write_text("[input]\nkind = 'photo'\n")
    code, lines, errors = stream(*asked, "--profile", str(file))
    assert (code, lines) == (2, [])
    assert "profile.toml: [input] kind: expected one of picture" in errors
