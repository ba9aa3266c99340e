"""The saved request that the pane shows: opened, changed there, and written into its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError, UsageError
from backend.core.samples import MediaKind
from backend.inspector.calls import Request
from backend.inspector.collections import (
    BesideFile,
    Collection,
    Entry,
    changed_meanwhile,
    draft_of,
    draft_of_recorded,
    of_live,
    read_collection,
    request_file,
    saved_from,
    write_with_files,
)
from backend.inspector.forms import NOTHING_LIVE, Draft, Live, Variables, hidden
from backend.inspector.methods import Method, MethodList
from gui.inspect.acts import CallPhase
from gui.inspect.engine import Engine
from gui.inspect.method_tree import MethodTree
from gui.inspect.request import RequestController, media_of
from gui.inspect.saved.changes import ask_name
from gui.inspect.saved.tree import SavedTree
from gui.widgets.language import tr
from gui.workspace.pages import PageHost

_WIDEST_FOLDER = 380


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


class RequestOnShow(QObject):
    """`collection` and `variables` give those in use, None where there is no collection."""

    opened = Signal(object)
    """The Draft of a saved request that is to be shown."""
    answered = Signal(object, object)
    """The Exchange, without secrets, that came of it when it was run last, and the Sample that
    was sent, if any."""
    folder_wanted = Signal(object, object)
    """The folder that is to be made and followed, and what is to be called then."""
    written = Signal(object, object)
    """The path within the collection of a file that was written, and the Draft of it."""

    def __init__(
        self,
        host: PageHost,
        engine: Engine,
        methods: MethodTree,
        requests: RequestController,
        tree: SavedTree,
        collection: Callable[[], Collection | None],
        variables: Callable[[], Variables | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._host = host
        self._engine = engine
        self._methods = methods
        self._requests = requests
        self._pane = requests.pane
        self._tree = tree
        self._collection = collection
        self._variables = variables
        self._opened: _Opened | None = None
        self._pane.draft_changed.connect(self._look)

    def forget(self) -> None:
        """The pane shows no file of the collection any more."""
        self._opened = None
        self._look()

    @Slot(object)
    def open(self, entry: Entry) -> None:
        """Show a saved request, to be edited and sent."""
        variables, target = self._variables(), self._host.target
        if entry.request is None or variables is None:
            return
        saved, folder, methods = entry.request, entry.file.parent, MethodList(self._methods.methods)
        engine, media = self._engine, list[MediaKind | None]()

        def describe(model: str, version: str) -> ModelDescription:
            described = engine.describe(target, model, version)
            media.append(media_of(engine.profile(target, described)))
            return described

        def work() -> Draft:
            method = methods.find(variables.fill(saved.method))
            draft = draft_of(saved, method, target, variables, describe, folder)
            if draft.form is None:
                return draft
            return replace(draft, form=replace(draft.form, media=media[-1]))

        def show(draft: Draft) -> None:
            self.opened.emit(draft)
            if self._pane.method is draft.method:
                self._show_opened(_Opened(entry, self._pane.draft()))
                outcome = self._tree.outcome(entry.path)
                if outcome is not None and outcome.exchange is not None:
                    exchange = hidden(outcome.exchange, variables)
                    self.answered.emit(exchange, outcome.sample)

        self._start(work, show, self._complain)

    def take_up(self, collection: Collection) -> None:
        """Show what its file says now, unless it was changed here, too, or is being sent."""
        opened = self._opened
        if opened is None or self._pane.acts.phase is not CallPhase.IDLE:
            return
        before, path = opened.entry, opened.entry.path
        entry = next((one for one in collection.entries if one.path == path), before)
        own = entry.request in (None, before.request) or self._is_changed(opened)
        if not own and self._pane.method == (opened.draft.method if opened.draft else None):
            self.open(entry)

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
        collection = self._collection()
        own = self._engine.requests_folder()
        folder = own if collection is None else collection.folder / self._tree.folder()

        def named(name: str) -> None:
            try:
                file = request_file(folder, name)
            except UsageError as error:
                self._complain(error)
                return
            if collection is None:
                self.folder_wanted.emit(own, lambda: self._write(file, what, None))
            else:
                self._write(file, what, None)

        shown = self._tree.fontMetrics().elidedText(
            str(folder), Qt.TextElideMode.ElideMiddle, _WIDEST_FOLDER
        )
        words = tr("Its name, which the file will have in {folder}", folder=shown)
        ask_name(self._tree, tr("Save the request"), words, what.draft.method.name, named)

    def _write(self, file: Path, what: _ToSave, opened: _Opened | None) -> None:
        """Write a request: a new file, or that which was opened, if it is as it was then."""
        collection = self._collection()
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
            self.written.emit(path, what.draft)
            self._host.notifier.log(tr("Saved the request as {path}.", path=str(path)))

        self._start(work, saved, self._complain)

    def follow_written(self, entry: Entry, draft: Draft) -> None:
        """What the pane shows is what this file says now."""
        if self._pane.method is draft.method:
            self._show_opened(_Opened(entry, draft))

    def _show_opened(self, opened: _Opened) -> None:
        self._opened = opened
        self._look()

    @Slot()
    def _look(self) -> None:
        """Mark its row, and whether the pane would write something else now."""
        opened = self._opened
        if opened is None:
            self._tree.show_on_show(None, changed=False)
        else:
            self._tree.show_on_show(opened.entry.path, changed=self._is_changed(opened))

    def _is_changed(self, opened: _Opened) -> bool:
        draft, first, before = self._pane.draft(), opened.draft, opened.entry.request
        if draft is None or first is None or draft.recorded or draft.method != first.method:
            return False
        try:
            return saved_from(draft, before, opened.entry.file.parent, first) != before
        except UsageError:  # it cannot be written yet
            return True

    def follow(self, path: PurePosixPath) -> None:
        """It has moved there, if that is the one."""
        opened, entry = self._opened, self._tree.entry()
        if opened is None or entry is None or opened.entry.file.exists():
            return
        if entry.path == path and entry.request == opened.entry.request:
            self._show_opened(_Opened(entry, opened.draft))

    def _complain(self, error: Exception) -> None:
        if isinstance(error, ConsoleError):
            self._pane.complain(str(error), error)
        else:
            self._host.notifier.show_error(error)

    def _start(
        self, work: Callable[[], object], done: Callable[..., None], failed: Callable[..., None]
    ) -> None:
        self._host.tasks.start("collection", work, done, failed)
