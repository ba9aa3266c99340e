"""What is done with a collection: read, opened, saved to and run, off the window's thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.samples import Sample
from backend.core.status import Notice, Severity
from backend.inspector.calls import Exchange
from backend.inspector.collections import (
    Collection,
    Entry,
    Outcome,
    make_collection,
    read_collection,
)
from backend.inspector.forms import Draft, Variables
from backend.inspector.methods import MethodList
from gui.inspect.engine import Engine
from gui.inspect.method_tree import MethodTree
from gui.inspect.request import RequestController
from gui.inspect.saved.changes import SavedChanges
from gui.inspect.saved.menu import Act
from gui.inspect.saved.on_show import RequestOnShow
from gui.inspect.saved.runs import RunSummary, SavedRuns
from gui.inspect.saved.tree import SavedTree
from gui.inspect.saved.watch import FolderWatch
from gui.state.switches import LOCAL_NAME
from gui.widgets.file_dialogs import ask_folder
from gui.widgets.language import count, tr
from gui.widgets.theme import Palette
from gui.workspace.pages import PageHost


class SavedController(QObject):
    """Follows one collection's folder, which other programs may change at any time."""

    ran = Signal(object)
    """An Exchange, without secrets, that is to be kept."""
    answered = Signal(object, object)
    """The Exchange, without secrets, of a request that was run, to be shown, and the Sample that
    was sent, if any."""

    def __init__(
        self,
        host: PageHost,
        engine: Engine,
        methods: MethodTree,
        requests: RequestController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._host = host
        self._engine = engine
        self._methods = methods
        self._pane = requests.pane
        self._collection: Collection | None = None
        self.tree = SavedTree(host.palette_roles)
        self.on_show = RequestOnShow(
            host,
            engine,
            methods,
            requests,
            self.tree,
            lambda: self._collection,
            lambda: self.variables,
            self,
        )
        self._changes = SavedChanges(host, self.tree, self)
        self._runs = SavedRuns(host, engine, self)
        self._watch = FolderWatch(self)
        self._connect()

    def _connect(self) -> None:
        tree, runs = self.tree, self._runs
        tree.folder_wanted.connect(self.ask_folder)
        tree.environment_chosen.connect(self.use_environment)
        tree.act_wanted.connect(self._act)
        tree.moved.connect(self._move)
        tree.save_wanted.connect(self.on_show.save)
        self.on_show.folder_wanted.connect(self._begin)
        self.on_show.written.connect(self._written)
        self.on_show.answered.connect(self.answered)
        tree.stop_wanted.connect(runs.stop)
        self._changes.changed.connect(self._changed)
        self._watch.changed.connect(self.refresh)
        self._host.target_changed.connect(self._use_values)
        runs.began.connect(lambda entry: tree.show_running(entry.path))
        runs.came.connect(self._came)
        runs.answered.connect(self._answered)
        runs.over.connect(self._over)

    @property
    def variables(self) -> Variables | None:
        """What `{{names}}` stand for; None without a collection."""
        if self._collection is None:
            return None
        name = self._host.store.current.environment
        if name not in self._collection.environments:
            name = ""
        return self._collection.variables(name, {}, os.environ)

    def set_palette_roles(self, palette: Palette) -> None:
        """Take up another palette."""
        self.tree.set_palette_roles(palette)

    def close(self) -> None:
        """Run nothing more."""
        self._watch.close()
        self._runs.close()

    @Slot()
    def ask_folder(self) -> None:
        """Let the user choose the folder of a collection."""
        ask_folder(self.tree, tr("Folder of saved requests"), self.use)

    @Slot(object, object)
    def _begin(self, folder: Path, then: Callable[[], None]) -> None:
        """Make a folder, if there is none, and follow it."""
        self._start(
            lambda: make_collection(folder),
            lambda _: self.use(str(folder), then),
            self._host.notifier.show_error,
        )

    def use(self, folder: str, then: Callable[[], None] = lambda: None) -> None:
        """Follow this collection from now on."""
        settings = self._host.store.current
        if folder != settings.collection:
            self._host.store.update(replace(settings, collection=folder, environment=""))
            self.on_show.forget()
        self.refresh(then)

    @Slot()
    def refresh(self, then: Callable[[], None] = lambda: None) -> None:
        """Read the folder again."""
        folder = self._host.store.current.collection
        if not folder:
            return

        def read(collection: Collection) -> None:
            self._watch.follow(collection)
            if collection != self._collection:
                self._collection = collection
                self.tree.show_collection(collection, self._host.store.current.environment)
                self._use_values()
            then()
            self.on_show.take_up(collection)

        self._start(lambda: read_collection(Path(folder)), read, self._unreadable)

    @Slot(object)
    def _act(self, act: Act) -> None:
        entry, collection = self.tree.entry(), self._collection
        if act is Act.OPEN and entry is not None:
            self.on_show.open(entry)
        elif act in (Act.RUN, Act.RUN_ALL):
            self._run(self.tree.all() if act is Act.RUN_ALL else self.tree.chosen())
        elif collection is not None:
            self._changes.act(act, collection)

    def _run(self, entries: list[Entry]) -> None:
        """Send these, one after another, and look at their checks."""
        variables = self.variables
        if entries and variables is not None and not self._runs.running:
            self.tree.set_busy(busy=True)
            self._runs.run(entries, variables, self._method_list())

    @Slot(object, object)
    def _move(self, paths: Sequence[PurePosixPath], folder: PurePosixPath) -> None:
        if self._collection is not None:
            self._changes.move(self._collection, paths, folder)

    @Slot(object)
    def _changed(self, path: PurePosixPath | None) -> None:
        def then() -> None:
            if path is not None:
                self.tree.select(path)
                self.on_show.follow(path)

        self.refresh(then)

    @Slot(object, object)
    def _written(self, path: PurePosixPath, draft: Draft) -> None:
        def then() -> None:
            self.tree.select(path)
            entry = self.tree.entry()
            if entry is not None and entry.path == path:
                self.on_show.follow_written(entry, draft)

        self.refresh(then)

    @Slot(object, object)
    def _came(self, entry: Entry, outcome: Outcome) -> None:
        self.tree.show_outcome(entry.path, outcome)

    @Slot(object, object, bool)
    def _answered(self, exchange: Exchange, sample: Sample | None, alone: bool) -> None:
        self.ran.emit(exchange)
        if alone:
            self.answered.emit(exchange, sample)

    @Slot(object)
    def _over(self, summary: RunSummary) -> None:
        self.tree.set_busy(busy=False)
        ran = len(summary.outcomes)
        if ran + summary.left_out > 1:
            many = count(ran, "{n} request", "{n} requests")
            words = tr("{many}, {failed} failed", many=many, failed=summary.failed)
            if summary.left_out:
                words += ", " + tr("{n} not sent", n=summary.left_out)
            good = not (summary.failed or summary.left_out)
            self.tree.show_summary(words, "ok" if good else "warning")
            if not self.tree.isVisible():
                level = Severity.INFO if good else Severity.WARNING
                self._host.notifier.show_notice(Notice(level, tr("Collection run"), words))

    def _method_list(self) -> MethodList:
        return MethodList(self._methods.methods)

    @Slot(str)
    def use_environment(self, name: str) -> None:
        """Take the values of another environment, '' for the collection's own alone."""
        self._host.store.update(replace(self._host.store.current, environment=name))
        self._use_values()

    @Slot()
    def _use_values(self) -> None:
        """Take up what variables stand for now, and say what is to be known of the collection."""
        self._pane.use_variables(self.variables)
        if self._collection is not None:
            self.tree.say("\n".join((*self._collection.problems, *self._remarks(self._collection))))

    def _remarks(self, collection: Collection) -> Iterator[str]:
        if not (collection.entries or collection.folders):
            yield tr("No requests yet: save the one on show.")
        name = self._host.store.current.environment
        chosen = self._host.target.name
        meant = collection.environments[name].target if name in collection.environments else ""
        with suppress(UsageError):  # whoever sends is told
            meant = collection.variables(name, {}, {}).fill(meant)
        if meant not in ("", chosen):
            yield tr(
                "{environment} is meant for {target}; the target in the bar is {chosen}.",
                environment=name,
                target=meant,
                chosen=tr(LOCAL_NAME) if chosen == EMBEDDED else chosen,
            )

    def _unreadable(self, error: Exception) -> None:
        self._collection = None
        self.tree.empty()
        self.tree.say(str(error))

    def _start(
        self, work: Callable[[], object], done: Callable[..., None], failed: Callable[..., None]
    ) -> None:
        self._host.tasks.start("collection", work, done, failed)
