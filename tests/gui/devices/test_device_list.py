"""What the source menu shows under cameras and microphones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from backend.core.errors import SourceError, SourceFault
from backend.sources.cameras.hardware import CameraDevice, CameraEntry
from gui.devices import Capture, OfferedMode, ScreenEntry
from gui.devices.sound_input import MicrophoneEntry, Recording
from gui.state.device_list import DeviceList
from tests.gui.inline_tasks import InlineTasks

T = TypeVar("T")
C920 = CameraEntry("C920", 0, "/dev/video0")
HEADSET = MicrophoneEntry("usb-1", "Headset")
BUILT_IN = MicrophoneEntry("pci-0", "Built-in", default=True)


class Plugged:
    """The machine's devices; opening one would fail the test."""

    def __init__(self) -> None:
        self.listed_cameras: tuple[CameraEntry, ...] = ()
        self.listed_microphones: tuple[MicrophoneEntry, ...] = ()
        self.listed_screens: tuple[ScreenEntry, ...] = ()
        self.listed_windows: tuple[str, ...] = ()
        self.refuse = False

    def cameras(self) -> tuple[CameraEntry, ...]:
        if self.refuse:
            raise OSError("no list")
        return self.listed_cameras

    def device(self) -> CameraDevice:
        raise AssertionError("a list opens no camera")

    def microphones(self) -> tuple[MicrophoneEntry, ...]:
        return self.listed_microphones

    def screens(self) -> tuple[ScreenEntry, ...]:
        return self.listed_screens

    def windows(self) -> tuple[str, ...]:
        return self.listed_windows

    def capture_screen(self, name: str) -> Capture:
        raise AssertionError(f"a list captures no screen: {name}")

    def capture_window(self, title: str) -> Capture:
        raise AssertionError(f"a list captures no window: {title}")

    def modes(self, which: str) -> tuple[OfferedMode, ...]:
        return (OfferedMode(640, 480, 30, "mjpeg"),) if which == "C920" else ()

    def record(self, entry: MicrophoneEntry) -> Recording:
        raise SourceError(SourceFault.REFUSED, f"a list opens no microphone: {entry}")


class LateTasks:
    """Keeps the work until the test lets it run."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def start(
        self,
        name: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.waiting.append(lambda: InlineTasks().start(name, work, done, failed))

    def run(self) -> None:
        self.waiting.pop(0)()


@pytest.fixture
def plugged() -> Plugged:
    return Plugged()


@pytest.fixture
def devices(plugged: Plugged) -> DeviceList:
    return DeviceList(plugged, plugged, plugged, plugged, InlineTasks())


def listed(devices: DeviceList) -> list[tuple[str, str, bool]]:
    return [(offer.spec, offer.title, bool(offer.missing)) for offer in devices.offers()]


def test_devices_are_offered_by_name(devices: DeviceList, plugged: Plugged) -> None:
    plugged.listed_cameras = (C920,)
    plugged.listed_microphones = (BUILT_IN, HEADSET)
    devices.rescan()
    assert listed(devices) == [
        ("webcam:C920", "C920", False),
        ("microphone:Built-in", "Built-in (default)", False),
        ("microphone:Headset", "Headset", False),
    ]


def test_two_of_one_name_are_told_apart(devices: DeviceList, plugged: Plugged) -> None:
    plugged.listed_cameras = (C920, replace(C920, index=2, path="/dev/video2"))
    plugged.listed_microphones = (HEADSET, replace(HEADSET, id="usb-2"))
    devices.rescan()
    assert [spec for spec, _, _ in listed(devices)] == [
        "webcam:/dev/video0",
        "webcam:/dev/video2",
        "microphone:usb-1",
        "microphone:usb-2",
    ]


def test_changed_says_so_once_per_change(devices: DeviceList, plugged: Plugged) -> None:
    changes: list[int] = []
    devices.changed.connect(lambda: changes.append(len(devices.offers())))
    devices.rescan()
    plugged.listed_cameras = (C920,)
    devices.rescan()
    devices.rescan()
    plugged.listed_cameras = ()
    devices.rescan()
    assert changes == [1, 0]


@pytest.mark.parametrize("spec", ["webcam:C920", "microphone:Headset"])
def test_a_chosen_device_that_goes_away_stays_listed_as_missing(
    devices: DeviceList, plugged: Plugged, spec: str
) -> None:
    plugged.listed_cameras, plugged.listed_microphones = (C920,), (HEADSET,)
    devices.rescan()
    devices.keep(spec)
    assert not any(missing for _, _, missing in listed(devices))
    plugged.listed_cameras = plugged.listed_microphones = ()
    devices.rescan()
    assert listed(devices) == [(spec, spec.partition(":")[2], True)]
    plugged.listed_cameras, plugged.listed_microphones = (C920,), (HEADSET,)
    devices.rescan()
    assert not any(missing for _, _, missing in listed(devices))


@pytest.mark.parametrize("spec", ["webcam:0", "webcam:/dev/video0", "webcam", "microphone"])
def test_a_device_chosen_by_another_of_its_names_is_not_missing(
    devices: DeviceList, plugged: Plugged, spec: str
) -> None:
    plugged.listed_cameras, plugged.listed_microphones = (C920,), (HEADSET,)
    devices.rescan()
    devices.keep(spec)
    assert len(devices.offers()) == 2


def test_choosing_something_else_forgets_the_missing_device(devices: DeviceList) -> None:
    devices.keep("webcam:C920")
    assert len(devices.offers()) == 1
    devices.keep("pattern")
    assert devices.offers() == ()


def test_a_change_while_listing_is_looked_at_afterwards(plugged: Plugged) -> None:
    tasks = LateTasks()
    devices = DeviceList(plugged, plugged, plugged, plugged, tasks)
    devices.rescan()
    devices.rescan()
    devices.rescan()
    assert len(tasks.waiting) == 1
    tasks.run()
    plugged.listed_cameras = (C920,)
    tasks.run()
    assert [spec for spec, _, _ in listed(devices)] == ["webcam:C920"]
    assert not tasks.waiting


def test_cameras_that_cannot_be_listed_leave_the_rest(
    devices: DeviceList, plugged: Plugged
) -> None:
    plugged.refuse = True
    plugged.listed_microphones = (HEADSET,)
    devices.rescan()
    assert [spec for spec, _, _ in listed(devices)] == ["microphone:Headset"]


def test_screens_and_windows_are_offered_as_they_are_now(
    devices: DeviceList, plugged: Plugged
) -> None:
    plugged.listed_screens = (
        ScreenEntry("DP-1", 1920, 1080, primary=True),
        ScreenEntry("DP-2", 1280, 800),
    )
    plugged.listed_windows = ("Slides", "x" * 80)
    devices.refresh()
    assert listed(devices) == [
        ("screen", "Screen DP-1", False),
        ("screen:DP-2", "Screen DP-2", False),
        ("window:Slides", "Slides", False),
        (f"window:{'x' * 80}", f"{'x' * 47}…", False),
    ]
    plugged.listed_windows = ()
    devices.keep("window:Slides")
    assert listed(devices)[-1] == ("window:Slides", "Slides", True)


@pytest.mark.parametrize("spec", ["screen:DP-1@64x48+0+0", "screen:64x48+0+0"])
def test_a_region_is_there_as_long_as_its_screen(
    devices: DeviceList, plugged: Plugged, spec: str
) -> None:
    plugged.listed_screens = (ScreenEntry("DP-1", 1920, 1080, primary=True),)
    devices.keep(spec)
    assert listed(devices) == [("screen", "Whole screen", False)]


def test_a_camera_is_the_same_one_in_any_mode(devices: DeviceList, plugged: Plugged) -> None:
    plugged.listed_cameras = (C920,)
    devices.rescan()
    devices.keep("webcam:C920?size=640x480")
    assert listed(devices) == [("webcam:C920", "C920", False)]
    assert devices.modes("C920") == (OfferedMode(640, 480, 30, "mjpeg"),)
