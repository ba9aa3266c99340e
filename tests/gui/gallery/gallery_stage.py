"""The gallery page over a real gallery, real downloads and a real registry of models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backend.core.choices import EMBEDDED
from backend.core.target import Target
from backend.core.tensors import Datatype
from backend.gallery import (
    Catalogue,
    Fetchers,
    Gallery,
    GalleryEntry,
    GalleryFile,
    GalleryList,
    Task,
)
from backend.gallery.fetching import WebFetcher
from backend.gallery.local import FolderFetcher
from backend.gallery.web import Patience, Web, check_address
from backend.models.catalogue import repository_registry
from backend.models.repository import ModelRegistry
from gui.gallery import GalleryPage
from gui.gallery.item import Standing
from gui.state.models.repositories import RepositoryControl
from tests.gallery.conftest import content, from_github, path_of, wanted
from tests.gallery.file_server import FileServer
from tests.gui.inspect.inspect_stage import ListeningHost
from tests.models.onnx_folders import identity

SUMMARY = "Made for a test."
LONGEST_MS = 60_000
SPOTTER, LISTENER, READER = "spotter", "listener", "reader"
LISTENER_SIZE = 300_000


def model_bytes(folder: Path) -> bytes:
    """A model that ONNX Runtime loads."""
    path = folder / "made" / "1" / "model.onnx"
    if not path.exists():
        identity(folder / "made", Datatype.FP32, [1])
    return path.read_bytes()


def entry(
    name: str, task: Task, *files: GalleryFile, demo: bool = True, profile: bytes = b""
) -> GalleryEntry:
    """A model of a made-up catalogue."""
    return GalleryEntry(
        title=name.title(),
        summary=SUMMARY,
        task=task,
        licence="MIT",
        files=files,
        lists=(GalleryList.DEMO,) if demo else (),
        name=name,
        beside=(("profile.toml", profile),) if profile else (),
    )


@dataclass
class Stage:
    """The page, and what is behind it."""

    page: GalleryPage
    host: ListeningHost
    server: FileServer
    registry: ModelRegistry
    root: Path
    mirrors: list[str]
    """Every mirror that the gallery was opened with."""
    qtbot: QtBot
    window: QWidget
    control: RepositoryControl

    def standing(self, name: str) -> Standing:
        """How a model stands on the page."""
        return self.page.controller.items[name].standing

    def wait_for(self, name: str, *standings: Standing) -> None:
        """Until a model stands so."""
        self.qtbot.waitUntil(lambda: self.standing(name) in standings, timeout=LONGEST_MS)

    def press(self, name: str) -> None:
        """The first button of a model's card."""
        self.page.grid.cards[name].first.click()


def make_stage(server: FileServer, folder: Path, qtbot: QtBot, undo_ms: int = 60_000) -> Stage:
    """A page of three models, one of which the server can load; it has looked at the disk."""
    root, mirrors = folder / "models", list[str]()
    loadable, noise, text = model_bytes(folder), content(LISTENER_SIZE), content(900, 3)
    for name, data in (("a.onnx", loadable), ("b.onnx", noise), ("c.onnx", text)):
        server.contents[path_of(name)] = data
    catalogue = Catalogue(
        {
            one.name: one
            for one in (
                entry(SPOTTER, Task.OBJECTS, wanted(loadable, from_github("a.onnx"))),
                entry(LISTENER, Task.SPEECH, wanted(noise, from_github("b.onnx"))),
                entry(READER, Task.TEXT, wanted(text, from_github("c.onnx")), demo=False),
            )
        }
    )

    def open_gallery(mirror: str, source: Path | None) -> Gallery:
        mirrors.append(mirror)
        if mirror:
            check_address(mirror)
        patience = Patience(10.0, 20.0)
        web = WebFetcher(Web(patience), patience, mirror or server.url, pauses_s=())
        return Gallery(
            catalogue, root, Fetchers(web, folder=FolderFetcher(source) if source else None)
        )

    host = ListeningHost(Target(EMBEDDED))
    registry = repository_registry((), bundled=False)
    control = RepositoryControl(host.tasks, lambda: registry, host.store)
    page = GalleryPage(host, control, open_gallery, undo_ms)
    window = QWidget()
    qtbot.addWidget(window)
    page.widget.setParent(window)
    for widget in (page.widget, window):
        widget.resize(1000, 560)
        widget.show()
    window.activateWindow()
    page.activated()
    stage = Stage(page, host, server, registry, root, mirrors, qtbot, window, control)
    qtbot.waitUntil(lambda: len(page.controller.items) == 3, timeout=LONGEST_MS)
    return stage


def leave(stage: Stage) -> None:
    """End everything, as the window does."""
    stage.page.close()
    stage.host.tasks.close(10.0)
    stage.registry.close()
    host, page = stage.host, stage.page
    delete_now(
        stage.window,
        page.controller,
        page,
        stage.control,
        host.store,
        host.tasks,
        host.notifier,
        host,
    )


def delete_now(*made: QObject) -> None:
    """Python would free these on whichever thread collects garbage next."""
    for each in made:
        each.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
