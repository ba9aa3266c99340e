"""What is dropped goes where it belongs, and what would become of it is said before."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backend.core.tensors import Datatype
from gui.shell.drop_overlay import DropOverlay
from gui.state.run_control import Phase
from gui.state.server_control import ServerState
from tests.gui.live.adoption.conftest import drag, drop
from tests.gui.shell_stage import Stage
from tests.models.onnx_folders import identity

pytestmark = pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")


def overlay(stage: Stage) -> DropOverlay:
    return stage.window.findChildren(DropOverlay)[0]


def test_the_overlay_says_what_a_drop_would_do(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    x = Path("/x")
    for paths, text in (
        ([x / "yolox nano.onnx"], "Drop to add the model yolox_nano"),
        ([x / "a.onnx", x / "b.TFLITE"], "Drop to add 2 models"),
        ([x / "cat.jpg", x / "dog.jpg"], "Drop to stream cat.jpg"),
        ([x / "a.tflite", x / "cat.jpg"], "Drop to add the model a\nDrop to stream cat.jpg"),
        (["https://lab/cat.mjpg"], "Drop to stream cat.mjpg"),
        (["https://lab/a.onnx"], "Models on the web cannot be dropped: save the file first"),
    ):
        assert drag(stage.window, paths).isAccepted()
        assert overlay(stage).isVisible()
        assert (overlay(stage).text, overlay(stage).accessibleName()) == (text, text)


def test_folders_are_looked_into_while_they_are_dragged(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    one, several, pictures = (tmp_path / name for name in ("one", "several", "pictures"))
    for folder in (one, several, pictures):
        folder.mkdir()
    (one / "yolox.onnx").write_bytes(b"x")
    identity(several / "a", Datatype.FP32, ["n", 2])
    identity(several / "b", Datatype.FP32, ["n", 2])
    (pictures / "cat.png").write_bytes(b"x")
    for folder, text in (
        (one, "Drop to add the model yolox"),
        (several, "Drop to serve the models of several"),
        (pictures, "Drop to stream pictures"),
    ):
        drag(stage.window, [folder])
        qtbot.waitUntil(partial(_says, stage, text))


def _says(stage: Stage, text: str) -> bool:
    return overlay(stage).text == text


def test_what_is_neither_leaves_the_run_and_the_recent_sources_alone(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear diary,", encoding="utf-8")
    stage.server_control.start()
    qtbot.waitUntil(lambda: stage.server_control.state is ServerState.RUNNING)
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.RUNNING)
    before = stage.store.current.switches
    drop(stage.window, letter)
    drop(stage.window, "https://lab/yolox.onnx")
    qtbot.waitUntil(lambda: len(stage.window.toasts.shown) == 2)
    web, other = sorted(stage.window.toasts.shown, key=lambda notice: notice.title, reverse=True)
    assert other.title == "letter.txt was not used"
    assert other.body.startswith("There is no ")
    assert web.title == "yolox.onnx was not added"
    assert "Save the model on this machine" in web.body
    assert stage.store.current.switches == before
    assert stage.store.current.recent == ()
    assert stage.live.run.phase is Phase.RUNNING
    assert stage.session.changes == []


def test_a_drop_settles_once_everything_is_in_or_refused(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.onnx", tmp_path / "bad.onnx"
    identity(tmp_path / "made", Datatype.FP32, [1, 3, 32, 32])
    (tmp_path / "made" / "1" / "model.onnx").rename(good)
    bad.write_text("Dear diary,", encoding="utf-8")
    refused: list[Exception] = []
    stage.live.drops.refused.connect(refused.append)
    stage.server_control.start()
    for paths in ([good], [bad], [bad, good], [tmp_path / "cat.png"]):
        with qtbot.waitSignal(stage.live.drops.settled):
            drop(stage.window, *paths)
    assert len(refused) == 2
    assert stage.store.current.switches.model == "good"
