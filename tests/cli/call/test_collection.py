"""Where a collection goes that names its own target."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.cli.call.collection import collection_of
from backend.cli.call.options import parser
from backend.core.errors import UsageError


def test_the_target_of_an_environment_is_filled_in(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "collection.toml").write_text("version = 1\n[variables]\nhost = 'here'\n")
    lab = "version = 1\ntarget = '{{host}}:8000,{{port}}'\n"
    (tmp_path / "environments" / "lab.toml").write_text(lab)
    arguments = ["--collection", str(tmp_path), "--env", "lab"]
    options = parser().parse_args([*arguments, "--var", "port=8001"])
    assert collection_of(options) is not None
    assert options.target == "here:8000,8001"
    with pytest.raises(UsageError, match="Nobody says what"):
        collection_of(parser().parse_args(arguments))
    options = parser().parse_args([*arguments, "--target", "there:,9"])
    collection_of(options)
    assert options.target == "there:,9"
