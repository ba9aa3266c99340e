"""A profile goes with a model's configuration from our server to a client, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.book import ProfileBook, ProfileOrigin
from backend.profiles.file import read_profile
from backend.profiles.guess import guess
from backend.profiles.in_config import (
    LABELS,
    MOST_CHARACTERS,
    PARAMETER,
    labels_in_config,
    labels_text,
    profile_in_config,
    profile_text,
)
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.bundled import PlainTensors
from tests.profiles.gallery.running import GALLERY

INPUTS = (TensorSpec("input", Datatype.UINT8, (1, 192, 192, 3)),)
OUTPUTS = (TensorSpec("output_0", Datatype.FP32, (1, 1, 17, 3)),)
DESCRIPTION = ModelDescription("body", INPUTS, OUTPUTS)
PROFILE = replace(
    read_profile(GALLERY / "movenet" / "profile.toml"), model="body", inputs=INPUTS, outputs=OUTPUTS
)


def config(text: object) -> dict[str, object]:
    """As a server gives it in JSON."""
    return {"name": "body", "parameters": {PARAMETER: {"string_value": text}}}


def test_a_profile_comes_back_whole_with_the_tensors_of_the_model() -> None:
    assert profile_in_config(config(profile_text(PROFILE)), DESCRIPTION) == PROFILE
    found = guess(DESCRIPTION, config(profile_text(PROFILE)))
    assert (found.profile, found.given) == (PROFILE, True)


def test_it_is_no_guess(tmp_path: object) -> None:
    book = ProfileBook(tmp_path)  # type: ignore[arg-type]
    choice = book.find("target", DESCRIPTION, config(profile_text(PROFILE)))
    assert choice.origin is ProfileOrigin.BUNDLED
    assert choice.reasons == ("the server has a profile.toml of this model",)


@pytest.mark.parametrize(
    "given", [{}, {"parameters": []}, {"parameters": {PARAMETER: "x"}}, config(7), config("")]
)
def test_no_profile(given: dict[str, object]) -> None:
    assert profile_in_config(given, DESCRIPTION) is None


@pytest.mark.parametrize("text", ["version = 99", "[", "x" * (MOST_CHARACTERS + 1)])
def test_one_that_is_wrong_is_named_and_guessed_instead(text: str) -> None:
    with pytest.raises(UsageError, match=PARAMETER):
        profile_in_config(config(text), DESCRIPTION)
    found = guess(DESCRIPTION, config(text))
    assert not found.given
    assert PARAMETER in found.doubts[0]
    assert found.profile == guess(DESCRIPTION).profile


def test_class_names_without_a_profile_are_those_of_a_guess() -> None:
    description = ModelDescription(
        "pets", INPUTS, (TensorSpec("probabilities", Datatype.FP32, (1, 3)),)
    )
    names = ("cat", "", "dog, big")
    shown = {"parameters": {LABELS: {"string_value": labels_text(names)}}}
    assert labels_in_config(shown) == names
    assert guess(description, shown).profile.labels == names
    assert guess(description, shown, ("a", "b", "c")).profile.labels == ("a", "b", "c")


@pytest.mark.parametrize("given", [{}, {"parameters": {LABELS: 1}}, {"parameters": {LABELS: {}}}])
def test_no_class_names(given: dict[str, object]) -> None:
    assert labels_in_config(given) == ()


@pytest.mark.parametrize("names", [("a\nb",), ("x" * 1024,) * 1025, ()])
def test_class_names_that_cannot_be_shown(names: tuple[str, ...]) -> None:
    assert labels_text(names) == ""


def test_a_profile_that_is_too_long_or_no_file_is_not_shown() -> None:
    assert profile_text(replace(PROFILE, labels=("x" * 200,) * 6000)) == ""

    class Other(PlainTensors):
        """Of no name."""

    other = ModelProfile("m", MediaKind.IMAGE, (), (), Other())
    assert profile_text(other) == ""


@pytest.mark.parametrize(
    "sound",
    [
        "rate = 16000\nwindow_s = 1e9\nhop_s = 1.0",
        "rate = 16000\nwindow_s = 1.0\nhop_s = 0.0",
        "rate = 16000\nwindow_s = nan\nhop_s = 1.0",
        "rate = 2000000000\nwindow_s = 1.0\nhop_s = 0.1",
        "rate = -1\nwindow_s = -1.0\nhop_s = -1.0",
    ],
)
def test_windows_that_fit_into_no_memory_or_never_end_are_refused(sound: str) -> None:
    text = f'[sound]\n{sound}\n[input]\nkind = "sound"\n[output]\nkind = "classes"\n'
    with pytest.raises(UsageError, match=r"\[sound\]"):
        profile_in_config(config(text), DESCRIPTION)
