"""Words in the answers about overlapping windows of sound, each of them once."""

from __future__ import annotations

from backend.core.predictions import Classification, ClassScore, Predictions, Text

_SURE = 0.6
_PAUSE_NS = 300_000_000
"""A word that did not win for this long may be heard again."""
_APART_NS = 400_000_000
"""Two words are at least this far from each other: what wins in between is the way to the next."""

_BACKGROUND = frozenset(
    ("", "silence", "unknown", "background", "background_noise", "noise", "other", "nothing",
     "no_speech", "none")
)  # fmt: skip


class HeardWords:
    """Says which word was heard when an answer is the first to be about it.

    Classes that mean nothing was said are no words, and a model that tells speech from silence
    has none. Text is heard whenever it changes, if it is all that the model gives: beside
    numbers, as with a pitch, it only puts them into words.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Another model, or another source."""
        self._word, self._text = "", ""
        self._won_ns = self._heard_ns = 0

    def hear(self, at_ns: int, predictions: Predictions) -> str:
        """The word that an answer about sound up to that moment is the first to hear, else ''."""
        for prediction in predictions:
            if isinstance(prediction, Text) and len(predictions) == 1:
                return self._changed(" ".join(prediction.text.split()))
            if isinstance(prediction, Classification) and prediction.classes:
                if not _is_of_words(prediction.classes):
                    return ""
                best = prediction.classes[0]
                sure = best.score >= _SURE and not _is_background(best)
                return self._won(at_ns, best.label) if sure else ""
        return ""

    def _changed(self, text: str) -> str:
        before, self._text = self._text, text
        return text if text != before else ""

    def _won(self, at_ns: int, word: str) -> str:
        goes_on = word == self._word and at_ns - self._won_ns < _PAUSE_NS
        if not goes_on and at_ns - self._heard_ns < _APART_NS:
            return ""
        self._won_ns = at_ns
        if goes_on:
            return ""
        self._word, self._heard_ns = word, at_ns
        return word


def _is_of_words(classes: tuple[ClassScore, ...]) -> bool:
    """Whether more than one class is something that can be said."""
    return sum(1 for one in classes if not _is_background(one)) > 1


def _is_background(one: ClassScore) -> bool:
    return one.label.strip(" _").replace(" ", "_").casefold() in _BACKGROUND
