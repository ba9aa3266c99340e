"""Sound as it scrolls by: waveform, spectrogram, level."""

from gui.views.sound.level import SILENCE_DB, decibels
from gui.views.sound.scrolling import SHOWN_S, ScrollingSound
from gui.views.sound.views import LevelMeter, SpectrogramView, WaveformView

__all__ = [
    "SHOWN_S",
    "SILENCE_DB",
    "LevelMeter",
    "ScrollingSound",
    "SpectrogramView",
    "WaveformView",
    "decibels",
]
