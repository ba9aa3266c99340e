"""A screen as a source: scripted for its states, and a real one on an X server of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.samples import Frame
from backend.core.tensors import Array
from backend.sources.kind import SourceOptions
from gui.devices import Region, ScreenEntry, ScreenPart, ScreenSource, screen_kinds, screen_part
from tests.sources.reading import read_until_error, read_until_item
from tests.x_server import x_server

_ROOT = Path(__file__).resolve().parents[3]
_OPTIONS = SourceOptions(loop=True)


class ScriptedCapture:
    """Gives the pictures that a test queues."""

    def __init__(self) -> None:
        self.pictures: list[Array] = []
        self.failure = ""
        self.open_now = 1

    def newest(self) -> Array | None:
        return self.pictures.pop(0) if self.pictures else None

    def close(self) -> None:
        self.open_now -= 1


class ScriptedScreens:
    """Remembers what was asked for."""

    def __init__(self) -> None:
        self.capture = ScriptedCapture()
        self.wanted: list[str] = []

    def screens(self) -> tuple[ScreenEntry, ...]:
        return ()

    def windows(self) -> tuple[str, ...]:
        return ()

    def capture_screen(self, name: str) -> ScriptedCapture:
        self.wanted.append(f"screen {name}")
        return self.capture

    def capture_window(self, title: str) -> ScriptedCapture:
        self.wanted.append(f"window {title}")
        return self.capture


def picture(value: int, width: int = 64, height: int = 48) -> Array:
    """BGRX with blue at `value`, and red at twice as much."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 0], pixels[..., 2] = value, 2 * value
    return pixels


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.mark.parametrize(
    ("argument", "part"),
    [
        ("", ScreenPart()),
        ("HDMI-1", ScreenPart("HDMI-1")),
        ("640x480+10+20", ScreenPart("", Region(640, 480, 10, 20))),
        ("HDMI-1@640x480+0+0", ScreenPart("HDMI-1", Region(640, 480, 0, 0))),
        ("0x480+10+20", ScreenPart("0x480+10+20")),
    ],
)
def test_a_part_of_a_screen_is_written_as_it_is_read(argument: str, part: ScreenPart) -> None:
    assert screen_part(argument) == part
    assert str(part) == argument


def test_pictures_come_as_rgb_with_the_size_of_the_screen(stop: threading.Event) -> None:
    capture = ScriptedCapture()
    capture.pictures = [picture(10), picture(20)]
    with closing(ScreenSource("Screen", lambda: capture)) as source:
        info = source.open(stop)
        assert (info.width, info.height, info.live) == (64, 48, True)
        frames = [read_until_item(source, stop) for _ in range(2)]
    assert [(f.seq, f.pixels[0, 0].tolist()) for f in frames if isinstance(f, Frame)] == [
        (0, [20, 0, 10]),
        (1, [40, 0, 20]),
    ]
    assert capture.open_now == 0


def test_a_picture_that_stays_as_it_is_comes_again(stop: threading.Event) -> None:
    capture = ScriptedCapture()
    capture.pictures = [picture(10)]
    with closing(ScreenSource("Screen", lambda: capture)) as source:
        source.open(stop)
        first, again = read_until_item(source, stop), read_until_item(source, stop)
    assert isinstance(first, Frame)
    assert isinstance(again, Frame)
    assert again.pixels is first.pixels
    assert again.seq == first.seq + 1
    assert again.captured_ns > first.captured_ns


def test_a_region_is_cut_out(stop: threading.Event) -> None:
    screens = ScriptedScreens()
    whole = picture(0)
    whole[20:30, 10:26] = 200
    screens.capture.pictures = [whole]
    kind, _ = screen_kinds(screens)
    with closing(kind.make("HDMI-1@16x10+10+20", _OPTIONS)) as source:
        info = source.open(stop)
        frame = read_until_item(source, stop)
    assert screens.wanted == ["screen HDMI-1"]
    assert (info.name, info.width, info.height) == ("16 × 10 + 10 + 20", 16, 10)
    assert isinstance(frame, Frame)
    assert (frame.pixels == 200).all()


def test_a_region_outside_of_the_screen_names_its_size(stop: threading.Event) -> None:
    capture = ScriptedCapture()
    capture.pictures = [picture(10)]
    region = Region(16, 10, 64, 0)
    outside = pytest.raises(SourceError, match=r"16x10\+64\+0 lies outside.*64 x 48")
    with closing(ScreenSource("Screen", lambda: capture, region)) as source, outside:
        source.open(stop)


def test_nothing_to_see_and_an_end_are_told_apart(stop: threading.Event) -> None:
    capture = ScriptedCapture()
    with closing(ScreenSource("Screen", lambda: capture, first_within_s=0.0)) as source:
        with pytest.raises(SourceError) as silent:
            source.open(stop)
        assert silent.value.fault is SourceFault.SILENT
    capture.pictures = [picture(10)]
    with closing(ScreenSource("Screen", lambda: capture)) as source:
        source.open(stop)
        capture.failure = "The window was closed."
        with pytest.raises(SourceError, match="The window was closed") as lost:
            read_until_error(source, stop)
        assert lost.value.fault is SourceFault.LOST


def test_a_window_needs_a_title(stop: threading.Event) -> None:
    screens = ScriptedScreens()
    screens.capture.pictures = [picture(10)]
    _, kind = screen_kinds(screens)
    with pytest.raises(UsageError, match="window:TITLE"):
        kind.make("", _OPTIONS)
    with closing(kind.make("Slides: part 2", _OPTIONS)) as source:
        source.open(stop)
    assert screens.wanted == ["window Slides: part 2"]


@pytest.fixture
def display(program: Callable[[str], str]) -> Iterator[str]:
    """An X server of our own."""
    with x_server(program("Xvfb"), "400x300") as name:
        yield name


@pytest.mark.window
def test_a_real_screen_is_seen_as_it_is(display: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.devices.screen_probe"],
        cwd=_ROOT,
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "screens": [[400, 300]],
        "whole": [400, 300, [200, 40, 20]],
        "region": [40, 30, [200, 40, 20]],
        "nobody": "absent",
    }
