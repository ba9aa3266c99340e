"""How a guess is told: in the guess's own line where there is one, else by its reasons."""

from __future__ import annotations

from typing import cast

from backend.core.samples import MediaKind
from backend.profiles.book import ProfileChoice, ProfileOrigin
from backend.profiles.inputs.recipe import NoInput
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.bundled import PlainTensors
from gui.targets.model_offers import guess_in_words

PROFILE = ModelProfile("m", MediaKind.BYTES, (), (), PlainTensors(), recipe=NoInput())


class Summarised:
    """A choice that sums itself up."""

    reasons = ("a", "b")
    summary = "1x3x416x416 float, picture, YOLOX-like, 80 COCO classes"
    doubts = ("Which colours it takes is assumed.",)


def test_the_reasons_are_told_where_there_is_no_line_for_all() -> None:
    choice = ProfileChoice(PROFILE, ProfileOrigin.GUESSED, ("a picture", "a row for each box"))
    assert guess_in_words(choice) == ("a picture; a row for each box", ())


def test_the_line_for_all_and_what_is_assumed_go_first() -> None:
    found = guess_in_words(cast("ProfileChoice", Summarised()))
    assert found == (Summarised.summary, Summarised.doubts)
