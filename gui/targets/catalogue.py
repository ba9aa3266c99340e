"""What is known of the chosen target: who answers, its models, and the profile of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backend.clients.control import ModelListing
from backend.clients.probe import ProbeReport
from backend.core.choices import EMBEDDED, RunSettings
from backend.core.errors import ConsoleError, NotFound, NotReady, TargetUnreachable
from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.profiles.book import ProfileChoice
from backend.profiles.bundled import BUNDLED
from backend.profiles.inputs.recipe import NoInput
from backend.profiles.model_profile import ModelProfile
from backend.profiles.outputs.bundled import PlainTensors
from gui.state.tasks import Tasks
from gui.targets.engine import TargetEngine
from gui.targets.known_model import KnownModel, ask_about, bundled_model, with_profile_of
from gui.widgets.language import tr

_AGAIN_MS = 3000
_FIRST, _MOST_DESCRIBED = 4, 64
"""Models asked about before a run may begin, and all in all."""
_OWN = Target(EMBEDDED)


@dataclass(slots=True)
class _Seen:
    """One target: `error` is why it gave no report, or none that answers."""

    report: ProbeReport | None = None
    error: ConsoleError | None = None
    models: dict[str, KnownModel] = field(default_factory=dict)
    asking: bool = False
    describing: set[str] = field(default_factory=set)

    @property
    def new(self) -> bool:
        """Whether nothing has been heard of it yet."""
        return self.report is None and self.error is None

    @property
    def listed(self) -> tuple[ModelListing, ...]:
        """What it lists, one line for each model."""
        models = self.report.models or () if self.report is not None else ()
        return tuple({model.name: model for model in reversed(models)}.values())[::-1]


class TargetCatalogue(QObject):
    """Asks the chosen target off the window's thread, and again while nobody is there.

    `profile_for` may be called from any thread; everything else belongs to the window's.
    """

    changed = Signal()
    """Something more is known of the chosen target."""

    def __init__(
        self,
        engine: TargetEngine,
        tasks: Tasks,
        resolve: Callable[[Target], Target],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._tasks = tasks
        self._resolve = resolve
        self._seen: dict[Target, _Seen] = {_OWN: _Seen()}
        self._target = _OWN
        self._own_names: tuple[str, ...] = ()
        self.own_folders: dict[str, Path] = {}
        """The folder of each model of our own server's repositories."""
        self._wanted = ""
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.refresh)

    # -- what is known -------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """The target that is asked."""
        return self._target

    @property
    def report(self) -> ProbeReport | None:
        """What the last probe of the chosen target found; None before, and for our own server."""
        return self._here.report

    @property
    def error(self) -> ConsoleError | None:
        """Why the chosen target does not answer, None if it does or was not asked yet."""
        return self._here.error

    @property
    def asking(self) -> bool:
        """Whether the chosen target is being asked for the first time."""
        return self._here.asking and self._here.new

    @property
    def listed(self) -> tuple[ModelListing, ...]:
        """The models that the chosen target lists."""
        return self._here.listed

    def known(self, model: str) -> KnownModel | None:
        """What was learned about a model of the chosen target, None if it was not asked yet."""
        return self._here.models.get(model)

    def own(self, model: str) -> KnownModel | None:
        """The same of our own server, whichever target is chosen."""
        return self._seen[_OWN].models.get(model)

    def choice(self, model: str) -> ProfileChoice | None:
        """The profile in use for a model of the chosen target, with its origin."""
        known = self.known(model)
        return known.choice if known is not None else None

    def waits_for(self, target: Target, model: str) -> bool:
        """Whether more will be known in a moment, so that a run should wait for it."""
        seen = self._seen.get(target)
        if seen is None or model in seen.models:
            return False
        return (seen.asking and seen.new) or model in seen.describing

    def profile_for(self, settings: RunSettings) -> ModelProfile:
        """The profile for a run; raises what kept the model from being described.

        For a target that does not answer, and a model that is not loaded, a stand-in is given, so
        that a run can wait for them and show what the server says.
        """
        seen = self._seen.get(settings.target)
        known = seen.models.get(settings.model) if seen is not None else None
        if known is not None and known.choice is not None:
            return known.choice.profile
        bundled = BUNDLED.get(settings.model)
        met = seen is not None and seen.report is not None and seen.report.answers
        if bundled is not None and not met:
            return bundled
        if known is not None and known.error is not None and not _may_pass(known.error):
            raise known.error
        return replace(_STAND_IN, model=settings.model)

    def ask(self, target: Target, model: str) -> ModelProfile:
        """The same of any target, which is asked: never on the window's thread."""
        known = self._learn(target, [model])[model]
        if known.choice is None:
            raise known.error or NotFound(tr("{model} cannot be described.", model=model))
        return known.choice.profile

    # -- asking --------------------------------------------------------------------------------

    def aim(self, target: Target, model: str) -> None:
        """Know this target from now on, this model of it first."""
        self._wanted = model
        if target != self._target:
            self._again.stop()
            self._target = target
            self._seen.setdefault(target, _Seen())
            self.refresh()
        self.want(model)

    def want(self, model: str) -> None:
        """Know this model too, whether it is listed or not."""
        here, self._wanted = self._here, model
        if model in here.models or model in here.describing:
            return
        if self._target == _OWN:
            if model in BUNDLED or model in self._own_names:
                self._describe([model])
        elif here.report is not None and here.report.answers:
            self._describe([model])

    @Slot()
    def refresh(self) -> None:
        """Ask who is there, and for every model anew."""
        if self._target == _OWN:
            self._describe(self._own_names)
            return
        target, here = self._target, self._here
        if here.asking:
            return
        here.asking = True
        self._tasks.start(
            "probe-target",
            lambda: self._engine.probe(self._resolve(target)),
            lambda report: self._probed(target, report),
            lambda error: self._not_probed(target, error),
        )
        self.changed.emit()

    def rest(self) -> None:
        """Ask nobody again by itself."""
        self._again.stop()

    def set_own_models(self, names: Sequence[str]) -> None:
        """The models that our own server serves now."""
        known = self._seen[_OWN].models
        for gone in set(known) - set(names):
            del known[gone]
        self._own_names = tuple(names)
        self._describe([n for n in names if n not in known or n not in BUNDLED], _OWN)

    def forget(self, model: str) -> None:
        """Describe a model anew: it was loaded, unloaded, or its profile changed."""
        self._describe([model])

    def use_choice(self, target: Target, model: str, choice: ProfileChoice) -> None:
        """Use another profile from now on."""
        seen = self._seen.setdefault(target, _Seen())
        old = seen.models.get(model, KnownModel())
        seen.models[model] = KnownModel(old.facts, choice)
        self.changed.emit()

    # -- outcomes ------------------------------------------------------------------------------

    @property
    def _here(self) -> _Seen:
        return self._seen[self._target]

    def _probed(self, target: Target, report: ProbeReport) -> None:
        seen = self._seen[target]
        seen.asking = False
        seen.report = report
        seen.error = None if report.answers else _fault_of(report)
        if report.answers:
            ready = [model.name for model in seen.listed if model.state in ("READY", "")]
            wanted = self._wanted in (*ready, *seen.models)
            first = [self._wanted] if wanted or not ready else ready[:_FIRST]
            self._describe(first, target)
            self._describe([name for name in ready if name not in first][:_MOST_DESCRIBED], target)
        elif target == self._target:
            self._again.start()
        self.changed.emit()

    def _not_probed(self, target: Target, error: Exception) -> None:
        seen = self._seen[target]
        seen.asking = False
        seen.error = error if isinstance(error, ConsoleError) else TargetUnreachable(f"{error}.")
        if target == self._target:
            self._again.start()
        self.changed.emit()

    def _describe(self, models: Iterable[str], target: Target | None = None) -> None:
        target = target or self._target
        seen = self._seen[target]
        wanted = [model for model in models if model not in seen.describing]
        if not wanted:
            return
        seen.describing.update(wanted)

        def finish(found: dict[str, KnownModel]) -> None:
            seen.describing.difference_update(wanted)
            for name, known in found.items():
                old = seen.models.get(name)
                # The same profile stays the same object, so that no connection is opened anew.
                if old is None or old.choice is None or old != known:
                    seen.models[name] = known
            missed = found.get(self._wanted, KnownModel()).error
            if missed is not None and target == self._target:
                self._again.start()
            self.changed.emit()

        self._tasks.start(
            "describe-models",
            lambda: self._learn(target, wanted),
            finish,
            lambda error: finish(dict.fromkeys(wanted, KnownModel(error=_console(error)))),
        )

    def _learn(self, target: Target, models: Sequence[str]) -> dict[str, KnownModel]:
        """Off the window's thread: what the server says of these models."""
        book, found = self._engine.book, {}
        others = list(models)
        if target == _OWN:
            for name in models:
                known = bundled_model(book, target.name, name)
                if known is not None:
                    found[name] = known
            others = [name for name in models if name not in found]
        if not others:
            return found
        control = self._engine.make_control(self._resolve(target))
        try:
            for name in others:
                known = ask_about(control, book, target.name, name)
                folder = self.own_folders.get(name) if target == _OWN else None
                found[name] = with_profile_of(folder, known) if folder is not None else known
        finally:
            control.close()
        return found


_STAND_IN = ModelProfile(
    model="",
    kind=MediaKind.BYTES,
    inputs=(),
    outputs=(),
    decoder=PlainTensors(),
    recipe=NoInput(),
)
"""For a model that nobody could be asked about yet."""


def _may_pass(error: ConsoleError) -> bool:
    """Whether a model may be there later: it is not loaded, or nobody could be asked."""
    return isinstance(error, NotFound | NotReady | TargetUnreachable)


def _fault_of(report: ProbeReport) -> ConsoleError:
    for endpoint in (report.grpc, report.rest):
        if endpoint is not None and endpoint.fault is not None:
            return endpoint.fault
    return TargetUnreachable(tr("The target has no address."))


def _console(error: Exception) -> ConsoleError:
    return error if isinstance(error, ConsoleError) else ConsoleError(str(error))
