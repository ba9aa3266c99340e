"""The user's own models: what is said while they are added, choosing them, and undoing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.errors import ConsoleError, SourceError, TargetFault
from backend.core.samples import MediaKind
from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.models.repository import FILE_SUFFIXES
from backend.profiles.book import ProfileChoice
from gui.live.adoption.words import added_notice, failed_notice, progress_notice
from gui.live.sources import SourceController
from gui.state.models import AddedModel, ModelAdoption, RepositoryControl
from gui.state.switches import Switches
from gui.targets import TargetFeature
from gui.widgets.file_dialogs import ask_file
from gui.widgets.language import tr
from gui.workspace.commands import Command
from gui.workspace.feature import Workspace
from gui.workspace.notices import ToastAction

_PROGRESS = "model-adoption"


@dataclass(frozen=True, slots=True)
class _Before:
    """What was chosen before a model, and what was chosen for its sake."""

    switches: Switches
    source: str


class AdoptionController(QObject):
    """Joins the files that come in with the bar, the toasts and the targets.

    Of the files of one drop the first that can be served is chosen, once its profile is known.
    """

    settled = Signal()
    """Every file is in or was refused."""
    refused = Signal(object)
    """The exception of a file that is not in."""

    def __init__(
        self,
        workspace: Workspace,
        adoption: ModelAdoption,
        repositories: RepositoryControl,
        targets: TargetFeature,
        sources: SourceController,
        page: str,
    ) -> None:
        super().__init__(workspace.anchor)
        self._workspace = workspace
        self._notifier = workspace.notifier
        self._switches = workspace.switches
        self._adoption = adoption
        self._repositories = repositories
        self._targets = targets
        self._sources = sources
        self._page = page
        self._unknown: list[AddedModel] = []
        self._choose_next = True
        self._before: dict[str, _Before] = {}
        self._newest: AddedModel | None = None
        workspace.notifier.offer_actions(self)
        adoption.changed.connect(self._show_progress)
        adoption.added.connect(self._added)
        adoption.failed.connect(self._failed)
        adoption.cancelled.connect(self._cancelled)
        adoption.taken_back.connect(self._taken_back)
        targets.controller.catalogue.changed.connect(self._announce_known)

    # -- what the user can do ------------------------------------------------------------------

    def commands(self) -> Iterator[Command]:
        """Adding a model, and undoing that."""
        yield Command(
            "models.add_file",
            tr("Add model file..."),
            self.open_file,
            "Server/models",
            aliases="onnx tflite litert tensorflow lite own import",
        )
        yield Command(
            "models.take_back",
            tr("Remove the model that was added last"),
            self._take_back_newest,
            "Server/models",
            blocked=self._why_nothing_to_take_back,
            aliases="undo add",
        )
        yield Command(
            "models.cancel_adding",
            tr("Cancel adding models"),
            self._adoption.cancel,
            blocked=lambda: "" if self._adoption.file else tr("No model is being added."),
        )

    @Slot()
    def open_file(self) -> None:
        """Ask for a model file."""
        patterns = " ".join(f"*{suffix}" for suffix in FILE_SUFFIXES)
        kinds = tr("Models ({patterns})", patterns=patterns)
        ask_file(
            self._workspace.window,
            tr("Add a model file"),
            lambda path: self.add([Path(path)]),
            kinds,
        )

    def add(self, files: Sequence[Path]) -> None:
        """Check these model files, serve them, and choose the first that can be served."""
        if self._adoption.file is None and not self._unknown:
            self._choose_next = True
        self._adoption.add(files)

    def add_repository(self, root: Path) -> None:
        """Serve the models of a folder from where they are."""
        if root.resolve() in {known.root for known in self._repositories.repositories}:
            title = tr("{folder} is there already", folder=root.name)
            self._notifier.show_notice(Notice(Severity.INFO, title, self._places()))
            return
        self._repositories.add(root)
        body = tr("Its models are served from where they are, and at the next start too.")
        undo = ToastAction(tr("Undo"), partial(self._repositories.remove, root))
        title = tr("Model repository {folder} was added", folder=root.name)
        self._notifier.show_notice(
            Notice(Severity.INFO, title, f"{body} {self._places()}"), (undo,)
        )

    def close(self) -> None:
        """The window closes: what is not in yet is given up."""
        self._adoption.cancel()

    @staticmethod
    def _places() -> str:
        return tr("The Server panel lists them.")

    # -- ways out ------------------------------------------------------------------------------

    def of_error(self, error: BaseException) -> tuple[ToastAction, ...]:
        """A model that was given as a source can be added instead."""
        source = self._switches.current.source
        if isinstance(error, SourceError) and source.lower().endswith(FILE_SUFFIXES):
            return (ToastAction(tr("Add it to the server"), partial(self._add_source, source)),)
        return ()

    def of_fault(self, fault: TargetFault) -> tuple[ToastAction, ...]:
        """Nothing: what is wrong with a target is a matter of the targets."""
        del fault
        return ()

    def _add_source(self, source: str) -> None:
        self._sources.choose(Switches().source)
        self.add([Path(source)])

    # -- what happens --------------------------------------------------------------------------

    @Slot()
    def _show_progress(self) -> None:
        file = self._adoption.file
        notice = None
        if file is not None:
            notice = progress_notice(file, self._adoption.progress, self._adoption.waiting)
        cancel = ToastAction(tr("Cancel"), self._adoption.cancel)
        self._notifier.show_condition(_PROGRESS, notice, (cancel,))

    @Slot(object)
    def _added(self, added: AddedModel) -> None:
        self._unknown.append(added)
        self._announce_known()

    @Slot()
    def _announce_known(self) -> None:
        """Choose and announce what is known by now: the server was asked what it takes."""
        for added in tuple(self._unknown):
            known = self._targets.controller.catalogue.own(added.name)
            if added not in self._unknown:  # what one is chosen for has told of the others
                continue
            if known is None or (known.choice is None and known.error is None):
                continue
            self._unknown.remove(added)
            if known.choice is not None:
                self._announce(added, known.choice)
            else:
                notice = failed_notice(added.file, known.error)
                self._notifier.show_notice(notice, self._undo(added))
                self.refused.emit(known.error)
            self._look_if_settled()

    def _announce(self, added: AddedModel, choice: ProfileChoice) -> None:
        chosen, self._choose_next = self._choose_next, False
        elsewhere = self._switches.current.target.name != EMBEDDED
        use = partial(self.use, added.name, choice.profile.kind)
        if chosen:
            use()
            first = ToastAction(tr("Edit profile"), partial(self._edit, use))
        else:
            first = ToastAction(tr("Use"), use)
        notice, details = added_notice(added, choice, chosen=chosen, moved=chosen and elsewhere)
        self._notifier.show_notice(notice, (first, *self._undo(added)), details)

    def _undo(self, added: AddedModel) -> tuple[ToastAction, ...]:
        """Nothing was made for a model that was there before."""
        if added.adopted.reused:
            return ()
        self._newest = added
        return (ToastAction(tr("Undo"), partial(self._take_back, added)),)

    @Slot(object, object)
    def _failed(self, file: Path, error: Exception) -> None:
        if isinstance(error, ConsoleError):
            self._notifier.show_notice(failed_notice(file, error))
        else:
            self._notifier.show_error(error)
        self.refused.emit(error)
        self._look_if_settled()

    def _look_if_settled(self) -> None:
        if self._adoption.file is None and not self._unknown:
            self.settled.emit()

    @Slot(object)
    def _cancelled(self, file: Path) -> None:
        title = tr("{file} was not added", file=file.name)
        self._notifier.show_notice(Notice(Severity.INFO, title, tr("You cancelled it.")))

    # -- choosing, and undoing it --------------------------------------------------------------

    def use(self, model: str, kind: MediaKind) -> None:
        """Choose a model of the embedded server, and a source that gives what it takes."""
        before = self._switches.current
        if before.target.name != EMBEDDED:
            self._switches.use(before.aimed_at(Target(EMBEDDED)))
        self._sources.fit_to_model(model, kind)
        source = self._switches.current.source
        if before.model != model:
            self._before[model] = _Before(before, source)
        self._switches.use(replace(self._switches.current, model=model))
        self._workspace.navigator.show_page(self._page)

    def _edit(self, use: Callable[[], None]) -> None:
        use()
        self._targets.model_dialogs.open_profile()

    def _take_back(self, added: AddedModel) -> None:
        if self._newest == added:
            self._newest = None
        before = self._before.pop(added.name, None)
        now = self._switches.current
        chosen = now.model == added.name and now.target.name == EMBEDDED
        if before is not None:
            self._skip(added.name, before)
            if chosen:
                self._restore(before)
        self._adoption.take_back(added)

    def _skip(self, model: str, before: _Before) -> None:
        """It goes: what would return to it returns to what was chosen before it."""
        for name, other in self._before.items():
            if other.switches.model == model:
                self._before[name] = replace(other, switches=before.switches)

    def _restore(self, before: _Before) -> None:
        now = self._switches.current
        if before.switches.target != now.target:
            self._switches.use(now.aimed_at(before.switches.target))
            now = self._switches.current
        if now.source == before.source != before.switches.source:
            self._sources.choose(before.switches.source)
            now = self._switches.current
        self._switches.use(replace(now, model=before.switches.model))

    @Slot(object)
    def _taken_back(self, added: AddedModel) -> None:
        title = tr("{model} was removed again", model=added.name)
        body = tr("Your file {file} is where it was.", file=added.file.name)
        self._notifier.show_notice(Notice(Severity.INFO, title, body))

    def _take_back_newest(self) -> None:
        if self._newest is not None:
            self._take_back(self._newest)

    def _why_nothing_to_take_back(self) -> str:
        return "" if self._newest else tr("No model was added since the window was opened.")
