"""The webcam's states, played by a scripted device: no camera is needed, and none is touched."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.samples import Frame
from backend.core.tensors import Array
from backend.sources.cameras.hardware import (
    NO_CAMERA,
    CameraDevice,
    CameraEntry,
    CameraMode,
    camera_argument,
    camera_mode,
    find_camera,
    which_camera,
)
from backend.sources.cameras.opencv_camera import OpenCvCamera, OpenCvCameras
from backend.sources.cameras.webcam import WEBCAM, WebcamSource
from backend.sources.kind import SourceOptions
from tests.sources.reading import mean, read_until_error, read_until_item
from tests.waiting import WAIT_S, wait_for

C920 = CameraEntry("C920", 0, "/dev/video0")
OTHER = CameraEntry("Other", 2, "/dev/video2")


class ScriptedCameras:
    """Cameras that are plugged, unplugged, muted and held by others as a test says."""

    def __init__(self, *plugged: CameraEntry) -> None:
        self.plugged = plugged
        self.refusal: SourceError | None = None
        self.silent = threading.Event()
        self.opening_may_end = threading.Event()
        self.opening_may_end.set()
        self.pictures_per_s = 200
        self.given = 0
        self.opened: list[tuple[CameraEntry, CameraMode]] = []
        self.open_now = 0

    def cameras(self) -> tuple[CameraEntry, ...]:
        return self.plugged

    def device(self) -> CameraDevice:
        return ScriptedDevice(self)


class ScriptedDevice:
    """One of them; picture n has the grey value n."""

    def __init__(self, cameras: ScriptedCameras) -> None:
        self._cameras = cameras
        self._entry: CameraEntry | None = None
        self._number = 0

    def open(self, entry: CameraEntry, mode: CameraMode) -> float:
        self._cameras.opening_may_end.wait(WAIT_S)
        if self._cameras.refusal is not None:
            raise self._cameras.refusal
        assert self._cameras.open_now == 0, "a camera opens only once at a time"
        self._cameras.open_now += 1
        self._cameras.opened.append((entry, mode))
        self._entry = entry
        return float(mode.fps)

    def read(self) -> Array | None:
        time.sleep(1 / self._cameras.pictures_per_s)
        if self._cameras.silent.is_set() or self._entry not in self._cameras.plugged:
            return None
        self._number += 1
        self._cameras.given = self._number
        return np.full((48, 64, 3), self._number % 256, np.uint8)

    def close(self) -> None:
        if self._entry is not None:
            self._entry = None
            self._cameras.open_now -= 1


@pytest.fixture
def cameras() -> ScriptedCameras:
    return ScriptedCameras(C920, OTHER)


@pytest.fixture
def webcam(cameras: ScriptedCameras) -> Iterator[WebcamSource]:
    with closing(
        WebcamSource("C920", system=cameras, first_within_s=WAIT_S, silent_after_s=WAIT_S)
    ) as source:
        yield source


@pytest.fixture
def impatient(cameras: ScriptedCameras) -> Iterator[WebcamSource]:
    """Takes a camera for silent that has given nothing for a moment."""
    with closing(
        WebcamSource("C920", system=cameras, first_within_s=0.4, silent_after_s=0.4)
    ) as source:
        yield source


def fault_of(source: WebcamSource, stop: threading.Event) -> SourceFault:
    with pytest.raises(SourceError) as caught:
        source.open(stop)
    assert caught.value.message
    return caught.value.fault


def test_making_a_source_opens_nothing(cameras: ScriptedCameras) -> None:
    info = WebcamSource("C920", system=cameras).info
    assert info.live
    assert info.name == "C920"
    assert not cameras.opened


def test_an_open_camera_tells_its_size_and_rate(
    webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    info = webcam.open(stop)
    assert (info.name, info.width, info.height, info.rate) == ("C920", 64, 48, 30.0)
    assert cameras.opened == [(C920, CameraMode(1280, 720, 30))]


def test_the_newest_picture_is_given_to_a_slow_reader(
    webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    webcam.open(stop)
    first = read_until_item(webcam, stop)
    read_ns = time.monotonic_ns()
    given = cameras.given
    wait_for(lambda: cameras.given >= given + 10)
    second = read_until_item(webcam, stop)
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert second.seq > first.seq + 5
    assert mean(second.pixels) == (second.seq + 1) % 256
    assert second.captured_ns > read_ns


def test_absent(webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event) -> None:
    cameras.plugged = (OTHER,)
    assert fault_of(webcam, stop) is SourceFault.ABSENT


@pytest.mark.parametrize("fault", [SourceFault.BUSY, SourceFault.REFUSED])
def test_busy_and_refused(
    webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event, fault: SourceFault
) -> None:
    cameras.refusal = SourceError(fault, "No.")
    assert fault_of(webcam, stop) is fault


def test_opening_can_be_cancelled_and_the_camera_is_let_go_later(
    webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    cameras.opening_may_end.clear()
    threading.Timer(0.1, stop.set).start()
    webcam.open(stop)
    webcam.close()
    assert not cameras.opened, "the driver is still opening it"
    cameras.opening_may_end.set()
    webcam.open(threading.Event())
    assert cameras.open_now == 1


def test_a_driver_that_never_lets_go_makes_the_camera_busy(
    webcam: WebcamSource,
    cameras: ScriptedCameras,
    stop: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.sources.cameras.live._LET_GO_S", 0.1)
    cameras.opening_may_end.clear()
    stop.set()
    webcam.open(stop)
    webcam.close()
    assert fault_of(webcam, threading.Event()) is SourceFault.BUSY
    cameras.opening_may_end.set()


def test_a_camera_that_gives_nothing_at_first_is_silent(
    impatient: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    cameras.silent.set()
    assert fault_of(impatient, stop) is SourceFault.SILENT


def test_a_silent_camera_gives_none_and_then_asks_to_be_opened_again(
    impatient: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    impatient.open(stop)
    cameras.silent.set()
    with pytest.raises(SourceError, match="C920 is open but") as caught:
        read_until_error(impatient, stop)
    assert caught.value.fault is SourceFault.SILENT


def test_a_short_silence_passes(
    webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    webcam.open(stop)
    cameras.silent.set()
    while webcam.read(stop) is not None:
        pass
    cameras.silent.clear()
    assert read_until_item(webcam, stop) is not None


def test_lost_and_back_at_another_place(
    webcam: WebcamSource, cameras: ScriptedCameras, stop: threading.Event
) -> None:
    webcam = WebcamSource("C920", system=cameras, silent_after_s=5.0)
    webcam.open(stop)
    cameras.plugged = (OTHER,)
    with pytest.raises(SourceError, match="unplugged") as caught:
        read_until_error(webcam, stop)
    assert caught.value.fault is SourceFault.LOST
    webcam.close()
    assert fault_of(webcam, stop) is SourceFault.ABSENT
    webcam.close()

    cameras.plugged = (OTHER, replace(C920, index=4, path="/dev/video4"))
    webcam.open(stop)
    assert read_until_item(webcam, stop) is not None
    assert cameras.opened[-1][0].index == 4
    webcam.close()
    assert cameras.open_now == 0


@pytest.mark.parametrize("wanted", ["", "0"])
def test_another_camera_never_takes_the_place_of_a_lost_one(
    cameras: ScriptedCameras, stop: threading.Event, wanted: str
) -> None:
    webcam = WebcamSource(wanted, system=cameras)
    assert webcam.open(stop).name == "C920"
    webcam.close()
    cameras.plugged = (replace(OTHER, index=0, path="/dev/video0"),)
    assert fault_of(webcam, stop) is SourceFault.ABSENT
    webcam.close()


@pytest.mark.parametrize("wanted", ["Other", "other", "2", "/dev/video2"])
def test_cameras_are_found_by_name_number_and_path(wanted: str) -> None:
    assert find_camera(wanted, (C920, OTHER)) is OTHER


def test_the_first_camera_is_meant_by_nothing() -> None:
    assert find_camera("", (C920, OTHER)) is C920


def test_an_unknown_camera_lists_the_known_ones() -> None:
    with pytest.raises(SourceError) as caught:
        find_camera("Third", (C920, OTHER))
    assert "0: C920, 2: Other" in caught.value.hint


def test_no_camera_at_all_points_to_what_works_without() -> None:
    with pytest.raises(SourceError, match=NO_CAMERA):
        find_camera("", ())


def test_listing_the_cameras_of_this_machine_works() -> None:
    for entry in OpenCvCameras().cameras():
        assert entry.name
        assert entry.index >= 0


def test_a_camera_that_is_not_there_is_absent() -> None:
    entry = CameraEntry("Gone", 97, "/dev/video97")
    with pytest.raises(SourceError) as caught:
        OpenCvCamera().open(entry, CameraMode())
    assert caught.value.fault in (SourceFault.ABSENT, SourceFault.BUSY)


@pytest.mark.parametrize(
    ("argument", "which", "mode"),
    [
        ("", "", CameraMode()),
        ("C920", "C920", CameraMode()),
        ("Who? Me", "Who? Me", CameraMode()),
        ("C920?size=640x480", "C920", CameraMode(640, 480)),
        ("?fps=60", "", CameraMode(fps=60)),
        (
            "/dev/video2?size=1920x1080&fps=15&format=mjpeg",
            "/dev/video2",
            CameraMode(1920, 1080, 15, "mjpeg"),
        ),
    ],
)
def test_a_mode_stands_behind_the_name_of_a_camera(
    argument: str, which: str, mode: CameraMode
) -> None:
    assert which_camera(argument) == which
    assert camera_mode(argument) == mode
    assert camera_argument(which, mode) == argument


@pytest.mark.parametrize(
    "mode", ["size=640", "size=0x480", "fps=", "fps=many", "format=tiff", "fps=30&zoom=2"]
)
def test_what_is_no_mode_is_refused_with_what_is_expected(mode: str) -> None:
    with pytest.raises(UsageError, match="size=WIDTHxHEIGHT"):
        WEBCAM.make(f"C920?{mode}", SourceOptions(loop=True))


def test_a_camera_is_opened_in_the_mode_that_was_chosen() -> None:
    cameras = ScriptedCameras(C920)
    mode = CameraMode(640, 480, 60, "yuyv")
    with closing(WebcamSource("C920", mode=mode, system=cameras)) as source:
        source.open(threading.Event())
    assert cameras.opened == [(C920, mode)]
