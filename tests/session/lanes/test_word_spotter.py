"""Words come out of results once, and only where the profile says that classes are words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.core.choices import RunSettings
from backend.core.predictions import Classification, ClassScore
from backend.core.samples import AudioWindow
from backend.core.status import Result, Word
from backend.core.target import Target
from backend.core.timing import Timeline
from backend.core.traffic import Traffic
from backend.profiles.bundled import profile_for
from backend.profiles.model_profile import ModelProfile
from backend.session.lanes.word_spotter import WordSpotter

DIGITS = profile_for("spoken_digits")
RATE = DIGITS.audio.rate
SILENCE = np.zeros(DIGITS.audio.window, np.float32)


def result(seq: int, score: float, label: str = "seven", *, file: bool = True) -> Result:
    """The answer for a window that starts at `seq` tenths of a second."""
    return Result(
        seq=seq,
        sample=AudioWindow(seq, seq * 100_000_000, SILENCE, RATE, seq / 10 if file else None),
        predictions=(
            Classification((ClassScore(label, score, 7), ClassScore("nothing", 1 - score, 10))),
        ),
        timeline=Timeline({}),
        traffic=Traffic(),
        settings=RunSettings(Target("t"), "spoken_digits"),
    )


def heard(results: list[Result], profile: ModelProfile = DIGITS) -> list[Word]:
    spotter = WordSpotter()
    spotter.expect(profile)
    found = [spotter.add(each) for each in results]
    return [word for word in (*found, spotter.finish()) if word is not None]


SCORES = (0, 0, 0.2, 0.8, 1, 1, 0.7, 0.1, 0, 0, 0)


def test_a_word_is_heard_once_with_its_place_in_the_file() -> None:
    (word,) = heard([result(seq, score) for seq, score in enumerate(SCORES)])
    assert word.label == "seven"
    assert word.score == pytest.approx(2.8 / 3)
    assert word.media_time_s == pytest.approx(0.5 + 0.5)
    assert word.seq == 7


def test_a_live_word_has_no_place_in_a_file() -> None:
    rows = [result(seq, score, file=False) for seq, score in enumerate(SCORES)]
    assert [(word.label, word.media_time_s) for word in heard(rows)] == [("seven", None)]


def test_the_background_is_no_word() -> None:
    assert heard([result(seq, 0.0) for seq in range(20)]) == []


def test_a_model_without_background_says_no_words() -> None:
    activity = profile_for("voice_activity")
    rows = [
        replace(result(seq, score), settings=RunSettings(Target("t"), "voice_activity"))
        for seq, score in enumerate(SCORES)
    ]
    assert heard(rows, activity) == []


def test_several_labels_may_be_background() -> None:
    decoder = replace(DIGITS.decoder, background="nothing, seven")  # type: ignore[type-var]
    rows = [result(seq, score) for seq, score in enumerate(SCORES)]
    assert heard(rows, replace(DIGITS, decoder=decoder)) == []


def test_what_another_model_says_late_does_not_count() -> None:
    late = RunSettings(Target("t"), "other")
    rows = [replace(result(seq, score), settings=late) for seq, score in enumerate(SCORES)]
    assert heard(rows) == []


def test_another_profile_begins_anew() -> None:
    spotter = WordSpotter()
    spotter.expect(DIGITS)
    for seq in range(4):
        assert spotter.add(result(seq, 1.0)) is None
    spotter.expect(replace(DIGITS))
    assert spotter.finish() is None
