"""What is done with a collection: read, opened, saved to and run, off the window's thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError, UsageError
from backend.core.status import Notice, Severity
from backend.inspector.calls import Exchange, Request
from backend.inspector.collections import (
    BesideFile,
    Collection,
    Entry,
    Outcome,
    changed_meanwhile,
    draft_of,
    draft_of_recorded,
    of_live,
    read_collection,
    request_file,
    write_with_files,
)
from backend.inspector.forms import NOTHING_LIVE, Draft, Live, Variables, hidden
from backend.inspector.methods import Method, MethodList
from gui.inspect.engine import Engine
from gui.inspect.method_tree import MethodTree
from gui.inspect.request import RequestController
from gui.inspect.saved.changes import SavedChanges, ask_name
from gui.inspect.saved.menu import Act
from gui.inspect.saved.runs import RunSummary, SavedRuns, describer
from gui.inspect.saved.tree import SavedTree
from gui.inspect.saved.watch import FolderWatch
from gui.state.switches import LOCAL_NAME
from gui.widgets.file_dialogs import ask_folder
from gui.widgets.language import count, tr
from gui.widgets.theme import Palette
from gui.workspace.pages import PageHost


@dataclass(frozen=True, slots=True, eq=False)
class _ToSave:
    """A request to be saved, what the source shows for it, and what becomes files beside it."""

    draft: Draft
    live: Live = NOTHING_LIVE
    beside: Mapping[str, BesideFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """The request whose file the pane shows, and the draft that the pane made of it at first."""

    entry: Entry
    draft: Draft | None


class SavedController(QObject):
    """Follows one collection's folder, which other programs may change at any time."""

    opened = Signal(object)
    """The Draft of a saved request that is to be shown."""
    ran = Signal(object)
    """An Exchange, without secrets, that is to be kept."""
    answered = Signal(object)
    """The Exchange, without secrets, of a request that was run, to be shown."""

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
        self._requests = requests
        self._pane = requests.pane
        self._collection: Collection | None = None
        self._opened: _Opened | None = None
        self.tree = SavedTree(host.palette_roles)
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
        tree.save_wanted.connect(self.save)
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

    def use(self, folder: str) -> None:
        """Follow this collection from now on."""
        settings = self._host.store.current
        if folder != settings.collection:
            self._host.store.update(replace(settings, collection=folder, environment=""))
            self._opened = None
            self.tree.show_on_show(None)
        self.refresh()

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

        self._start(lambda: read_collection(Path(folder)), read, self._unreadable)

    @Slot(object)
    def open(self, entry: Entry) -> None:
        """Show a saved request, to be edited and sent."""
        variables, target = self.variables, self._host.target
        if entry.request is None or variables is None:
            return
        saved, folder, methods = entry.request, entry.file.parent, self._method_list()
        describe = describer(self._engine, target)

        def work() -> Draft:
            method = methods.find(variables.fill(saved.method))
            return draft_of(saved, method, target, variables, describe, folder)

        def show(draft: Draft) -> None:
            self.opened.emit(draft)
            if self._pane.method is draft.method:
                self._show_opened(_Opened(entry, self._pane.draft()))
                outcome = self.tree.outcome(entry.path)
                if outcome is not None and outcome.exchange is not None:
                    self.answered.emit(hidden(outcome.exchange, variables))

        self._start(work, show, self._complain)

    @Slot()
    def save(self) -> None:
        """Write the request on show into its file; one that has none is asked for its name."""
        self._save_on_show(ask=False)

    @Slot()
    def save_as(self) -> None:
        """Ask for a name and write the request on show into the chosen folder."""
        self._save_on_show(ask=True)

    def _save_on_show(self, *, ask: bool) -> None:
        draft = self._pane.draft()
        if draft is None:
            self._pane.complain(self._pane.why_no_draft)
        elif draft.recorded is not None:
            self.save_recorded(draft.method, draft.request())
        else:
            model = draft.form.model if draft.form is not None else ""
            what = _ToSave(draft, self._requests.live_for(model))
            opened = self._opened_of(draft)
            if opened is None or ask:
                self._ask_and_save(what)
            else:
                self._write(opened.entry.file, what, opened)

    def save_recorded(self, method: Method, request: Request) -> None:
        """Ask for a name and write what was sent once as a request of the collection."""

        def made(what: tuple[Draft, Mapping[str, BesideFile]]) -> None:
            self._ask_and_save(_ToSave(what[0], beside=what[1]))

        self._start(lambda: draft_of_recorded(method, request), made, self._complain)

    def _opened_of(self, draft: Draft) -> _Opened | None:
        """The file that a draft was opened from, if it is still a request of that method."""
        opened = self._opened
        if opened is None or opened.draft is None or opened.draft.method != draft.method:
            return None
        return opened if opened.entry.file.exists() else None

    def _ask_and_save(self, what: _ToSave) -> None:
        collection = self._collection

        def use(folder: str) -> None:
            settings = replace(self._host.store.current, collection=folder, environment="")
            self._host.store.update(settings)
            self.refresh(then=lambda: self._ask_and_save(what))

        if collection is None:
            ask_folder(self.tree, tr("Folder of saved requests"), use)
            return
        folder = collection.folder / self.tree.folder()

        def named(name: str) -> None:
            try:
                file = request_file(folder, name)
            except UsageError as error:
                self._complain(error)
                return
            self._write(file, what, None)

        words = tr("Its name, which the file will have")
        ask_name(self.tree, tr("Save the request"), words, what.draft.method.name, named)

    def _write(self, file: Path, what: _ToSave, opened: _Opened | None) -> None:
        """Write a request: a new file, or that which was opened, if it is as it was then."""
        collection = self._collection
        if collection is None:
            return

        def work() -> PurePosixPath:
            before = {entry.file: entry for entry in read_collection(collection.folder).entries}
            old = before.get(file)
            if opened is None and file.exists():
                raise UsageError(
                    tr("There is a request '{name}' already.", name=file.stem),
                    tr("It stays as it is; choose another name."),
                )
            if opened is not None and (old is None or old.request != opened.entry.request):
                raise changed_meanwhile(file)
            request = old.request if old else None
            first = opened.draft if opened is not None else None
            beside = {**what.beside, **of_live(what.draft, request, what.live, first)}
            write_with_files(file, what.draft, request, beside, first)
            return PurePosixPath(file.relative_to(collection.folder).with_suffix("").as_posix())

        def saved(path: PurePosixPath) -> None:
            self.refresh(then=lambda: self._saved(path, what.draft))
            self._host.notifier.log(tr("Saved the request as {path}.", path=str(path)))

        self._start(work, saved, self._complain)

    def _saved(self, path: PurePosixPath, draft: Draft) -> None:
        self.tree.select(path)
        entries = self._collection.entries if self._collection is not None else ()
        entry = next((one for one in entries if one.path == path), None)
        if entry is not None and self._pane.method is draft.method:
            self._show_opened(_Opened(entry, draft))

    def _show_opened(self, opened: _Opened) -> None:
        self._opened = opened
        self.tree.show_on_show(opened.entry.path)

    @Slot(object)
    def _act(self, act: Act) -> None:
        entry, collection = self.tree.entry(), self._collection
        if act is Act.OPEN and entry is not None:
            self.open(entry)
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
                self._follow(path)

        self.refresh(then)

    def _follow(self, path: PurePosixPath) -> None:
        """The opened request has moved there, if that is the one."""
        opened, entry = self._opened, self.tree.entry()
        if opened is None or entry is None or opened.entry.file.exists():
            return
        if entry.path == path and entry.request == opened.entry.request:
            self._show_opened(_Opened(entry, opened.draft))

    @Slot(object, object)
    def _came(self, entry: Entry, outcome: Outcome) -> None:
        self.tree.show_outcome(entry.path, outcome)

    @Slot(object, bool)
    def _answered(self, exchange: Exchange, alone: bool) -> None:
        self.ran.emit(exchange)
        if alone:
            self.answered.emit(exchange)

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
        if meant not in ("", chosen):
            yield tr(
                "{environment} is meant for {target}; the target in the bar is {chosen}.",
                environment=name,
                target=meant,
                chosen=tr(LOCAL_NAME) if chosen == EMBEDDED else chosen,
            )

    def _complain(self, error: Exception) -> None:
        if isinstance(error, ConsoleError):
            self._pane.complain(str(error), error)
        else:
            self._host.notifier.show_error(error)

    def _unreadable(self, error: Exception) -> None:
        self._collection = None
        self.tree.empty()
        self.tree.say(str(error))

    def _start(
        self, work: Callable[[], object], done: Callable[..., None], failed: Callable[..., None]
    ) -> None:
        self._host.tasks.start("collection", work, done, failed)
