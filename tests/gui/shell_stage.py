"""A window with scripted parts behind it, for the tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.core.choices import RunSettings
from backend.core.errors import TargetUnreachable
from backend.core.target import Target
from backend.profiles.book import ProfileBook
from backend.sources.registry import KINDS, SourceRegistry
from backend.sources.source import Source
from backend.targets.secrets import Secrets
from backend.targets.store import TargetStore
from gui.live.feature import LiveFeature
from gui.server.panel import ServerPanel
from gui.shell.assembly import Parts, SessionMaker, assemble
from gui.shell.layouts.feature import LayoutsFeature
from gui.shell.settings.feature import SettingsFeature
from gui.shell.window import MainWindow
from gui.state.models.adoption import ModelAdoption
from gui.state.models.repositories import RepositoryControl
from gui.state.models.rows import ModelRepositories
from gui.state.run_control import Phase
from gui.state.server_control import ServerControl, ServerFactory
from gui.state.settings import Settings, SettingsStore
from gui.state.tasks import Tasks
from gui.targets.engine import TargetEngine
from gui.targets.feature import TargetFeature
from gui.widgets.focus_keys import FocusKeys
from gui.widgets.focus_ring import FocusRings
from gui.widgets.theme import ThemeChoice
from gui.workspace.appearance import Appearance
from gui.workspace.layouts import LayoutStore
from gui.workspace.log_panel import LogBridge
from gui.workspace.notifier import Notifier
from tests.gui.inline_tasks import InlineTasks
from tests.gui.shell_fakes import (
    FAKE_KINDS,
    FakeDevices,
    FakeRepositories,
    FakeServer,
    FakeSession,
    FakeSources,
)


@dataclass
class Stage:
    """A window, its features, and what is behind them."""

    window: MainWindow
    live: LiveFeature
    targets: TargetFeature
    settings: SettingsFeature
    layouts: LayoutsFeature
    notifier: Notifier
    appearance: Appearance
    server_control: ServerControl
    server_panel: ServerPanel
    store: SettingsStore
    devices: FakeDevices
    repositories: RepositoryControl
    sessions: list[FakeSession] = field(default_factory=list)
    server: FakeServer = field(default_factory=FakeServer)
    """What is behind `server_control`, where that is scripted too."""

    @property
    def session(self) -> FakeSession:
        return self.sessions[-1]


def nobody_there(target: Target) -> NoReturn:
    """A probe that asks no server."""
    raise TargetUnreachable(f"Nobody is asked at {target.name}.")


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    """A window whose server has not been started yet."""
    fake, served = FakeServer(), FakeRepositories()
    engine = TargetEngine(
        TargetStore(None, Secrets()), ProfileBook(tmp_path / "profiles"), nobody_there
    )
    with staged(qtbot, tmp_path, InlineTasks(), lambda _rest, _grpc: fake, served, engine) as made:
        made.server = fake
        yield made


@contextmanager
def staged(
    qtbot: QtBot,
    tmp_path: Path,
    tasks: Tasks,
    make_server: ServerFactory,
    served: ModelRepositories,
    engine: TargetEngine,
    real_session: SessionMaker | None = None,
) -> Iterator[Stage]:
    """A window with that server behind it, with scripted runs unless `real_session` makes them.

    So are its sources, where the runs are.
    """
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.styleSheet(), app.palette(), app.font()
    keys, rings = FocusKeys(app), FocusRings(app)
    sessions: list[FakeSession] = []

    def make_session(
        _resolve: object, _profile_for: object, settings: RunSettings, source: Source
    ) -> FakeSession:
        sessions.append(FakeSession(settings, source))
        return sessions[-1]

    problems: list[str] = []
    sources = FakeSources() if real_session is None else SourceRegistry((*KINDS, *FAKE_KINDS))
    store = SettingsStore(None, Settings(), problems.append, sources)
    devices = FakeDevices()
    server = ServerControl(tasks, make_server)
    appearance = Appearance(app, ThemeChoice.DARK)
    repositories = RepositoryControl(tasks, lambda: served, store)
    built = assemble(
        Parts(
            appearance,
            store,
            tasks,
            server,
            repositories,
            ModelAdoption(repositories, server, tmp_path / "models"),
            devices,
            sources,
            real_session or make_session,
            LogBridge(),
            LayoutStore(None, problems.append),
            engine,
        )
    )
    window = built.window
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    yield Stage(
        window,
        built.live,
        built.targets,
        built.settings,
        built.layouts,
        built.notifier,
        appearance,
        server,
        built.server.panel,
        store,
        devices,
        repositories,
        sessions,
    )
    window.close()
    keys.close()
    rings.close()
    appearance.deleteLater()
    app.setStyleSheet(before[0])
    app.setPalette(before[1])
    app.setFont(before[2])


def begin(stage: Stage) -> FakeSession:
    """Server up, run on."""
    stage.server_control.start()
    stage.live.start.toggle()
    return stage.session


def end(stage: Stage, qtbot: QtBot) -> None:
    """Stop and wait until the window has noticed."""
    stage.live.run.stop()
    qtbot.waitUntil(lambda: stage.live.run.phase is Phase.IDLE)
