"""The program itself, in a real window on an X server, with a microphone that hears speech."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.core.tensors import Datatype
from backend.gallery import Gallery, GalleryList, fetchers_for, read_catalogue
from backend.wire.media.opencv import cv2
from tests.models.onnx_folders import identity
from tests.real_sources import pulse_microphone, speak
from tests.x_server import x_server

MAIN = Path(__file__).resolve().parents[3] / "main.py"


@pytest.fixture
def display(program: Callable[[str], str]) -> Iterator[str]:
    """A display of an X server of our own."""
    with x_server(program("Xvfb"), "1280x800") as name:
        yield name


def picture_run(
    picture: Path, environment: dict[str, str], *arguments: str, timeout_s: float = 60
) -> tuple[int, dict[str, str]]:
    """Run with --screenshot; the exit code and the summary's rows."""
    done = subprocess.run(
        [sys.executable, str(MAIN), "--screenshot", str(picture), "--seconds", "4", *arguments],
        env={**environment, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    rows = (line.split(None, 1) for line in done.stdout.splitlines())
    return done.returncode, {row[0]: row[1] for row in rows if len(row) == 2}


def colours(picture: Path) -> int:
    """How many different colours a picture has: an empty window has few."""
    pixels = cv2.imread(str(picture))
    assert pixels is not None
    return len({bytes(pixel) for row in pixels[::7] for pixel in row[::7]})


@pytest.mark.window
def test_the_window_streams_the_pattern_and_saves_its_picture(display: str, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    code, rows = picture_run(picture, {**os.environ, "DISPLAY": display}, "--model", "shapes")
    assert code == 0
    assert int(rows["answered"].split()[0]) > 30
    assert rows["failed"] == "0"
    assert colours(picture) > 200


@pytest.mark.window
def test_the_window_streams_to_a_model_that_it_is_opened_with(display: str, tmp_path: Path) -> None:
    picture, models = tmp_path / "window.png", tmp_path / "models"
    made = identity(tmp_path / "made", Datatype.FP32, [1, 3, 32, 32])
    environment = {**os.environ, "DISPLAY": display, "INFERDECK_MODELS": str(models)}
    code, rows = picture_run(picture, environment, str(made / "1" / "model.onnx"))
    assert code == 0
    assert int(rows["answered"].split()[0]) > 10
    assert rows["failed"] == "0"
    assert not models.exists(), "a picture run leaves no models behind"


@pytest.mark.window
@pytest.mark.slow
def test_a_run_to_a_model_of_a_repository_begins_once_it_is_loaded(
    display: str, tmp_path: Path, data_dir: Path
) -> None:
    catalogue, models = read_catalogue(), tmp_path / "models"
    gallery = Gallery(catalogue, models, fetchers_for(folder=data_dir / "models"))
    for entry in catalogue.of(GalleryList.DEMO):
        gallery.get(entry.name)
    picture = tmp_path / "window.png"
    code, rows = picture_run(
        picture,
        {**os.environ, "DISPLAY": display},
        *("--model-repository", str(models), "--model", "yunet"),
        *("--source", str(data_dir / "photos")),
        timeout_s=300,
    )
    assert code == 0
    assert int(rows["answered"].split()[0]) > 3
    assert rows["failed"] == "0"


@pytest.mark.window
@pytest.mark.sound
def test_the_window_hears_speech_through_a_microphone(
    display: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    for name in ("pulseaudio", "paplay", "pactl", "espeak-ng"):
        program(name)
    spoken = speak("One two three four five six seven eight nine ten. " * 3, tmp_path / "said.wav")
    picture = tmp_path / "window.png"
    with pulse_microphone(tmp_path, spoken) as microphone:
        code, rows = picture_run(
            picture,
            {**microphone.environment, "DISPLAY": display},
            *("--source", f"microphone:{microphone.name}", "--model", "voice_activity"),
        )
    assert code == 0
    assert int(rows["answered"].split()[0]) > 10
    assert rows["failed"] == "0"
    assert colours(picture) > 100
