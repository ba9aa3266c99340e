"""The dialogs about targets and models, with a real server behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from backend.clients.control.client import ServerControlClient
from backend.clients.probe.probing import probe
from backend.core.choices import EMBEDDED, Payload
from backend.core.description import ModelDescription
from backend.core.errors import UsageError
from backend.core.samples import Frame
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.core.tensors import Datatype, TensorSpec
from backend.profiles.book import ProfileBook
from backend.profiles.kinds import DECODERS, RECIPES
from backend.server.lifecycle.embedded import EmbeddedServer
from gui.state.tasks import ThreadTasks
from gui.targets.form import Probing, TargetForm
from gui.targets.form.probe_card import ProbeCard
from gui.targets.model_card import CardContext, ModelCard
from gui.targets.model_facts import statistics_lines
from gui.targets.profiles.form import ProfileForm, ProfileFormContext
from gui.targets.profiles.option_fields import KindFields
from gui.widgets.theme import DARK
from tests.embedded import server, target
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_stage import Stage

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
__all__ = ["server", "target"]

PICTURE = ModelDescription(
    "net",
    (TensorSpec("images", Datatype.FP32, (1, 3, 32, 32)), TensorSpec("k", Datatype.FP32, (1,))),
    (TensorSpec("scores", Datatype.FP32, (1, 10)),),
)


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[ThreadTasks]:
    """Real threads, ended with the test."""
    del qtbot
    tasks = ThreadTasks()
    yield tasks
    tasks.close(5.0)


def form_for(
    window: QWidget, at: Target, tasks: ThreadTasks | InlineTasks, taken: tuple[str, ...] = ()
) -> TargetForm:
    return TargetForm(window, at, taken, Probing(probe, tasks), DARK)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Something to open a dialog over."""
    window = QWidget()
    qtbot.addWidget(window)
    return window


def _state(form: TargetForm) -> str:
    return form.card.state


def test_a_form_shows_what_is_there_and_mends_it(
    window: QWidget, tasks: ThreadTasks, server: EmbeddedServer, qtbot: QtBot
) -> None:
    form = form_for(window, Target(""), tasks)
    form.show()
    assert _state(form) == "nothing"
    rest, grpc = server.rest_url.rpartition(":")[2], server.grpc_address.rpartition(":")[2]
    QTest.keyClicks(form.addresses.rest, f"127.0.0.1:{grpc},{rest}")
    QTest.keyClick(form.addresses.rest, Qt.Key.Key_Return)
    assert form.addresses.grpc.text() == f"127.0.0.1:{rest}"
    assert _state(form) == "asking"
    qtbot.waitUntil(lambda: form.card.state == "nobody")
    fix = next(b for b in form.card.findChildren(QPushButton) if "Swap" in b.text())
    fix.click()
    qtbot.waitUntil(lambda: form.card.state == "found")
    found = form.target
    assert (found.rest, found.grpc) == (server.rest_url, server.grpc_address)
    assert found.name == f"127.0.0.1-{rest}"
    form.addresses.grpc.setText("127.0.0.1:1")
    form.addresses.grpc.textEdited.emit("")
    form.probe_button.click()
    qtbot.waitUntil(lambda: form.card.state == "partly")
    form.reject()


def test_a_form_keeps_everything_it_was_given(window: QWidget, tasks: ThreadTasks) -> None:
    given = Target(
        "Lab",
        "https://127.0.0.1:9",
        "127.0.0.1:9",
        Dialect.TRITON,
        "#d5433b",
        Tls(ca_file="/ca.pem", certificate_file="/c.pem", key_file="/k.pem", server_name="lab"),
        Credentials("${TOKEN}", (("X-Key", "${secret:" + "0" * 32 + "}"),)),
        message_limit=8 << 20,
        deadline_s=2.5,
        connect_timeout_s=1.5,
    )
    form = form_for(window, given, tasks)
    assert form.target == given
    assert "secret" not in form.sign_in.headers.headers[0][1]
    form.security.tls.setCurrentIndex(form.security.tls.findData("unverified"))
    assert form.target.tls == replace(Tls(), verify=False, **_files(given))
    form.security.tls.setCurrentIndex(form.security.tls.findData("off"))
    plain = form.target
    assert (plain.tls, plain.rest) == (None, "http://127.0.0.1:9")
    form.reject()


def _files(target: Target) -> dict[str, str]:
    assert target.tls is not None
    names = ("ca_file", "certificate_file", "key_file", "server_name")
    return {name: getattr(target.tls, name) for name in names}


@pytest.mark.parametrize(
    ("rest", "name", "said"),
    [("", "x", "no address"), ("ftp://x", "x", "REST address"), ("h:1", "Lab", "named 'Lab'")],
)
def test_a_form_says_what_is_wrong_and_stays(
    window: QWidget, tasks: ThreadTasks, rest: str, name: str, said: str
) -> None:
    form = form_for(window, Target(""), tasks, ("Lab",))
    form.addresses.rest.setText(rest)
    form.addresses.name.setText(name)
    form.save_button.click()
    assert said in form.wrong.text()
    assert form.save_button.isEnabled()
    form.reject()


def test_targets_are_added_edited_copied_deleted_and_brought_back(
    stage: Stage, tmp_path: Path
) -> None:
    dialogs, saved = stage.targets.dialogs, stage.targets.saved
    stage.window.commands.run("target.list")
    assert dialogs.list is not None
    dialogs.list.add.click()
    assert dialogs.form is not None
    dialogs.form.addresses.rest.setText("lab:8000")
    dialogs.form.addresses.name.setText("Lab")
    dialogs.form.use_button.click()
    assert [target.name for target in saved.targets] == [EMBEDDED, "Lab"]
    assert stage.live.switches.current.target.rest == "http://lab:8000"
    dialogs.list.select("Lab")
    dialogs.list.duplicate.click()
    names = [target.name for target in saved.targets]
    assert names[:2] == [EMBEDDED, "Lab"]
    assert names[2] == "Lab 2"
    stage.targets.controller.engine.store.export_file(tmp_path / "targets.json")
    assert len(json.loads((tmp_path / "targets.json").read_text())["targets"]) == len(names) - 1
    dialogs.list.select("Lab 2")
    dialogs.list.delete.click()
    assert "Lab 2" not in [target.name for target in saved.targets]
    dialogs.list.select(EMBEDDED)
    assert not dialogs.list.edit.isEnabled()
    assert "inside this window" in dialogs.list.edit.toolTip()
    dialogs.list.reject()


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
    constant.setText('"seven"')
    with pytest.raises(UsageError):
        _ = form.profile
    form.reject()


def test_a_card_shows_a_model_and_what_it_costs(
    window: QWidget, tasks: ThreadTasks, server: EmbeddedServer, target: Target, qtbot: QtBot
) -> None:
    del server
    place = CardContext(tasks, target, lambda it: it, ServerControlClient)
    card = ModelCard(window, "identity", place)
    qtbot.waitUntil(lambda: "Ready" in card.line.text())
    assert not card.wrong.isVisible()
    inputs = card.tensors.topLevelItem(0)
    assert inputs is not None
    child = inputs.child(0)
    assert child is not None
    assert (child.text(0), child.text(1), child.text(2)) == ("INPUT0", "UINT8", "[?]")
    assert json.loads(card.config.toPlainText())["name"] == "identity"
    assert "Inferences" in card._cells
    card.reject()
    nobody = ModelCard(window, "gone", place)
    qtbot.waitUntil(lambda: bool(nobody.wrong.text()))
    assert "gone" in nobody.wrong.text()
    nobody.reject()


def test_statistics_of_all_versions_are_added_up() -> None:
    def row(count: int, ns: int) -> dict[str, object]:
        part = {"count": str(count), "ns": str(ns)}
        stats = {"success": part, "compute_infer": part}
        return {
            "inference_count": str(2 * count),
            "execution_count": count,
            "inference_stats": stats,
        }

    lines = dict(statistics_lines([row(3, 6_000_000), row(1, 2_000_000)]))
    assert lines["Inferences"] == "8"
    assert lines["Mean batch"] == "2.00"
    assert lines["Inference, mean"] == "2.00 ms"
    assert lines["Queue, mean"] == "–"


def test_a_probe_is_shown_whatever_came_of_it(
    qtbot: QtBot, server: EmbeddedServer, target: Target
) -> None:
    del server
    card = ProbeCard(DARK)
    qtbot.addWidget(card)
    card.show_report(probe(target))
    assert card.state == "found"
    card.show_error(UsageError("A variable is missing.", "Set it."))
    assert card.state == "error"
