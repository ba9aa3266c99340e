"""A model that is dropped on the window is served, chosen and explained, or nothing is left."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from backend.core.errors import PortInUse
from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.core.tensors import Datatype
from backend.models.repository import Adopted, Adoption, ModelRegistry
from backend.models.servable import ModelLoadError
from gui.state.run_control import Phase
from gui.state.server_control import ServerState
from gui.widgets.language import percent
from tests.gui.live.adoption.conftest import drop
from tests.gui.shell_stage import Stage
from tests.models.onnx_folders import identity, node, value, write_model
from tests.models.tflite_folders import crashing, doubled
from tests.waiting import WAIT_S

pytestmark = pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")
EMPTY: list[str] = []


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    """An ONNX file that takes a picture, with class names beside it."""
    folder = tmp_path / "given" / "detector"
    made = identity(tmp_path / "made", Datatype.FP32, [1, 3, 32, 32])
    return moved(made, folder / "My detector.onnx")


def moved(made: Path, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made / "1" / "model.onnx", file)
    shutil.rmtree(made)
    return file


def files(tmp_path: Path) -> list[str]:
    """What is in the user's repository."""
    root = tmp_path / "models"
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def toast(stage: Stage, title: str) -> Notice | None:
    return next((n for n in stage.window.toasts.shown if n.title == title), None)


def told(stage: Stage, qtbot: QtBot, title: str) -> Notice:
    """The toast of that title, once it is there."""
    qtbot.waitUntil(lambda: toast(stage, title) is not None)
    found = toast(stage, title)
    assert found is not None
    return found


def press(stage: Stage, text: str) -> None:
    """Press the newest button of that text on a toast."""
    buttons = [b for b in stage.window.toasts.findChildren(QPushButton) if b.text() == text]
    buttons[-1].click()


def model(stage: Stage) -> str:
    return stage.store.current.switches.model


def test_it_is_served_chosen_and_explained(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path, registry: ModelRegistry
) -> None:
    (detector.with_suffix(".names")).write_text("cat\ndog\nhen\n", encoding="utf-8")
    stage.server_control.start()
    drop(stage.window, detector)
    notice = told(stage, qtbot, "My_detector was added")
    assert "1x3x32x32 float, picture, NCHW" in notice.body
    assert "The class names beside the file came along." in notice.body
    assert model(stage) == "My_detector"
    assert files(tmp_path) == [
        "My_detector/1/model.onnx",
        "My_detector/config.pbtxt",
        "My_detector/labels.txt",
    ]
    assert registry.names() == ("My_detector",)
    assert stage.store.current.repositories == (str(tmp_path / "models"),)
    assert stage.store.current.recent == ()
    stage.live.start.toggle()  # the second click
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.RUNNING)
    assert stage.session.settings.model == "My_detector"
    press(stage, "Edit profile")
    assert stage.targets.model_dialogs.profile is not None
    stage.targets.model_dialogs.profile.reject()


def test_a_stream_that_runs_goes_over_to_it(stage: Stage, qtbot: QtBot, detector: Path) -> None:
    stage.server_control.start()
    qtbot.waitUntil(lambda: stage.server_control.state is ServerState.RUNNING)
    stage.live.start.toggle()
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.RUNNING)
    drop(stage.window, detector)
    told(stage, qtbot, "My_detector was added")
    changed = [settings.model for settings, _ in stage.session.changes if settings is not None]
    assert changed[-1] == "My_detector"
    assert len(stage.sessions) == 1


def test_undo_leaves_nothing_and_restores_the_model(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path, registry: ModelRegistry
) -> None:
    before = model(stage)
    stage.server_control.start()
    drop(stage.window, detector)
    told(stage, qtbot, "My_detector was added")
    press(stage, "Undo")
    told(stage, qtbot, "My_detector was removed again")
    assert model(stage) == before
    assert not (tmp_path / "models").exists()
    assert registry.names() == ()
    assert stage.store.current.repositories == ()
    assert detector.exists()
    drop(stage.window, detector)  # and it can come again
    told(stage, qtbot, "My_detector was added")


def test_a_tensorflow_lite_file_is_served_likewise(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "twice.tflite"
    file.write_bytes(doubled([1, 3]))
    stage.server_control.start()
    drop(stage.window, file)
    told(stage, qtbot, "twice was added")
    assert files(tmp_path) == ["twice/1/model.tflite", "twice/config.pbtxt"]


def test_the_same_file_again_is_chosen_and_not_copied(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path
) -> None:
    stage.server_control.start()
    drop(stage.window, detector)
    told(stage, qtbot, "My_detector was added")
    stage.targets.controller.choose_model("shapes")
    drop(stage.window, shutil.copy(detector, tmp_path / "other name.onnx"))
    told(stage, qtbot, "My_detector is there already")
    assert model(stage) == "My_detector"
    assert len(files(tmp_path)) == 2


def test_of_two_files_both_are_served_and_the_first_is_chosen(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path, registry: ModelRegistry
) -> None:
    other = moved(identity(tmp_path / "made", Datatype.FP32, [1, 3, 64, 64]), tmp_path / "b.onnx")
    stage.server_control.start()
    drop(stage.window, detector, other)
    assert "The model in the bar stays." in told(stage, qtbot, "b was added").body
    assert model(stage) == "My_detector"
    assert set(registry.names()) == {"My_detector", "b"}
    press(stage, "Use")
    assert model(stage) == "b"


def test_a_model_and_a_picture_go_where_they_belong(
    stage: Stage, qtbot: QtBot, detector: Path
) -> None:
    stage.server_control.start()
    drop(stage.window, detector, detector.parent / "cat.png")
    told(stage, qtbot, "My_detector was added")
    qtbot.waitUntil(lambda: stage.store.current.switches.source.endswith("cat.png"))
    assert [Path(spec).name for spec in stage.store.current.recent] == ["cat.png"]


def broken_files(folder: Path) -> dict[str, Path]:
    """Files that cannot be served, by what is said of them."""
    named = [value("X", Datatype.FP32, [1, 3])], [value("Y", Datatype.FP32, [1, 3])]
    made = write_model(folder / "m", [node("Nope", ["X"], ["Y"])], *named)
    lacking = moved(made, folder / "lacking.onnx")
    text, crash, big = folder / "text.onnx", folder / "crash.tflite", folder / "big.onnx"
    text.write_text("Dear diary,\n" * 40, encoding="utf-8")
    crash.write_bytes(crashing())
    with big.open("wb") as file:
        file.truncate(3 << 30)
    return {
        "needs operator 'Nope'": lacking,
        "no ONNX model, or damaged": text,
        "the file": crash,  # LiteRT crashes on it, or notices
        "3072.0 MiB": big,
    }


def test_what_cannot_be_served_says_why_and_leaves_all_as_it_was(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    stage.server_control.start()
    before = stage.store.current.switches
    for reason, file in broken_files(tmp_path).items():
        drop(stage.window, file)
        notice = told(stage, qtbot, f"{file.name} was not added")
        assert notice.severity is Severity.ERROR
        assert reason in notice.body
    assert files(tmp_path) == []
    assert list((tmp_path / "models").iterdir()) == []
    assert stage.store.current.switches == before
    assert stage.store.current.repositories == stage.store.current.recent == ()


def test_a_server_that_is_stopped_is_started(stage: Stage, qtbot: QtBot, detector: Path) -> None:
    stage.server_control.start()
    qtbot.waitUntil(lambda: stage.server_control.state is ServerState.RUNNING)
    stage.server_control.stop()
    qtbot.waitUntil(lambda: stage.server_control.state is ServerState.STOPPED)
    drop(stage.window, detector)
    told(stage, qtbot, "My_detector was added")
    assert stage.server_control.state is ServerState.RUNNING


def test_a_server_that_does_not_start_is_named(
    stage: Stage, qtbot: QtBot, detector: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise PortInUse("127.0.0.1", 8000)

    monkeypatch.setattr("backend.server.lifecycle.EmbeddedServer.start", busy)
    drop(stage.window, detector)
    notice = told(stage, qtbot, "My detector.onnx was not added")
    assert "The local server does not run." in notice.body


def test_another_target_is_left_and_undo_returns_to_it(
    stage: Stage, qtbot: QtBot, detector: Path
) -> None:
    stage.server_control.start()
    stage.targets.controller.choose(Target("lab", rest="http://lab:8000"))
    stage.targets.controller.choose_model("theirs")
    drop(stage.window, detector)
    notice = told(stage, qtbot, "My_detector was added")
    assert "The target is now Local demo." in notice.body
    assert stage.store.current.switches.target.name == "embedded"
    assert model(stage) == "My_detector"
    press(stage, "Undo")
    assert stage.store.current.switches.target.name == "lab"
    assert model(stage) == "theirs"
    told(stage, qtbot, "My_detector was removed again")


def test_a_model_of_sound_brings_a_source_of_sound(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    made = identity(tmp_path / "made", Datatype.FP32, [1, 16000])
    stage.server_control.start()
    drop(stage.window, moved(made, tmp_path / "waveform.onnx"))
    told(stage, qtbot, "waveform was added")
    kind = stage.targets.controller.catalogue.choice("waveform")
    assert kind is not None
    assert kind.profile.kind == "audio"
    qtbot.waitUntil(lambda: stage.live.run.kind == "audio")
    assert (model(stage), stage.store.current.switches.source) == ("waveform", "tone")
    press(stage, "Undo")
    told(stage, qtbot, "waveform was removed again")
    assert stage.store.current.switches.source == "pattern"


class Held:
    """A check that goes on until it is cancelled or let go."""

    def __init__(self, registry: ModelRegistry) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()
        self._adopt = registry.adopt

    def adopt(self, file: Path, repository: Path, adoption: Adoption) -> Adopted:
        adoption.copying(200)
        adoption.copied(50)
        self.began.set()
        with adoption.ending(self.go_on.set):
            assert self.go_on.wait(WAIT_S)
        if adoption.cancelled:
            raise ModelLoadError("it was cancelled")
        return self._adopt(file, repository, adoption)


@pytest.fixture
def held(registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held(registry)
    monkeypatch.setattr(registry, "adopt", held.adopt)
    return held


def test_progress_is_shown_and_it_can_be_cancelled(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path, held: Held
) -> None:
    stage.server_control.start()
    drop(stage.window, detector, tmp_path / "second.onnx")
    notice = told(stage, qtbot, "Checking My detector.onnx")
    assert "1 more file comes after it." in notice.body
    share = percent(0.25, 0)
    qtbot.waitUntil(lambda: f"Copying, {share}..." in told(stage, qtbot, notice.title).body)
    press(stage, "Cancel")
    assert toast(stage, notice.title) is None
    assert toast(stage, "My detector.onnx was not added") is not None
    assert held.go_on.is_set()
    assert model(stage) == "shapes"
    drop(stage.window, detector)  # and the next one is not kept from coming
    told(stage, qtbot, "My_detector was added")


def test_a_window_that_closes_waits_for_no_check(
    stage: Stage, qtbot: QtBot, detector: Path, held: Held
) -> None:
    stage.server_control.start()
    drop(stage.window, detector)
    qtbot.waitUntil(held.began.is_set)
    stage.window.close()
    assert held.go_on.is_set()


def choose_in_dialog(stage: Stage, qtbot: QtBot, command: str, path: Path) -> None:
    """Type a path into the dialog that a command opens."""
    stage.window.commands.run(command)
    dialog = stage.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.reject()


@pytest.mark.parametrize("command", ["source.open_file", "models.add_file"])
def test_a_file_dialog_does_the_same(
    stage: Stage, qtbot: QtBot, detector: Path, command: str
) -> None:
    stage.server_control.start()
    choose_in_dialog(stage, qtbot, command, detector)
    told(stage, qtbot, "My_detector was added")


def test_the_command_removes_what_was_added_last(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path
) -> None:
    stage.window.commands.run("models.take_back")
    assert any("No model was added" in n.title for n in stage.window.toasts.shown)
    stage.server_control.start()
    drop(stage.window, detector)
    told(stage, qtbot, "My_detector was added")
    stage.window.commands.run("models.take_back")
    told(stage, qtbot, "My_detector was removed again")
    assert not (tmp_path / "models").exists()


def test_a_repository_is_served_from_where_it_is(
    stage: Stage, qtbot: QtBot, tmp_path: Path, registry: ModelRegistry
) -> None:
    root = tmp_path / "lab"
    for name in ("a", "b"):
        identity(root / name, Datatype.FP32, ["n", 2])
    stage.server_control.start()
    qtbot.waitUntil(lambda: stage.server_control.state is ServerState.RUNNING)
    drop(stage.window, root)
    told(stage, qtbot, "Model repository lab was added")
    qtbot.waitUntil(lambda: set(registry.names()) == {"a", "b"})
    assert files(tmp_path) == []
    press(stage, "Undo")
    qtbot.waitUntil(lambda: registry.names() == ())
    assert (root / "a" / "1" / "model.onnx").exists()


def test_a_models_own_folder_brings_its_configuration(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "lab" / "doubler"
    identity(folder, Datatype.FP32, ["n", 2])
    (folder / "config.pbtxt").write_text("max_batch_size: 4")
    stage.server_control.start()
    drop(stage.window, folder)
    notice = told(stage, qtbot, "doubler was added")
    assert "Its config.pbtxt came along" in notice.body


def test_a_model_that_was_given_as_a_source_can_be_added(
    stage: Stage, qtbot: QtBot, detector: Path
) -> None:
    stage.server_control.start()
    stage.live.sources.choose(str(detector))
    told(stage, qtbot, "My detector.onnx is an ONNX model, no source.")
    press(stage, "Add it to the server")
    told(stage, qtbot, "My_detector was added")
    assert stage.store.current.switches.source == "pattern"


def test_undo_never_returns_to_a_model_that_is_gone(
    stage: Stage, qtbot: QtBot, tmp_path: Path, detector: Path
) -> None:
    other = moved(identity(tmp_path / "made", Datatype.FP32, [1, 3, 64, 64]), tmp_path / "b.onnx")
    stage.server_control.start()
    before = model(stage)
    undos = []
    for file, name in ((detector, "My_detector"), (other, "b")):
        drop(stage.window, file)
        told(stage, qtbot, f"{name} was added")
        undos.append([b for b in stage.window.toasts.findChildren(QPushButton) if is_undo(b)][-1])
    undos[0].click()
    told(stage, qtbot, "My_detector was removed again")
    assert model(stage) == "b"
    undos[1].click()
    told(stage, qtbot, "b was removed again")
    assert model(stage) == before


def is_undo(button: QPushButton) -> bool:
    return button.text() == "Undo"
