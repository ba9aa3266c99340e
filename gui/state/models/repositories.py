"""The model repositories of the embedded server: every change happens off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.core.errors import ConsoleError
from backend.models.code import Decision, ModelCode, RememberedCode
from backend.models.repository import ModelState
from gui.state.models.rows import ModelRepositories, Repository, looked_at, standing
from gui.state.settings import SettingsStore
from gui.state.tasks import T, Tasks
from gui.widgets.language import tr

_LOOK_AGAIN_MS = 500


@dataclass(frozen=True, slots=True)
class CodeQuestion:
    """Models of a folder that are programs, of which nobody has said that they may run.

    `changed` says that something was decided before their files became what they are now.
    """

    root: Path
    codes: tuple[ModelCode, ...]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a change: lines for the log, and what is left to be asked."""

    lines: tuple[str, ...] = ()
    question: CodeQuestion | None = None


class RepositoryControl(QObject):
    """The models there are, and the ways to change that.

    Folders that the user added are remembered; those of the command line are used for this run
    only. Looking reads folders, so that too happens elsewhere; while something loads it looks
    again and again.
    """

    changed = Signal()
    """`repositories` is another one, or `brings` says something else."""
    models_changed = Signal()
    """Other models may be served now."""
    failed = Signal(object)
    """The exception of a change that did not happen."""
    question_raised = Signal(object)
    """A CodeQuestion; until it is answered, its models are refused and the others served."""
    logged = Signal(str)
    """A line for the log."""

    def __init__(
        self,
        tasks: Tasks,
        find_models: Callable[[], ModelRepositories | None],
        store: SettingsStore,
        given: Sequence[Path] = (),
        code: RememberedCode | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._code = code or RememberedCode(None)
        self._tasks = tasks
        self._find_models = find_models
        self._store = store
        self._given = tuple(given)
        self._busy: dict[str, int] = {}
        self._seen_busy: frozenset[str] = frozenset()
        self._problems: dict[Path, str] = {}
        self._looking = self._again = self._begun = False
        self.repositories: tuple[Repository, ...] = ()
        self.wanted: Callable[[], str] = str
        """Names the model that is loaded before others, '' for none; called from any thread."""
        self._timer = QTimer(self, singleShot=True, interval=_LOOK_AGAIN_MS)
        self._timer.timeout.connect(self.look)

    @Slot()
    def begin(self) -> None:
        """The server is up: add what was given and what is remembered, once."""
        if self._begun:
            return
        self._begun = True
        for root in self._folders():
            self._put_in(root)
        self.look()

    def _folders(self) -> tuple[Path, ...]:
        """Those of the command line, and those that are remembered."""
        remembered = map(Path, self._store.current.repositories)
        return tuple(dict.fromkeys((*self._given, *remembered)))

    def brings(self, name: str) -> bool:
        """Whether a model may be served in a moment: it is being loaded, or its folder added."""
        if self._find_models() is None:
            return False
        rows = [row for found in self.repositories for row in found.models if row.name == name]
        if any(row.loaded for row in rows):
            return False
        if name in self._busy or any(row.state is ModelState.LOADING for row in rows):
            return True
        if any(row.reason for row in rows):  # it was tried, and is not served
            return False
        folders = {str(root) for root in self._folders()}
        return bool(folders) if not self._begun else not folders.isdisjoint(self._busy)

    def add(self, root: Path) -> None:
        """Add a folder, remember it, and load its models."""
        self.remember(root)
        self._put_in(root)

    def remember(self, root: Path) -> bool:
        """Add the folder at the next start too; False if that was known before."""
        known = self._store.current.repositories
        if str(root) in known or root in self._given:
            return False
        self._store.update(replace(self._store.current, repositories=(*known, str(root))))
        return True

    def load_from(self, root: Path, name: str) -> None:
        """Load a model of a folder, which is added and remembered if it is not known yet.

        Why it could not be loaded is in its row and in the log.
        """
        self.remember(root)

        def work(models: ModelRepositories) -> _Outcome:
            if root.resolve() in dict(models.repositories()):
                return _Outcome(tuple(self._load_all(models, (name,))))
            return self._added(models, root)

        self._do(name, work)

    def remove(self, root: Path) -> None:
        """Unload a folder's models and forget it."""
        self.forget(root)

        def work(models: ModelRepositories) -> _Outcome:
            models.remove_repository(root)
            return _Outcome((f"{root}: {tr('removed')}",))

        self._do(str(root), work)

    def forget(self, root: Path) -> None:
        """Do not add the folder any more."""
        kept = tuple(text for text in self._store.current.repositories if Path(text) != root)
        self._store.update(replace(self._store.current, repositories=kept))
        self._given = tuple(other for other in self._given if other != root)
        self._problems.pop(root, None)

    def load(self, name: str) -> None:
        """Load a model, or load it anew; ask first if it is a program that was not allowed."""

        def work(models: ModelRepositories) -> _Outcome:
            code = models.code(name)
            if code is not None and self._code.decision(code) is not Decision.ALLOWED:
                return _Outcome(question=self._question(code.folder.parent, [code]))
            models.load(name)
            return _Outcome((f"{name}: {tr('loaded')}",))

        self._do(name, work)

    def answer(self, question: CodeQuestion, *, allowed: bool) -> None:
        """Remember whether these models may run; those that may are loaded."""

        def work(models: ModelRepositories) -> _Outcome:
            word = tr("may run") if allowed else tr("may not run")
            lines = [f"{code.model}: {word}" for code in question.codes]
            try:
                self._code.decide(question.codes, allowed=allowed)
            except ConsoleError as error:
                lines.append(str(error))
            names = [code.model for code in question.codes] if allowed else []
            return _Outcome((*lines, *self._load_all(models, names)))

        self._do(str(question.root), work)

    def unload(self, name: str) -> None:
        """Stop serving a model."""

        def work(models: ModelRepositories) -> _Outcome:
            models.unload(name)
            return _Outcome((f"{name}: {tr('unloaded')}",))

        self._do(name, work)

    @Slot()
    def look(self) -> None:
        """See what there is now."""
        models = self._find_models()
        if models is None or self._looking:
            self._again = self._looking
            return
        self._looking, self._again = True, False
        self._tasks.start("models", lambda: looked_at(models), self._saw, self._could_not_look)

    def _put_in(self, root: Path) -> None:
        self._problems.pop(root, None)
        before = {repository.root for repository in self.repositories}

        def failed(error: Exception) -> None:
            self._problems[root] = str(error)
            if root.resolve() not in before:
                self.failed.emit(error)

        self._do(str(root), lambda models: self._added(models, root), failed)

    def _added(self, models: ModelRepositories, root: Path) -> _Outcome:
        """Off the window's thread: know a folder and load its models."""
        models.add_repository(root)
        names = dict(models.repositories()).get(root.resolve(), ())
        codes = [code for name in names if (code := self._undecided(models, name)) is not None]
        ready = {entry.name for entry in models.index() if entry.state is ModelState.READY}
        waiting = [name for name in names if name not in ready]
        lines = (f"{root}: {tr('added')}", *self._load_all(models, waiting))
        return _Outcome(lines, self._question(root.resolve(), codes) if codes else None)

    def _load_all(self, models: ModelRepositories, names: Sequence[str]) -> list[str]:
        """Load what can be loaded; why the others could not be."""
        lines, left = [], list(names)
        while left:
            wanted = self.wanted()
            name = left.pop(left.index(wanted) if wanted in left else 0)
            try:
                models.load(name)
            except ConsoleError as error:
                lines.append(str(error))
        return lines

    def _undecided(self, models: ModelRepositories, name: str) -> ModelCode | None:
        """The code of a model if nobody has said yes or no to it as it is."""
        try:
            code = models.code(name)
        except ConsoleError:
            return None  # loading it says why
        undecided = (Decision.OPEN, Decision.CHANGED)
        return code if code is not None and self._code.decision(code) in undecided else None

    def _question(self, root: Path, codes: Sequence[ModelCode]) -> CodeQuestion:
        changed = any(self._code.decision(code) is Decision.CHANGED for code in codes)
        return CodeQuestion(root, tuple(codes), changed)

    def _do(
        self,
        what: str,
        work: Callable[[ModelRepositories], _Outcome],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        def done(outcome: _Outcome) -> None:
            for line in outcome.lines:
                self.logged.emit(line)
            if outcome.question is not None:
                self.question_raised.emit(outcome.question)

        self.change(what, work, done, failed or self.failed.emit)

    def change(
        self,
        what: str,
        work: Callable[[ModelRepositories], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Let `work` do something to the models, off the window's thread, and look what there is.

        The model `what` is busy meanwhile. Nothing happens before there is a server.
        """
        models = self._find_models()
        if models is None:
            return
        self._busy[what] = self._busy.get(what, 0) + 1

        def over() -> None:
            left = self._busy.pop(what) - 1
            if left:
                self._busy[what] = left

        def finish(result: T) -> None:
            over()
            done(result)
            self.look()

        def give_up(error: Exception) -> None:
            over()
            failed(error)
            self.look()

        self._tasks.start("model", lambda: work(models), finish, give_up)
        self.look()

    def _saw(self, seen: tuple[Repository, ...]) -> None:
        self._looking = False
        there = {repository.root for repository in seen}
        lost = [
            Repository(root, (), problem)
            for root, problem in self._problems.items()
            if root.resolve() not in there
        ]
        busy = self._busy
        marked = tuple(
            replace(
                repository,
                models=tuple(replace(row, busy=row.name in busy) for row in repository.models),
            )
            for repository in (*lost, *seen)
        )
        before, self.repositories = self.repositories, marked
        was_busy, self._seen_busy = self._seen_busy, frozenset(busy)
        if marked != before or was_busy != self._seen_busy:
            self.changed.emit()
            if standing(marked) != standing(before):
                self.models_changed.emit()
        if self._again:
            self.look()
        elif busy or any(
            row.state in (ModelState.LOADING, ModelState.UNLOADING)
            for repository in marked
            for row in repository.models
        ):
            self._timer.start()

    def _could_not_look(self, error: Exception) -> None:
        self._looking = False
        self.failed.emit(error)
