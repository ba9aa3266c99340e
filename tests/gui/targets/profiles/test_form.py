"""The form of a profile: its fields, and the tensor that it previews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from backend.core.choices import Payload
from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.samples import Frame
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.book import ProfileBook
from backend.profiles.kinds import DECODERS, RECIPES
from gui.targets.profiles.form import ProfileForm, ProfileFormContext
from gui.targets.profiles.option_fields import KindFields
from gui.targets.profiles.tensor_pane import Seen, TensorPane
from tests.gui.inline_tasks import InlineTasks

PICTURE = ModelDescription(
    "net",
    (TensorSpec("images", Datatype.FP32, (1, 3, 32, 32)), TensorSpec("k", Datatype.FP32, (1,))),
    (TensorSpec("scores", Datatype.FP32, (1, 10)),),
)


@pytest.mark.parametrize("word", RECIPES)
def test_every_recipe_comes_back_from_its_fields(qtbot: QtBot, word: str) -> None:
    _comes_back(qtbot, RECIPES, word)


@pytest.mark.parametrize("word", DECODERS)
def test_every_decoder_comes_back_from_its_fields(qtbot: QtBot, word: str) -> None:
    _comes_back(qtbot, DECODERS, word)


def _comes_back(qtbot: QtBot, kinds: object, word: str) -> None:
    assert kinds in (RECIPES, DECODERS)
    known = RECIPES if kinds is RECIPES else DECODERS
    fields = KindFields("x", known)
    qtbot.addWidget(fields)
    value = known[word]()
    fields.show_value(value)
    assert fields.value == value
    fields.kind.setCurrentIndex(0)
    fields.kind.setCurrentIndex(fields.kind.findData(word))
    assert fields.value == value


def test_a_profile_form_shows_the_very_tensor(window: QWidget, tmp_path: Path) -> None:
    choice = ProfileBook(tmp_path).find("Lab", PICTURE)
    frame = Frame(0, 0, np.full((48, 64, 3), 255, np.uint8))
    place = ProfileFormContext(InlineTasks(), lambda: frame, Payload)
    form = ProfileForm(window, "Lab", choice, place)
    assert form.profile == choice.profile
    assert form._why.text().startswith("1x3x32x32 float, picture, NCHW, RGB by ImageNet's mean")
    assert "Colour order and range cannot be seen in the file" in form._why.text()
    assert "images  FP32  [1, 3, 32, 32]" in form.pane.tensors.text()
    assert "k  FP32  [1]" in form.pane.tensors.text()
    scale = next(
        line for line in form.recipe.findChildren(QLineEdit) if line.accessibleName() == "Scale"
    )
    scale.setText("two")
    scale.textEdited.emit("two")
    assert "expected a number" in form.pane.wrong.text()
    assert not form.save.isEnabled()
    scale.setText("0.5")
    scale.textEdited.emit("0.5")
    assert form.save.isEnabled()
    form._look()
    assert f"min {(0.5 * 255 - 0.485) / 0.229:.4g}" in form.pane.tensors.text()
    constant = next(line for line in form.findChildren(QLineEdit) if line.accessibleName() == "k")
    constant.setText("[7]")
    constant.textEdited.emit("[7]")
    assert form.profile.constants[0].values == (7,)
    more = form.constants.more
    assert [more.itemText(index) for index in range(1, more.count())] == [
        "images  FP32  [1, 3, 32, 32]"
    ]
    form.constants._add_chosen(1)
    assert [(one.name, one.shape) for one in form.profile.constants] == [
        ("k", (1,)),
        ("images", (1, 3, 32, 32)),
    ]
    assert not more.isVisibleTo(form)
    form.constants._drop(form.constants._rows[1])
    assert [one.name for one in form.profile.constants] == ["k"]
    constant.setText('"seven"')
    with pytest.raises(UsageError):
        _ = form.profile
    form.reject()


def test_a_size_that_the_model_says_reads_auto(qtbot: QtBot) -> None:
    fields = KindFields("x", RECIPES)
    qtbot.addWidget(fields)
    fields.show_value(RECIPES["picture"]())
    boxes = {box.accessibleName(): box for box in fields.findChildren(QSpinBox)}
    assert [boxes[name].text() for name in ("Width", "Height")] == ["auto", "auto"]
    boxes["Width"].setValue(320)
    assert boxes["Width"].text() == "320"


def test_a_square_picture_leaves_room_for_what_is_said_of_it(qtbot: QtBot) -> None:
    pane = TensorPane()
    qtbot.addWidget(pane)
    words = "\n".join(
        f"input_{n}  FP32  [1, 256, 256, 3]\nmin 0  mean 0.2  max 1" for n in range(4)
    )
    pane.show_seen(Seen(np.zeros((256, 256, 3), np.uint8), words))
    pane.resize(pane.width(), 400)
    pane.show()
    assert pane.picture.geometry().bottom() < pane.caption.geometry().top()
    assert pane.caption.geometry().bottom() < pane.tensors.geometry().top()
    assert pane.tensors.height() >= pane.tensors.heightForWidth(pane.tensors.width())
    pane.resize(pane.width(), 900)
    assert pane.picture.height() == 320
