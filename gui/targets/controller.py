"""Choosing a target: what the chosen one can do, and switches that fit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.status import Notice, Severity
from backend.core.target import Target
from gui.state.limits import SwitchLimits
from gui.state.models import ModelOffer, SwitchModel
from gui.state.run_control import RunControl
from gui.state.switches import Switches, target_title
from gui.targets.catalogue import TargetCatalogue
from gui.targets.engine import TargetEngine, TargetResolver
from gui.targets.model_offers import foreign_offers, model_to_begin_with, own_offers
from gui.targets.saved import SavedTargets
from gui.widgets.language import spoken, tr


class TargetController(QObject):
    """Knows what the chosen target offers, and keeps switches and run in step with that."""

    learned = Signal()
    """`offers`, `limits` or `catalogue` have more to say of the chosen target."""
    noticed = Signal(object)
    """A Notice."""

    def __init__(
        self,
        engine: TargetEngine,
        resolver: TargetResolver,
        catalogue: TargetCatalogue,
        saved: SavedTargets,
        switches: SwitchModel,
        run: RunControl,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.engine = engine
        self.resolver = resolver
        self.catalogue = catalogue
        self.saved = saved
        self._switches = switches
        self._run = run
        self._models: dict[str, str] = {}
        self._own: tuple[ModelOffer, ...] = ()
        self._to_fit = self._to_fit_model = False
        self._handed: object = None
        catalogue.changed.connect(self._learned)
        switches.used.connect(self._used)

    def begin(self) -> None:
        """Ask the target that was restored, and give the run the switches."""
        self._used()

    # -- the chosen target ---------------------------------------------------------------------

    @Slot()
    def _used(self) -> None:
        """Other switches hold from now on; the run gets them once it is known what it would do."""
        self._take_up(self._switches.current)
        switches = self._switches.current
        if not self.waits(switches):
            self._run.set_switches(switches)

    def _take_up(self, switches: Switches) -> None:
        """Know the target and its model; a model that was used there before is used again."""
        target = switches.target
        if target == self.catalogue.target:
            self._model_used(switches)
            return
        self._to_fit = self._to_fit_model = True
        before = self._models.get(target.name, "")
        if before and before != switches.model:
            self._switches.use(replace(switches, model=before))
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
        switches = self._switches.current
        choice = self.catalogue.choice(switches.model)
        profile = choice.profile if choice is not None else None
        return SwitchLimits(switches.target, self.catalogue.report, profile)

    @property
    def sentence(self) -> str:
        """What the chosen target said of itself, or what is wrong with it."""
        if self._switches.current.target.name == EMBEDDED:
            return ""
        if self.catalogue.asking:
            return tr("Asking who is there...")
        report, error = self.catalogue.report, self.catalogue.error
        return spoken(report.sentence if report is not None else str(error) if error else "")

    def offers(self) -> tuple[ModelOffer, ...]:
        """The models of the chosen target."""
        if self._switches.current.target.name == EMBEDDED:
            return own_offers(self._own, self.catalogue)
        return foreign_offers(self.catalogue, self._switches.current.model)

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
        switches = self._switches.current
        if switches.target != self.catalogue.target:
            return
        self._fit(switches)
        self._fit_to_model(self._switches.current)
        self.learned.emit()
        switches = self._switches.current
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
        self._switches.use(fitted)
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

    # -- choosing ------------------------------------------------------------------------------

    def choose(self, target: Target) -> None:
        """Send to it from now on."""
        self._switches.use(self._switches.current.aimed_at(target))

    def amend(self, old: Target, new: Target) -> None:
        """Change a target that is in use, and in the list if it is there."""
        if old.name not in {known.name for known in self.saved.targets[1:]}:
            self.choose(new)
            return
        self.saved.change(
            lambda: self.engine.store.edit(old.name, new),
            lambda saved: self.choose(saved.target),
            self.saved.failed.emit,
        )

    def choose_model(self, model: str) -> None:
        """Use a model by its name, whether it is listed or not."""
        name = model.strip()
        if name:
            self._switches.use(replace(self._switches.current, model=name))
