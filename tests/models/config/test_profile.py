"""A profile beside a model's configuration is the served model's."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.tensors import Datatype
from backend.models.servable import ModelLoadError
from backend.profiles.inputs.pictures import PictureRecipe
from backend.profiles.outputs.classes import ClassDecoder
from tests.models.onnx_folders import identity, load

_PROFILE = '[input]\nkind = "picture"\n[output]\nkind = "classes"\n'
_CONFIG = """
output { name: "Y" data_type: TYPE_FP32 dims: [ 1, 3, 8, 8 ] label_filename: "labels.txt" }
"""


def test_it_is_read_with_the_models_own_tensors_and_labels(tmp_path: Path) -> None:
    folder = identity(tmp_path / "m", Datatype.FP32, [1, 3, 8, 8])
    assert load(folder).profile is None
    (folder / "labels.txt").write_text("cat\ndog\n")
    (folder / "profile.toml").write_text('model = "another"\n' + _PROFILE)
    servable = load(folder, f'name: "m"\n{_CONFIG}')
    profile = servable.profile
    assert profile is not None
    assert (profile.model, profile.labels) == ("m", ("cat", "dog"))
    assert (profile.inputs, profile.outputs) == (servable.inputs, servable.outputs)
    assert (profile.recipe, profile.decoder) == (PictureRecipe(), ClassDecoder())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "profile.toml is not valid TOML"),
        (_PROFILE + "top = 1", r"profile.toml: \[output\] has an unknown key 'top'"),
    ],
)
def test_one_that_is_wrong_keeps_the_model_from_loading(
    tmp_path: Path, text: str, words: str
) -> None:
    folder = identity(tmp_path / "m", Datatype.FP32, [1, 3, 8, 8])
    (folder / "profile.toml").write_text(text)
    with pytest.raises(ModelLoadError, match=words):
        load(folder)
