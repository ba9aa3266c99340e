"""What the gallery holds can be read, whether or not the models are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.models.config.text import parse_config
from backend.models.runtimes.chain import links_of
from backend.profiles.file import profile_from_toml, profile_to_toml, read_profile
from tests.profiles.gallery.running import FILES, GALLERY

FOLDERS = sorted(path.parent for path in GALLERY.glob("*/profile.toml"))


def test_every_model_has_a_profile() -> None:
    assert set(FILES) <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_profile_says_what_it_is_for(folder: Path) -> None:
    profile = read_profile(folder / "profile.toml")
    assert profile.model == folder.name
    assert profile.description.endswith(".")
    assert profile_from_toml(profile_to_toml(profile)) == profile


@pytest.mark.parametrize(
    "folder", [f for f in FOLDERS if (f / "config.pbtxt").exists()], ids=lambda folder: folder.name
)
def test_a_configuration_names_models_of_the_gallery(folder: Path) -> None:
    config = parse_config((folder / "config.pbtxt").read_text(encoding="utf-8"))
    assert config.backend or config.output
    for link in links_of(config):
        assert (GALLERY / link / "profile.toml").exists(), link
