"""A window over the real embedded server, with threads, and small models to drop on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backend.models.catalogue import repository_registry
from backend.models.repository import ModelRegistry
from backend.profiles.book import ProfileBook
from backend.server.lifecycle import EmbeddedServer
from backend.server.settings import ServerOptions
from backend.targets import Secrets, TargetStore
from gui.state.tasks import ThreadTasks
from gui.targets import TargetEngine
from tests.gui.shell_stage import Stage, nobody_there, staged
from tests.waiting import WAIT_S


@pytest.fixture
def registry() -> Iterator[ModelRegistry]:
    """The models behind the window, none at first."""
    registry = repository_registry((), bundled=False)
    yield registry
    registry.close()


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, registry: ModelRegistry) -> Iterator[Stage]:
    """A window whose server has not been started yet."""
    tasks = ThreadTasks()
    server = EmbeddedServer(registry, ServerOptions(rest_port=0, grpc_port=0))
    engine = TargetEngine(
        TargetStore(None, Secrets()), ProfileBook(tmp_path / "profiles"), nobody_there
    )
    with staged(qtbot, tmp_path, tasks, lambda _rest, _grpc: server, registry, engine) as made:
        yield made
        tasks.close(WAIT_S)
    server.stop(WAIT_S)


def drag(window: QWidget, paths: Sequence[Path | str]) -> QDragEnterEvent:
    """Paths and addresses come over the window."""
    event = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        _data(paths),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)
    return event


def drop(window: QWidget, *paths: Path | str) -> None:
    """Let go of them there."""
    assert drag(window, paths).isAccepted()
    event = QDropEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        _data(paths),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)


_kept: list[QMimeData] = []


def _data(paths: Sequence[Path | str]) -> QMimeData:
    data = QMimeData()
    urls = [QUrl.fromLocalFile(str(p)) if isinstance(p, Path) else QUrl(p) for p in paths]
    data.setUrls(urls)
    _kept[:] = [*_kept[-1:], data]  # events hold no reference to theirs
    return data
