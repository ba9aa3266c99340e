"""Sound as it scrolls by: waveform, spectrogram, level."""

from gui.views.sound.views import LevelMeter, SpectrogramView, WaveformView

__all__ = ["LevelMeter", "SpectrogramView", "WaveformView"]
