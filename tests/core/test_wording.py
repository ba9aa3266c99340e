"""English to all who know no better, and template and values to who can translate."""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest

from backend.core.errors import TargetError
from backend.core.wording import Wording, as_text, joined, listed

LATE = Wording("No reply from {at} in {seconds} s.", at="lab:8000", seconds=2.5)


def test_it_is_its_english_text() -> None:
    assert LATE == "No reply from lab:8000 in 2.5 s."
    assert json.dumps(LATE) == '"No reply from lab:8000 in 2.5 s."'
    assert Wording("Write {name}", name="{braces}") == "Write {braces}"
    assert Wording("As it {is}") == "As it {is}"


def test_template_and_values_survive_a_copy_and_another_process() -> None:
    for again in (copy.deepcopy(LATE), pickle.loads(pickle.dumps(LATE))):
        assert again == LATE
        assert (again.template, again.values) == (LATE.template, LATE.values)


def test_an_error_keeps_what_its_sentences_were_made_from() -> None:
    said = str(TargetError(LATE, Wording("Try again.")))
    assert said == "No reply from lab:8000 in 2.5 s. Try again."
    assert isinstance(said, Wording)


def test_parts_are_put_together() -> None:
    assert joined("One", "two!", "Three.") == "One. two! Three."
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed([]) == ""


def test_an_encoder_writes_it_as_the_text_that_it_is() -> None:
    said = Wording("No reply from {at}.", at="host:1")
    assert msgspec.json.encode([said], enc_hook=as_text) == b'["No reply from host:1."]'
    with pytest.raises(NotImplementedError):
        as_text(object())
