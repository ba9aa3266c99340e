"""Counts each spoken word once, although several windows of sound hold it."""

from __future__ import annotations

from backend.core.peaks import Peak, PeakPicker
from backend.core.predictions import Classification
from backend.core.samples import AudioWindow, MediaKind
from backend.core.status import Result, Word
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.classes import ClassDecoder


class WordSpotter:
    """Reads the results of one run in their order; the profile says which classes are no words.

    A model whose profile names no background says no words: its classes are conditions.
    """

    def __init__(self) -> None:
        self._profile: ModelProfile | None = None
        self._background: frozenset[str] = frozenset()
        self._picker = PeakPicker()
        self._newest: AudioWindow | None = None

    def expect(self, profile: ModelProfile) -> None:
        """From now on only this profile's results count."""
        if profile is self._profile:
            return
        self._profile = profile
        self._background = _background(profile)
        self._picker = PeakPicker()

    def add(self, result: Result) -> Word | None:
        """The word that this result completes, if any."""
        profile, sample = self._profile, result.sample
        if not self._background or profile is None or not isinstance(sample, AudioWindow):
            return None
        if result.settings.model != profile.model:
            return None
        self._newest = sample
        scores = {
            each.label: each.score
            for prediction in result.predictions
            if isinstance(prediction, Classification)
            for each in prediction.classes
            if each.label not in self._background
        }
        return self._word(self._picker.add(_middle_s(sample), scores))

    def finish(self) -> Word | None:
        """Nothing follows: the word that was under way, if any."""
        return self._word(self._picker.finish())

    def _word(self, peak: Peak | None) -> Word | None:
        newest = self._newest
        if peak is None or newest is None:
            return None
        in_file = newest.media_time_s is not None
        return Word(peak.label, peak.score, newest.seq, peak.at_s if in_file else None)


def _background(profile: ModelProfile) -> frozenset[str]:
    decoder = profile.decoder
    if profile.kind is not MediaKind.AUDIO or not isinstance(decoder, ClassDecoder):
        return frozenset()
    return frozenset(label.strip() for label in decoder.background.split(",") if label.strip())


def _middle_s(sample: AudioWindow) -> float:
    """The middle of the window: its place in a file, else the moment of its capture."""
    half_s = len(sample.samples) / sample.rate / 2
    if sample.media_time_s is not None:
        return sample.media_time_s + half_s
    return sample.captured_ns / 1e9 - half_s
