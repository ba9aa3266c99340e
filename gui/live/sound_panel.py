"""What a source of sound is shown as: words heard, waveform, level and spectrogram."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from backend.core.predictions import Predictions
from backend.core.samples import AudioBlock, AudioWindow
from gui.state.heard_words import HeardWords
from gui.views.caption import CaptionView
from gui.views.sound import LevelMeter, SpectrogramView, WaveformView
from gui.views.words import WordsView
from gui.widgets.language import tr
from gui.widgets.theme import GAP, Palette


class SoundPanel(QWidget):
    """Takes the preview's place while the source gives sound."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAccessibleName(tr("Sound"))
        self.waveform = WaveformView(palette=palette)
        self.meter = LevelMeter(palette=palette)
        self.spectrogram = SpectrogramView(palette=palette)
        self.words = WordsView(palette=palette)
        self._caption = QLabel()
        self._caption.setProperty("role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addWidget(self._caption)
        column.addWidget(self.words)
        column.addWidget(self.waveform, 2)
        column.addWidget(self.meter)
        column.addWidget(self.spectrogram, 3)
        self.caption = CaptionView(self, palette)
        self._heard = HeardWords()

    def set_caption(self, text: str) -> None:
        """The line over the sound: what it is and at which rate."""
        self._caption.setText(text)

    def add(self, blocks: list[AudioBlock]) -> None:
        """More sound."""
        for block in blocks:
            self.waveform.add(block)
            self.meter.add(block)
            self.spectrogram.add(block)

    def show_answer(self, sample: AudioWindow) -> None:
        """Mark what the newest answer is about."""
        self.spectrogram.show_window(sample.captured_ns, len(sample.samples) / sample.rate)

    def hear(self, captured_ns: int, predictions: Predictions, now_ns: int) -> None:
        """Show a word when an answer about sound is the first to hear it; take every answer."""
        if word := self._heard.hear(captured_ns, predictions):
            self.caption.setGeometry(self.waveform.geometry())
            self.caption.say(word, now_ns)

    def forget_answers(self) -> None:
        """What was said came from another model."""
        self._heard.clear()
        self.caption.clear()
        self.spectrogram.forget_window()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The caption lies over the waveform."""
        super().resizeEvent(event)
        self.caption.setGeometry(self.waveform.geometry())

    def tick(self, now_ns: int) -> None:
        """Scroll."""
        self.waveform.tick(now_ns)
        self.meter.tick(now_ns)
        self.spectrogram.tick(now_ns)
        self.caption.tick(now_ns)

    def clear(self) -> None:
        """Forget everything, for another source."""
        self.waveform.clear()
        self.meter.clear()
        self.spectrogram.clear()

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        for view in (
            self.waveform,
            self.meter,
            self.spectrogram,
            self.caption,
            self.words,
        ):
            view.set_palette_roles(palette)
