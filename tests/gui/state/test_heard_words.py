"""Words are heard once each, however many windows of sound they are in."""

from __future__ import annotations

import pytest

from backend.core.predictions import (
    Classification,
    ClassScore,
    Predictions,
    Scalar,
    Scalars,
    Text,
)
from gui.state.heard_words import HeardWords

_STEP_NS = 100_000_000


def answer(best: str, score: float = 0.9) -> Predictions:
    names = [best, *(name for name in ("one", "two", "_silence_") if name != best)]
    scores = [score, *((1 - score) / 2 for _ in names[1:])]
    pairs = enumerate(zip(names, scores, strict=True))
    return (Classification(tuple(ClassScore(name, part, at) for at, (name, part) in pairs)),)


def heard(*answers: Predictions) -> list[str]:
    words = HeardWords()
    found = (words.hear(10**12 + at * _STEP_NS, one) for at, one in enumerate(answers))
    return [word for word in found if word]


def test_a_word_in_many_windows_is_heard_once() -> None:
    silence = answer("_silence_")
    assert heard(silence, *[answer("one")] * 8, *[silence] * 8) == ["one"]


def test_a_word_that_is_said_again_is_heard_again() -> None:
    silence = answer("_silence_")
    once = [*[answer("one")] * 4, *[silence] * 4]
    assert heard(*once, *once, *once) == ["one"] * 3


def test_words_in_a_row_are_all_heard() -> None:
    assert heard(*[answer("one")] * 5, *[answer("two")] * 5) == ["one", "two"]


def test_a_window_that_wavers_makes_no_word_of_its_own() -> None:
    one, two = answer("one"), answer("two")
    assert heard(one, two, one, one, answer("_silence_"), one) == ["one"]


def test_what_is_not_sure_or_nothing_is_no_word() -> None:
    assert heard(answer("one", 0.5), *[answer("_silence_")] * 3) == []


@pytest.mark.parametrize("background", ["silence", "_unknown_", "background_noise", "No speech"])
def test_speech_and_its_absence_are_no_words(background: str) -> None:
    classes = (ClassScore("speech", 0.9, 0), ClassScore(background, 0.1, 1))
    assert heard(*[(Classification(classes),)] * 5) == []


def test_text_is_heard_when_it_changes_unless_it_words_numbers() -> None:
    assert heard((Text("hello "),), (Text("hello"),), (Text("hello you"),)) == [
        "hello",
        "hello you",
    ]
    pitch = Scalars((Scalar("frequency", 440, "Hz", 60, 1500),))
    assert heard((pitch, Text("A4 +0 cents")), (pitch, Text("A4 +1 cents"))) == []


def test_another_model_is_heard_from_the_beginning() -> None:
    words = HeardWords()
    assert words.hear(1, answer("one")) == ""  # no time has passed
    words = HeardWords()
    assert words.hear(10**12, answer("one")) == "one"
    words.clear()
    assert words.hear(10**12 + 1, answer("one")) == "one"
