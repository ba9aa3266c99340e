"""Devices that Qt knows best: microphones, and the lists of cameras and microphones."""

from gui.devices.microphone import MicrophoneSource
from gui.devices.qt_sound import QtSound
from gui.devices.sound_input import NO_MICROPHONE, MicrophoneEntry, SoundInput

__all__ = ["NO_MICROPHONE", "MicrophoneEntry", "MicrophoneSource", "QtSound", "SoundInput"]
