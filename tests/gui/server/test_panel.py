"""The server panel: ports that cannot be had, focus, and the repositories of models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from backend.core.errors import ConsoleError, PortInUse
from backend.models.repository.states import ModelState
from backend.server.plane.data_plane import ModelStatus
from gui.server.endpoints import EndpointsPanel, port_of
from gui.server.models import ModelsPanel
from gui.state.models.offers import model_offers
from gui.state.models.repositories import RepositoryControl
from gui.state.models.rows import ModelRow, Repository
from gui.state.server_control import ServerControl, ServerState
from gui.state.settings import Settings, SettingsStore
from gui.state.tasks import Done, Failed, T
from gui.widgets.language import tr
from gui.widgets.switch import Switch
from gui.widgets.theme import DARK
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import MODELS, SOURCES, FakeRepositories, FakeServer

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


_TAKEN = 8123


def check_port(port: int) -> None:
    if port == _TAKEN:
        raise PortInUse("127.0.0.1", port)


@pytest.fixture
def servers() -> list[FakeServer]:
    """Every server that was made, oldest first."""
    return []


@pytest.fixture
def control(servers: list[FakeServer]) -> ServerControl:
    def make(rest: int, grpc: int) -> FakeServer:
        servers.append(FakeServer(rest, grpc))
        return servers[-1]

    return ServerControl(InlineTasks(), make, check_port=check_port)


@pytest.fixture
def endpoints(qtbot: QtBot, control: ServerControl) -> EndpointsPanel:
    endpoints = EndpointsPanel(control, DARK)
    qtbot.addWidget(endpoints)
    endpoints.show()
    endpoints.activateWindow()
    return endpoints


def named(parent: QWidget, name: str) -> QLineEdit:
    return next(w for w in parent.findChildren(QLineEdit) if w.accessibleName() == name)


def button(parent: QWidget, text: str) -> QPushButton:
    return next(w for w in parent.findChildren(QPushButton) if w.text() == text)


def complaint(endpoints: EndpointsPanel) -> str:
    labels = endpoints.findChildren(QLabel)
    return next(w for w in labels if w.accessibleName().startswith("What is wrong")).text()


def type_port(endpoints: EndpointsPanel, name: str, text: str) -> QLineEdit:
    field = named(endpoints, name)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)
    return field


@pytest.mark.parametrize(("text", "port"), [("", 0), (" 0 ", 0), ("8000", 8000), ("65535", 65535)])
def test_a_port_is_read_as_it_was_typed(text: str, port: int) -> None:
    assert port_of(text) == port


@pytest.mark.parametrize("text", ["99999", "-1", "8 0", "http", "9" * 5000])
def test_what_is_no_port_says_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match="0 to 65535"):
        port_of(text)


def test_a_number_that_is_no_port_leaves_the_server_alone(
    endpoints: EndpointsPanel, control: ServerControl, servers: list[FakeServer]
) -> None:
    control.start()
    height = endpoints.sizeHint().height()
    field = type_port(endpoints, "REST port", "99999")
    assert (field.text(), field.hasFocus()) == ("99999", True)
    assert complaint(endpoints) == "REST port: 0 to 65535 expected, got '99999'."
    assert endpoints.sizeHint().height() == height
    assert len(servers) == 1


def test_a_taken_port_does_not_stop_what_works(
    endpoints: EndpointsPanel, control: ServerControl, servers: list[FakeServer]
) -> None:
    control.start()
    failures: list[object] = []
    control.failed.connect(failures.append)
    field = type_port(endpoints, "gRPC port", str(_TAKEN))
    assert servers[0].running
    assert control.server is servers[0]
    assert control.state is ServerState.RUNNING
    assert f"Port {_TAKEN}" in complaint(endpoints)
    assert field.text() == str(_TAKEN)
    assert failures == []


def test_a_server_that_does_not_come_up_on_its_new_ports_gives_way_to_the_old_one(
    control: ServerControl, servers: list[FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    control.start()

    def start(self: FakeServer) -> None:
        if self.ports != (0, 0):
            raise PortInUse("127.0.0.1", 1)
        self.running = True

    monkeypatch.setattr(FakeServer, "start", start)
    control.use_ports(8001, 8002)
    assert servers[0].running
    assert (control.server, control.ports) == (servers[0], (0, 0))


def test_fields_follow_the_ports_in_force(
    endpoints: EndpointsPanel, control: ServerControl
) -> None:
    control.start()
    type_port(endpoints, "REST port", "8100")
    assert control.ports == (8100, 0)
    assert not button(endpoints, "Use these ports").isEnabled()
    control.use_ports(0, 0)
    assert named(endpoints, "REST port").text() == ""


def test_switches_are_off_while_the_server_is(
    endpoints: EndpointsPanel, control: ServerControl
) -> None:
    control.start()
    switches = endpoints.findChildren(Switch)
    assert all(switch.isChecked() and switch.isEnabled() for switch in switches)
    control.stop()
    assert not any(switch.isChecked() or switch.isEnabled() for switch in switches)
    assert all("does not run" in switch.toolTip() for switch in switches)


def test_the_focus_stays_on_the_button_that_was_pressed(
    endpoints: EndpointsPanel, control: ServerControl
) -> None:
    control.start()
    restart = button(endpoints, "Restart")
    restart.setFocus()
    restart.click()
    assert QApplication.focusWidget() is restart


def test_a_server_that_ends_by_itself_is_noticed(
    endpoints: EndpointsPanel, control: ServerControl, servers: list[FakeServer]
) -> None:
    control.start()
    servers[0].running = False
    control.look()
    assert control.state is ServerState.FAILED
    assert "by itself" in complaint(endpoints)
    assert button(endpoints, "Start").isEnabled()


# -- repositories ------------------------------------------------------------------------------


@pytest.fixture
def store() -> SettingsStore:
    return SettingsStore(None, Settings(), lambda _text: None, SOURCES)


@pytest.fixture
def fake_models() -> FakeRepositories:
    return FakeRepositories()


@pytest.fixture
def repositories(fake_models: FakeRepositories, store: SettingsStore) -> RepositoryControl:
    return RepositoryControl(InlineTasks(), lambda: fake_models, store)


@pytest.fixture
def panel(qtbot: QtBot, repositories: RepositoryControl) -> ModelsPanel:
    panel = ModelsPanel(repositories, DARK)
    qtbot.addWidget(panel.tools)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / "repository" / name).mkdir(parents=True)
    return tmp_path / "repository"


def states(repositories: RepositoryControl) -> dict[str, ModelState]:
    return {row.name: row.state for r in repositories.repositories for row in r.models}


def test_a_folder_is_added_loaded_and_remembered(
    tmp_path: Path,
    repositories: RepositoryControl,
    store: SettingsStore,
    fake_models: FakeRepositories,
) -> None:
    root = folder(tmp_path, "good", "bad")
    fake_models.broken.add("bad")
    lines: list[str] = []
    repositories.logged.connect(lines.append)
    repositories.add(root)
    assert states(repositories)["good"] is ModelState.READY
    assert states(repositories)["bad"] is ModelState.UNAVAILABLE
    assert [*store.current.repositories] == [str(root)]
    assert any("no such layer" in line for line in lines)
    repositories.remove(root)
    assert list(states(repositories)) == ["shapes"]
    assert not store.current.repositories


class LaterTasks:
    """Keeps what is to be done until `work` is called."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def start(self, name: str, work: Callable[[], T], done: Done[T], failed: Failed) -> None:
        self.waiting.append(lambda: InlineTasks().start(name, work, done, failed))

    def work(self) -> None:
        """Do one thing after the other until nothing is left."""
        while self.waiting:
            self.waiting.pop(0)()


def test_a_model_of_a_folder_that_is_being_added_is_on_its_way(
    tmp_path: Path, store: SettingsStore, fake_models: FakeRepositories
) -> None:
    root = folder(tmp_path, "bad", "good")
    fake_models.broken.add("bad")
    tasks = LaterTasks()
    server: list[FakeRepositories] = []
    control = RepositoryControl(tasks, lambda: next(iter(server), None), store, [root])
    assert not control.brings("good")  # nothing comes while there is no server
    server.append(fake_models)
    assert control.brings("good")
    control.begin()
    assert control.brings("good")
    changes: list[bool] = []
    control.changed.connect(lambda: changes.append(control.brings("no such model")))
    tasks.work()
    assert not any(map(control.brings, ("good", "bad", "no such model")))
    assert changes[-1] is False
    control.unload("good")
    tasks.work()
    control.load("good")
    assert control.brings("good")


def test_the_model_that_is_wanted_is_loaded_first(
    tmp_path: Path,
    repositories: RepositoryControl,
    fake_models: FakeRepositories,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(fake_models, "load", loaded.append)
    repositories.wanted = lambda: "c"
    repositories.add(folder(tmp_path, "a", "b", "c", "d"))
    assert loaded == ["c", "a", "b", "d"]


def test_a_folder_that_is_added_again_leaves_its_loaded_models_alone(
    tmp_path: Path,
    repositories: RepositoryControl,
    fake_models: FakeRepositories,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = folder(tmp_path, "good", "later")
    repositories.add(root)
    loaded: list[str] = []
    monkeypatch.setattr(fake_models, "load", loaded.append)
    monkeypatch.setattr(fake_models, "add_repository", lambda _root: None)
    fake_models.states["later"] = ModelState.NONE
    repositories.add(root)
    assert loaded == ["later"]


def test_folders_of_the_command_line_are_not_remembered(
    tmp_path: Path, store: SettingsStore, fake_models: FakeRepositories
) -> None:
    root = folder(tmp_path, "m")
    control = RepositoryControl(InlineTasks(), lambda: fake_models, store, [root])
    control.begin()
    control.begin()
    assert states(control)["m"] is ModelState.READY
    assert store.current.repositories == ()


def test_a_remembered_folder_that_is_gone_is_listed_with_the_reason(
    tmp_path: Path, store: SettingsStore, fake_models: FakeRepositories
) -> None:
    store.update(Settings(repositories=(str(tmp_path / "gone"),)))
    control = RepositoryControl(InlineTasks(), lambda: fake_models, store)
    errors: list[ConsoleError] = []
    control.failed.connect(errors.append)
    control.begin()
    assert "is not a folder" in control.repositories[0].problem
    assert "is not a folder" in str(errors[0])
    assert store.current.repositories


def test_the_selected_model_is_loaded_and_unloaded(
    panel: ModelsPanel, repositories: RepositoryControl, fake_models: FakeRepositories
) -> None:
    repositories.look()
    assert "Select a model" in panel.why_not_load()
    panel.select("shapes")
    panel.unload_selected()
    assert [*fake_models.states.values()] == [ModelState.UNAVAILABLE]
    assert "not loaded" in panel.why_not_unload()
    assert button(panel.tools, "Load").isEnabled()
    panel.load_selected()
    assert [*fake_models.states.values()] == [ModelState.READY]
    assert button(panel.tools, "Reload").isEnabled()
    assert "Select a folder" in panel.why_not_remove()


def test_why_a_model_cannot_be_loaded_is_said(
    panel: ModelsPanel, repositories: RepositoryControl, fake_models: FakeRepositories
) -> None:
    fake_models.broken.add("shapes")
    repositories.look()
    errors: list[Exception] = []
    repositories.failed.connect(errors.append)
    panel.select("shapes")
    panel.load_selected()
    assert "no such layer" in str(errors[0])
    assert isinstance(panel.selected, ModelRow)
    assert panel.selected.reason == "no such layer"


def test_a_folder_can_be_dropped_on_the_list(
    tmp_path: Path, panel: ModelsPanel, repositories: RepositoryControl
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder(tmp_path, "m")))])
    drop = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    panel.tree.dropEvent(drop)
    assert "m" in states(repositories)


def test_models_of_repositories_are_offered_with_the_reason_against_them() -> None:
    ready = ModelRow("mine", ("1",), ModelState.READY)
    broken = ModelRow("broken", ("1",), ModelState.UNAVAILABLE, "no graph")
    served: tuple[ModelStatus, ...] = MODELS
    offers = model_offers(served, [Repository(Path("x"), (ready, broken)), Repository(None)])
    by_name = {offer.name: offer.blocked for offer in offers}
    assert by_name["shapes"] == ""
    assert by_name["mine"] == ""
    assert by_name["broken"] == "broken is not ready. UNAVAILABLE: no graph."


def test_texts_are_filled_in_after_they_are_translated() -> None:
    assert tr("{model} is not loaded.", model="{x}") == "{x} is not loaded."


def test_a_model_is_loaded_from_a_folder_that_is_added_once(tmp_path: Path, qtbot: QtBot) -> None:
    served = FakeRepositories()
    store = SettingsStore(None, Settings(), lambda _problem: None, SOURCES)
    control = RepositoryControl(InlineTasks(), lambda: served, store)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    control.load_from(tmp_path, "first")
    assert served.states["second"] is ModelState.READY  # adding loads all of a folder
    assert store.current.repositories == (str(tmp_path),)
    for name in ("first", "second"):
        served.unload(name)
    control.load_from(tmp_path, "first")
    loaded = [name for name, state in served.states.items() if state is ModelState.READY]
    assert loaded == ["shapes", "first"]
    assert store.current.repositories == (str(tmp_path),)


def test_why_a_model_of_a_folder_was_not_loaded_is_in_its_row_and_no_error(tmp_path: Path) -> None:
    served = FakeRepositories()
    store = SettingsStore(None, Settings(), lambda _problem: None, SOURCES)
    control = RepositoryControl(InlineTasks(), lambda: served, store)
    errors: list[Exception] = []
    lines: list[str] = []
    control.failed.connect(errors.append)
    control.logged.connect(lines.append)
    (tmp_path / "broken").mkdir()
    served.broken.add("broken")
    control.load_from(tmp_path, "broken")
    assert not errors
    assert any("no such layer" in line for line in lines)
    (row,) = next(r.models for r in control.repositories if r.root == tmp_path.resolve())
    assert row.reason == "no such layer"
