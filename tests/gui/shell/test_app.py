"""The program itself, as it is started: a picture run with everything real but the screen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

_ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.window, pytest.mark.slow]


def picture_run(tmp_path: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """`main.py --screenshot` on the offscreen platform."""
    picture = tmp_path / "window.png"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(
        [sys.executable, "main.py", "--screenshot", str(picture), *options],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run, picture


def test_a_picture_run_streams_draws_sums_up_and_exits_0(tmp_path: Path) -> None:
    run, picture = picture_run(tmp_path, "--seconds", "2", "--size", "1000x700")
    assert run.returncode == 0, run.stderr
    assert "answered" in run.stdout
    assert str(picture) in run.stdout
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1000, 700)
    colors = {image.pixel(x, y) for x in range(0, 600, 5) for y in range(180, 400, 5)}
    assert len(colors) > 60, "no picture was drawn"
    assert "Traceback" not in run.stderr


def test_a_source_that_is_not_there_exits_2(tmp_path: Path) -> None:
    run, _ = picture_run(tmp_path, "--seconds", "2", "--source", "/nowhere/film.mp4")
    assert run.returncode == 2
    assert "/nowhere/film.mp4" in run.stdout


def test_switches_that_do_not_go_together_exit_2(tmp_path: Path) -> None:
    run, _ = picture_run(tmp_path, "--transport", "grpc", "--serialization", "json")
    assert run.returncode == 2
    assert "json belongs to REST" in run.stderr


def test_a_target_that_does_not_answer_exits_3(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        run, picture = picture_run(tmp_path, "--seconds", "2", "--target", f"127.0.0.1:,{port}")
    assert run.returncode == 3
    assert picture.is_file()
