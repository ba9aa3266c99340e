"""Choosing a target: the list of them, what the chosen one can do, and switches that fit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED, RunSettings
from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.profiles.model_profile import ModelProfile
from backend.targets import resolve
from gui.state.limits import SwitchLimits
from gui.state.model_offers import ModelOffer
from gui.state.run_control import RunControl
from gui.state.server_control import ServerControl
from gui.state.switchboard import SwitchModel
from gui.state.switches import Switches, target_title
from gui.state.tasks import Tasks
from gui.targets.catalogue import TargetCatalogue
from gui.targets.engine import TargetEngine
from gui.targets.model_offers import foreign_offers, model_to_begin_with, own_offers
from gui.widgets.language import tr

_T = TypeVar("_T")


class TargetController(QObject):
    """Knows the saved targets and the chosen one; `profile_for` and `resolve` suit any thread."""

    listed = Signal()
    """`targets` is another tuple."""
    learned = Signal()
    """`offers`, `limits` or `catalogue` have more to say of the chosen target."""
    noticed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        engine: TargetEngine,
        server: ServerControl,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.engine = engine
        self._server = server
        self._tasks = tasks
        self._board: SwitchModel
        self._run: RunControl
        self._usable: dict[Target, Target] = {}
        self._models: dict[str, str] = {}
        self._own: tuple[ModelOffer, ...] = ()
        self._to_fit = self._to_fit_model = False
        self._handed: object = None
        self.targets = engine.store.targets()
        self._told = engine.store.problem
        self.catalogue = TargetCatalogue(engine, tasks, self.resolve, self)

    def follow(self, board: SwitchModel, run: RunControl) -> None:
        """Know the target that is chosen there, and keep the run in step with what is learned."""
        self._board, self._run = board, run
        self.catalogue.changed.connect(self._learned)

    # -- for runs and pages --------------------------------------------------------------------

    def resolve(self, target: Target) -> Target:
        """The target with addresses and values that can be used; raises UsageError."""
        if target.name == EMBEDDED:
            return self._server.resolve(target)
        found = resolve(target, self.engine.store.secrets)
        self._usable[target] = found
        return found

    def usable(self, target: Target) -> Target:
        """The same without waiting: as it was resolved last."""
        if target.name == EMBEDDED:
            return self._server.resolve(target)
        return self._usable.get(target, target)

    def profile_for(self, settings: RunSettings) -> ModelProfile:
        """The profile for a run's model; raises what kept it from being known."""
        return self.catalogue.profile_for(settings)

    # -- the chosen target ---------------------------------------------------------------------

    def used(self, switches: Switches) -> None:
        """These switches hold from now on; a model that was used there before is used again."""
        target = switches.target
        if target == self.catalogue.target:
            self._model_used(switches)
            return
        self._to_fit = self._to_fit_model = True
        before = self._models.get(target.name, "")
        if before and before != switches.model:
            self._board.use(replace(switches, model=before))
            return
        self.catalogue.aim(target, switches.model)
        self._learned()

    def _model_used(self, switches: Switches) -> None:
        if self._models.get(switches.target.name) != switches.model:
            self._models[switches.target.name] = switches.model
            self._to_fit_model = True
            self.catalogue.want(switches.model)
            self._learned()

    def waits(self, switches: Switches) -> bool:
        """Whether a run should wait until more is known."""
        return self.catalogue.waits_for(switches.target, switches.model)

    @property
    def limits(self) -> SwitchLimits:
        """What the chosen target and model cannot do."""
        switches = self._board.current
        choice = self.catalogue.choice(switches.model)
        profile = choice.profile if choice is not None else None
        return SwitchLimits(switches.target, self.catalogue.report, profile)

    @property
    def sentence(self) -> str:
        """What the chosen target said of itself, or what is wrong with it."""
        if self._board.current.target.name == EMBEDDED:
            return ""
        if self.catalogue.asking:
            return tr("Asking who is there...")
        report, trouble = self.catalogue.report, self.catalogue.trouble
        return report.sentence if report is not None else str(trouble) if trouble else ""

    def offers(self) -> tuple[ModelOffer, ...]:
        """The models of the chosen target."""
        if self._board.current.target.name == EMBEDDED:
            return own_offers(self._own, self.catalogue)
        return foreign_offers(self.catalogue, self._board.current.model)

    def set_own_offers(
        self, offers: Sequence[ModelOffer], folders: Mapping[str, Path] = MappingProxyType({})
    ) -> None:
        """The models of our own server; `folders` are those of its repositories' models."""
        self._own = tuple(offers)
        self.catalogue.own_folders = dict(folders)
        names = [offer.name for offer in offers if not offer.blocked]
        self.catalogue.set_own_models(names)
        self._learned()

    @Slot()
    def _learned(self) -> None:
        switches = self._board.current
        if switches.target != self.catalogue.target:
            return
        self._fit(switches)
        self._fit_to_model(self._board.current)
        self.learned.emit()
        switches = self._board.current
        choice = self.catalogue.choice(switches.model)
        handed = (switches.target, switches.model, choice.profile if choice else None)
        if not self.waits(switches) and handed != self._handed:
            self._handed = handed
            self._run.set_switches(switches)

    def _fit(self, switches: Switches) -> None:
        """Once, when a target was chosen and has answered: use what it has."""
        own = switches.target.name == EMBEDDED
        report = self.catalogue.report
        answered = bool(self._own) if own else report is not None and report.answers
        if not (self._to_fit and answered):
            return
        self._to_fit = False
        model = model_to_begin_with(self.offers(), switches.model, self._run.kind)
        fitted, reasons = self.limits.fitted(replace(switches, model=model))
        if fitted == switches:
            return
        self._models[switches.target.name] = model
        self._board.use(fitted)
        if reasons:
            self.noticed.emit(
                Notice(
                    Severity.INFO,
                    tr("Set to what {target} can do", target=target_title(switches.target)),
                    " ".join(reasons),
                )
            )

    def _fit_to_model(self, switches: Switches) -> None:
        """Once, when a model was chosen and is known: say which of its inputs nothing fills."""
        choice = self.catalogue.choice(switches.model)
        if choice is None or not self._to_fit_model:
            return
        self._to_fit_model = False
        if choice.missing:
            title = tr("{model} needs a closer look", model=switches.model)
            body = " ".join((*choice.missing, tr("Edit its profile (Ctrl+P).")))
            self.noticed.emit(Notice(Severity.WARNING, title, body))

    # -- the list of targets -------------------------------------------------------------------

    def choose(self, target: Target) -> None:
        """Send to it from now on."""
        self._board.use(self._board.current.aimed_at(target))

    def amend(self, old: Target, new: Target) -> None:
        """Change a target that is in use, and in the list if it is there."""
        if old.name not in {known.name for known in self.targets[1:]}:
            self.choose(new)
            return
        self.change(
            lambda: self.engine.store.edit(old.name, new),
            lambda saved: self.choose(saved.target),
            self.failed.emit,
        )

    def choose_model(self, model: str) -> None:
        """Use a model by its name, whether it is listed or not."""
        name = model.strip()
        if name:
            self._board.use(replace(self._board.current, model=name))

    def change(
        self,
        work: Callable[[], _T],
        done: Callable[[_T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Change the store off the window's thread, then bring the list up to date."""

        def both() -> tuple[_T, tuple[Target, ...]]:
            result = work()
            return result, self.engine.store.targets()

        def finish(found: tuple[_T, tuple[Target, ...]]) -> None:
            self.targets = found[1]
            self.listed.emit()
            done(found[0])
            self._tell_problem()

        self._tasks.start("targets", both, finish, failed)

    @Slot()
    def look_again(self) -> None:
        """Take over what another window or command has changed in the list."""

        def finish(targets: tuple[Target, ...]) -> None:
            if targets != self.targets:
                self.targets = targets
                self.listed.emit()
            self._tell_problem()

        self._tasks.start("targets", self.engine.store.targets, finish, self.failed.emit)

    def _tell_problem(self) -> None:
        """Say once what became of a file that was of no use."""
        problem = self.engine.store.problem
        if problem != self._told:
            self._told = problem
            self.noticed.emit(Notice(Severity.WARNING, tr("The list of targets"), problem))
