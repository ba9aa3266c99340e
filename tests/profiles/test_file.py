"""Profiles go into files and come back as they were; a slip is named by its table and key."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import UsageError
from backend.core.samples import MediaKind
from backend.core.tensors import Datatype
from backend.profiles.bundled import BUNDLED
from backend.profiles.file import (
    profile_from_toml,
    profile_to_toml,
    read_profile,
    write_profile,
)
from backend.profiles.inputs.constants import ConstantInput
from backend.profiles.inputs.pictures import Colours, PictureRecipe
from backend.profiles.kinds import DECODERS, RECIPES, explanation
from backend.profiles.model_profile import ModelProfile
from backend.profiles.options import options_of
from backend.profiles.outputs.yunet import YunetDecoder
from tests.profiles.any_profile import profiles

_GOOD = '[input]\nkind = "picture"\n[output]\nkind = "yunet"\n'


@settings(max_examples=150, deadline=None)
@given(profiles)
def test_any_profile_comes_back_as_it_was(profile: ModelProfile) -> None:
    text = profile_to_toml(profile)
    again = profile_from_toml(text)
    assert again == profile
    assert profile_to_toml(again) == text


@pytest.mark.parametrize("name", list(BUNDLED))
def test_bundled_profiles_can_be_exported(name: str, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "profile.toml"
    write_profile(path, BUNDLED[name])
    assert read_profile(path) == BUNDLED[name]
    assert [file.name for file in path.parent.iterdir()] == ["profile.toml"]


def test_a_short_file_is_enough() -> None:
    profile = profile_from_toml(_GOOD)
    assert profile.recipe == PictureRecipe()
    assert profile.decoder == YunetDecoder()
    assert profile.kind is MediaKind.IMAGE


def test_a_file_as_a_person_writes_it() -> None:
    profile = profile_from_toml(
        """
        labels = ["face"]

        [input]
        kind = "picture"
        colours = "bgr"
        mean = [104, 117, 123]     # whole numbers are numbers too

        [[constants]]
        name = "threshold"
        datatype = "FP32"
        shape = [1]
        values = [0.5]

        [output]
        kind = "yunet"
        threshold = 0.6
        """
    )
    assert profile.recipe == PictureRecipe(colours=Colours.BGR, mean=(104.0, 117.0, 123.0))
    assert profile.constants == (ConstantInput("threshold", Datatype.FP32, (1,), (0.5,)),)
    assert profile.decoder == YunetDecoder(threshold=0.6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"\[input\]: expected a table with a key 'kind', got None"),
        ("x = [", "is not valid TOML"),
        ("version = 2\n" + _GOOD, "version 2 is of a newer program; 1 is known here"),
        ("version = 0\n" + _GOOD, "version: expected 1, the only one known here, got 0"),
        ("nmae = 'm'\n" + _GOOD, "the file has an unknown key 'nmae'"),
        ("takes = 'video'\n" + _GOOD, "takes: expected one of image, audio, bytes, got 'video'"),
        (_GOOD.replace("picture", "photo"), r"\[input\] kind: expected one of picture, .*'photo'"),
        (_GOOD.replace('"picture"', "[1]"), r"\[input\] kind: expected one of"),
        (_GOOD.replace("yunet", "rcnn"), r"\[output\] kind: expected one of .*, got 'rcnn'"),
        (_GOOD + "treshold = 1", r"\[output\] has an unknown key 'treshold'. It takes threshold"),
        (_GOOD + "threshold = 2", r"\[output\] threshold: expected a number of 0 to 1, got 2"),
        (_GOOD + "threshold = nan", r"\[output\] threshold is not a finite number"),
        (_GOOD + "threshold = true", r"\[output\] threshold: expected a number, got true or false"),
        (_GOOD + "threshold = 'high'", r"\[output\] threshold: expected a number, got text"),
        (
            _GOOD.replace('"picture"', '"picture"\nlayout = "NWHC"'),
            r"\[input\] layout: expected one of NCHW, NHWC, .* got 'NWHC'",
        ),
        (
            _GOOD.replace('"picture"', '"picture"\nwidth = 3.5'),
            r"\[input\] width: expected a whole number, got a decimal",
        ),
        (
            _GOOD.replace('"picture"', '"picture"\nmean = [1, "2"]'),
            r"\[input\] mean\[1\]: expected a number, got text",
        ),
        (
            _GOOD.replace('"picture"', '"picture"\npadding = [1, 2]'),
            r"\[input\] padding: expected a list of 3, got",
        ),
        (
            _GOOD.replace('"picture"', '"picture"\ndeviation = [0]'),
            r"\[input\]: A deviation must not be 0",
        ),
        (
            _GOOD.replace('"picture"', '"picture"\ndatatype = "BYTES"'),
            r"\[input\] datatype: expected one of BOOL, .* got 'BYTES'",
        ),
        ('[[constants]]\nname = "a"\n' + _GOOD, r"\[\[constants\]\] 1 datatype is missing"),
        (
            '[[constants]]\nname="a"\ndatatype="FP32"\nshape=[2]\nvalues=["x"]\n' + _GOOD,
            r"\[\[constants\]\] 1: .*expected numbers",
        ),
        ("constants = 3\n" + _GOOD, r"\[\[constants\]\]: expected tables, got 3"),
        ("[sound]\nrate = 'high'\n" + _GOOD, r"\[sound\] rate: expected a whole number"),
        (
            '[input]\nkind = "sound"\nlayout = "NMT"\n[output]\nkind = "text"',
            r"\[input\]: Layout NMT does not fit",
        ),
        (
            '[input]\nkind="sound"\nlayout="NMT"\n[input.log_mel]\nmels=0\n[output]\nkind="text"',
            r"\[input\] log_mel mels: expected a number of 1 to 1024, got 0",
        ),
    ],
)
def test_a_slip_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        profile_from_toml(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(_GOOD.split("\n"))).map("\n".join))
def test_any_text_is_a_profile_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(profile_from_toml(text), ModelProfile)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_profile(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"model = '\xff'")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_profile(bad)
    bad.write_text("deep = [")
    with pytest.raises(UsageError, match="not valid TOML"):
        read_profile(bad)
    bad.write_text("deep = " + "[" * 5000)
    with pytest.raises(UsageError, match="nested too deep"):
        read_profile(bad)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_profile(tmp_path / "file" / "profile.toml", BUNDLED["faces"])


def test_every_option_of_every_kind_explains_itself() -> None:
    for kind in (*RECIPES.values(), *DECODERS.values()):
        assert explanation(kind).endswith(".")
        for option in options_of(kind):
            assert option.help.endswith("."), (kind, option.name)
