"""Devices that Qt knows best: microphones, screens, and what cameras and microphones there are."""

from gui.devices.camera_modes import CameraModes, OfferedMode, QtCameraModes
from gui.devices.microphone import MICROPHONE, microphone_kind
from gui.devices.qt_screens import QtScreens
from gui.devices.qt_sound import QtSound
from gui.devices.screen import SCREEN, WINDOW, ScreenSource, screen_kinds
from gui.devices.screen_input import (
    Capture,
    Region,
    ScreenEntry,
    ScreenInput,
    ScreenPart,
    screen_part,
)
from gui.devices.sound_input import MicrophoneEntry, SoundInput

__all__ = [
    "MICROPHONE",
    "SCREEN",
    "WINDOW",
    "CameraModes",
    "Capture",
    "MicrophoneEntry",
    "OfferedMode",
    "QtCameraModes",
    "QtScreens",
    "QtSound",
    "Region",
    "ScreenEntry",
    "ScreenInput",
    "ScreenPart",
    "ScreenSource",
    "SoundInput",
    "microphone_kind",
    "screen_kinds",
    "screen_part",
]
