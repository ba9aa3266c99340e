"""A window with real runs over the real embedded server and its bundled models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backend.core.choices import RunSettings
from backend.core.target import Target
from backend.models.catalogue import bundled_registry
from backend.profiles.book import ProfileBook
from backend.profiles.model_profile import ModelProfile
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions
from backend.session.run import Session
from backend.sources.source import Source
from backend.targets import Secrets, TargetStore
from gui.state.server_control import ServerState
from gui.state.tasks import ThreadTasks
from gui.targets import TargetEngine
from tests.gui.shell_stage import Stage, staged
from tests.waiting import WAIT_S


def _session(
    resolve: Callable[[Target], Target],
    profiles: Callable[[RunSettings], ModelProfile],
    settings: RunSettings,
    source: Source,
) -> Session:
    return Session(settings, source, resolve=resolve, profiles=profiles)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    """A window whose server is up; nothing streams yet."""
    tasks, registry = ThreadTasks(), bundled_registry()
    server = EmbeddedServer(registry, ServerOptions(rest_port=0, grpc_port=0))
    engine = TargetEngine(TargetStore(None, Secrets()), ProfileBook(tmp_path / "profiles"))
    with staged(
        qtbot, tmp_path, tasks, lambda _rest, _grpc: server, registry, engine, _session
    ) as made:
        made.server_control.start()
        qtbot.waitUntil(lambda: made.server_control.state is ServerState.RUNNING)
        yield made
        tasks.close(WAIT_S)
    server.stop(WAIT_S)
