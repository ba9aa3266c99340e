"""What is done with a collection: read, opened, saved to and run, off the window's thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QInputDialog

from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError, UsageError
from backend.core.status import Notice, Severity
from backend.inspector.calls import Exchange, Request
from backend.inspector.collections import (
    BesideFile,
    Collection,
    Entry,
    Outcome,
    Place,
    draft_of,
    draft_of_recorded,
    of_live,
    read_collection,
    request_file,
    run_request,
    write_with_files,
)
from backend.inspector.forms import NOTHING_LIVE, Draft, Live, Variables, hidden
from backend.inspector.methods import Method, MethodList
from gui.inspect.call_controller import CallController
from gui.inspect.engine import Engine
from gui.inspect.method_tree import MethodTree
from gui.inspect.request import RequestController
from gui.inspect.saved.tree import SavedTree
from gui.widgets.dialog_buttons import plain_buttons
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


class SavedController(QObject):
    """Follows one collection's folder, which other programs may change at any time."""

    opened = Signal(object)
    """The Draft of a saved request that is to be shown."""
    ran = Signal(object)
    """An Exchange, without secrets, that is to be kept."""
    answered = Signal(object)
    """The Exchange of a request that was run alone, to be shown."""

    def __init__(
        self,
        host: PageHost,
        engine: Engine,
        calls: CallController,
        methods: MethodTree,
        requests: RequestController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._host = host
        self._engine = engine
        self._calls = calls
        self._methods = methods
        self._requests = requests
        self._pane = requests.pane
        self._collection: Collection | None = None
        self._to_run: list[Entry] = []
        self._outcomes: list[Outcome] = []
        self._running = False
        self._closed = False
        self.tree = SavedTree(host.palette_roles)
        self.tree.folder_wanted.connect(self.ask_folder)
        self.tree.environment_chosen.connect(self.use_environment)
        self.tree.opened.connect(self.open)
        self.tree.run_wanted.connect(self.run)
        self.tree.save_wanted.connect(self.save)

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
        self._closed = True
        self._to_run.clear()

    @Slot()
    def ask_folder(self) -> None:
        """Let the user choose the folder of a collection."""
        ask_folder(self.tree, tr("Folder of saved requests"), self.use)

    def use(self, folder: str) -> None:
        """Follow this collection from now on."""
        settings = self._host.store.current
        if folder != settings.collection:
            self._host.store.update(replace(settings, collection=folder, environment=""))
        self.refresh(then=lambda: None)

    def refresh(self, then: Callable[[], None] = lambda: None) -> None:
        """Read the folder again."""
        folder = self._host.store.current.collection
        if not folder:
            return

        def read(collection: Collection) -> None:
            self._collection = collection
            self.tree.show_collection(collection, self._host.store.current.environment)
            self._pane.use_variables(self.variables)
            then()

        self._start(lambda: read_collection(Path(folder)), read, self._unreadable)

    @Slot(object)
    def open(self, entry: Entry) -> None:
        """Show a saved request, to be edited and sent."""
        variables = self.variables
        if entry.request is None or variables is None:
            self._pane.complain(entry.problem)
            return
        saved, folder, place = entry.request, entry.file.parent, self._place()

        def work() -> Draft:
            method = place.find(variables.fill(saved.method))
            return draft_of(saved, method, place.target, variables, place.describe, folder)

        self._start(work, self.opened.emit, self._complain)

    @Slot()
    def save(self) -> None:
        """Ask for a name and write the request on show into the chosen folder."""
        draft = self._pane.draft()
        if draft is None:
            self._pane.complain(self._pane.why_no_draft)
        elif draft.recorded is not None:
            self.save_recorded(draft.method, draft.request())
        else:
            model = draft.form.model if draft.form is not None else ""
            self._save(_ToSave(draft, self._requests.live_for(model)))

    def save_recorded(self, method: Method, request: Request) -> None:
        """Ask for a name and write what was sent once as a request of the collection."""

        def made(what: tuple[Draft, Mapping[str, BesideFile]]) -> None:
            self._save(_ToSave(what[0], beside=what[1]))

        self._start(lambda: draft_of_recorded(method, request), made, self._complain)

    @Slot(object)
    def run(self, entries: list[Entry]) -> None:
        """Send these, one after another, and look at their checks."""
        if not self._running and entries:
            self._to_run, self._outcomes = list(entries), []
            self.tree.set_busy(busy=True)
            self._run_next()

    def _save(self, what: _ToSave) -> None:
        collection = self._collection

        def use(folder: str) -> None:
            settings = replace(self._host.store.current, collection=folder, environment="")
            self._host.store.update(settings)
            self.refresh(then=lambda: self._save(what))

        if collection is None:
            ask_folder(self.tree, tr("Folder of saved requests"), use)
            return
        entry, on_show = self.tree.entry(), what.draft.method is self._pane.method
        dialog = QInputDialog(self.tree)
        dialog.setWindowTitle(tr("Save the request"))
        dialog.setLabelText(tr("Its name, which the file will have"))
        name = entry.name if entry is not None and on_show and not what.beside else ""
        dialog.setTextValue(name or what.draft.method.name)
        folder = collection.folder / self.tree.folder()
        dialog.textValueSelected.connect(lambda name: self._save_as(folder, name, what))
        dialog.open()
        plain_buttons(dialog)

    def _save_as(self, folder: Path, name: str, what: _ToSave) -> None:
        """Write a request; one of that name keeps its checks."""
        collection = self._collection
        if collection is None:
            return

        def work() -> PurePosixPath:
            path = request_file(folder, name)
            before = {entry.file: entry for entry in read_collection(collection.folder).entries}
            old = before.get(path)
            if old is not None and old.request is None:
                raise UsageError(old.problem, tr("It stays as it is; choose another name."))
            request = old.request if old else None
            beside = {**what.beside, **of_live(what.draft, request, what.live)}
            write_with_files(path, what.draft, request, beside)
            return PurePosixPath(path.relative_to(collection.folder).with_suffix("").as_posix())

        def saved(path: PurePosixPath) -> None:
            self.refresh(then=lambda: self.tree.select(path))
            self._host.notifier.log(tr("Saved the request as {path}.", path=str(path)))

        self._start(work, saved, self._complain)

    def _run_next(self) -> None:
        variables = self.variables
        if not self._to_run or variables is None or self._closed:
            self._running = False
            self.tree.set_busy(busy=False)
            self._tell()
            return
        self._running = True
        entry = self._to_run.pop(0)
        place = self._place()
        self.tree.show_running(entry.path)

        def work() -> Outcome:
            if entry.request is None:
                return Outcome(error=entry.problem, exit_code=UsageError.exit_code)
            return run_request(entry.request, entry.file.parent, variables, place)

        def done(outcome: Outcome) -> None:
            self._outcomes.append(outcome)
            self.tree.show_outcome(entry.path, outcome)
            if outcome.exchange is not None:
                self._keep(outcome.exchange, variables)
            self._run_next()

        def failed(error: Exception) -> None:
            self._host.notifier.show_error(error)
            self._run_next()

        self._start(work, done, failed)

    def _keep(self, exchange: Exchange, variables: Variables) -> None:
        self.ran.emit(hidden(exchange, variables))
        if len(self._outcomes) == 1 and not self._to_run:
            self.answered.emit(exchange)

    def _tell(self) -> None:
        failed = sum(not outcome.ok for outcome in self._outcomes)
        many = count(len(self._outcomes), "{n} request", "{n} requests")
        if len(self._outcomes) > 1 and not self._closed:
            words = tr("{many}, {failed} failed", many=many, failed=failed)
            level = Severity.WARNING if failed else Severity.INFO
            self._host.notifier.show_notice(Notice(level, tr("Collection run"), words))

    def _place(self) -> Place:
        target, engine = self._host.target, self._engine

        def describe(model: str, version: str) -> ModelDescription:
            control = engine.make_control(target)
            try:
                return control.model_metadata(model, version)
            finally:
                control.close()

        caller = self._calls.caller
        if caller is None:
            raise UsageError(tr("The target is not known yet."))
        sample = self._host.newest_sample()

        def live(model: str) -> Live:
            return Live.of(sample, engine.profile(target, describe(model, "")))

        return Place(target, caller, MethodList(self._methods.methods).find, describe, live)

    @Slot(str)
    def use_environment(self, name: str) -> None:
        """Take the values of another environment, '' for the collection's own alone."""
        self._host.store.update(replace(self._host.store.current, environment=name))
        self._pane.use_variables(self.variables)

    def _complain(self, error: Exception) -> None:
        if isinstance(error, ConsoleError):
            self._pane.complain(str(error), error)
        else:
            self._host.notifier.show_error(error)

    def _unreadable(self, error: Exception) -> None:
        self._collection = None
        self.tree.say(str(error))

    def _start(
        self, work: Callable[[], object], done: Callable[..., None], failed: Callable[..., None]
    ) -> None:
        self._host.tasks.start("collection", work, done, failed)
