"""docs/profiles.md lists every kind and option there is, and its example works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backend.profiles.file import profile_from_toml
from backend.profiles.inputs.log_mel import LogMel
from backend.profiles.kinds import DECODERS, RECIPES
from backend.profiles.options import options_of
from backend.profiles.outputs.yunet import YunetDecoder

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("word", "kind"), [*RECIPES.items(), *DECODERS.items()])
def test_every_option_is_listed_with_its_words(word: str, kind: type[Any]) -> None:
    section = PAGE.partition(f"### `{word}`\n")[2].partition("\n### ")[0]
    assert section, word
    for option in (*options_of(kind), *(options_of(LogMel) if word == "sound" else ())):
        (row,) = [line for line in section.splitlines() if line.startswith(f"| `{option.name}` |")]
        assert option.help in row
        if option.name != "datatype":
            assert all(f"`{choice}`" in row for choice in option.choices)


def test_nothing_else_is_listed() -> None:
    titles = [line[5:-1] for line in PAGE.splitlines() if line.startswith("### `")]
    assert titles == [*RECIPES, *DECODERS]


def test_the_example_is_a_profile() -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    profile = profile_from_toml(example)
    assert profile.model == "yunet"
    assert profile.decoder == YunetDecoder()
