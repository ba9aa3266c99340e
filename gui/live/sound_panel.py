"""What a source of sound is shown as: waveform, words heard, level and spectrogram."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from backend.core.samples import AudioBlock, AudioWindow
from backend.core.status import Word
from gui.views.caption import CaptionView
from gui.views.plots import MarksOver, ReadoutLine
from gui.views.sound import LevelMeter, SpectrogramView, WaveformView
from gui.views.words import WordsView
from gui.widgets.elided_label import ElidedLabel
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
        self.caption = CaptionView(palette=palette)
        self.words = WordsView(palette=palette)
        self.marks = tuple(
            MarksOver(view, view, palette) for view in (self.waveform, self.spectrogram)
        )
        self.readout = ReadoutLine(palette=palette)
        self._caption = ElidedLabel("caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addWidget(self._caption)
        column.addLayout(self._captioned_waveform(), 2)
        column.addWidget(self.readout)
        column.addWidget(self.words)
        column.addWidget(self.meter)
        column.addWidget(self.spectrogram, 3)

    def _captioned_waveform(self) -> QGridLayout:
        """Both in one cell, so that the word lies over the waveform whatever its size."""
        cell = QGridLayout()
        cell.addWidget(self.waveform, 0, 0)
        cell.addWidget(self.caption, 0, 0)
        return cell

    def set_bare(self, *, bare: bool) -> None:
        """The sound alone, without the line over it."""
        self._caption.setVisible(not bare)

    def set_caption(self, name: str, facts: str = "") -> None:
        """The line over the sound: what it is and at which rate."""
        self._caption.say(name, facts)

    def add(self, blocks: list[AudioBlock]) -> None:
        """More sound."""
        for block in blocks:
            self.waveform.add(block)
            self.meter.add(block)
            self.spectrogram.add(block)

    def rest(self, resting: bool) -> None:
        """Stay where the sound ends while it is paused."""
        self.waveform.rest(resting=resting)
        self.spectrogram.rest(resting=resting)

    @property
    def played(self) -> tuple[QWidget, QWidget]:
        """What shows the sound that is played, with whose focus keys act on it."""
        return self.waveform, self.spectrogram

    def show_answer(self, sample: AudioWindow) -> None:
        """Mark what the newest answer is about."""
        self.spectrogram.show_window(sample.captured_ns, len(sample.samples) / sample.rate)

    def show_words(self, words: list[Word]) -> None:
        """The newest large over the waveform, all of them in the line under it."""
        self.words.add(words)
        for word in words[-1:]:
            self.caption.show_word(word.label)

    def forget_answers(self) -> None:
        """What was said came from another model."""
        self.caption.clear()
        self.words.clear()
        self.spectrogram.forget_window()

    def tick(self, now_ns: int) -> None:
        """Scroll."""
        self.waveform.tick(now_ns)
        self.meter.tick(now_ns)
        self.spectrogram.tick(now_ns)

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
            *self.marks,
            self.readout,
        ):
            view.set_palette_roles(palette)
