"""Devices that Qt knows best: microphones, and the lists of cameras and microphones."""

from gui.devices.microphone import MICROPHONE, microphone_kind
from gui.devices.qt_sound import QtSound
from gui.devices.sound_input import MicrophoneEntry, SoundInput

__all__ = ["MICROPHONE", "MicrophoneEntry", "QtSound", "SoundInput", "microphone_kind"]
