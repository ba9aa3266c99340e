"""What a target offers: methods, models and their inputs, asked for off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from backend.clients.dialects.known import dialect_for
from backend.core.description import ModelDescription
from backend.core.errors import ConsoleError
from backend.core.target import Dialect, Target
from backend.inspector.calls import Caller
from backend.inspector.methods import MethodList, Schema, known_methods, target_methods
from backend.profiles.model_profile import ModelProfile
from gui.inspect.engine import Engine
from gui.state.tasks import Tasks


@dataclass(frozen=True, slots=True, eq=False)
class DescribedModel:
    """A model's description and the profile by which it can be fed and read, if there is one."""

    description: ModelDescription
    profile: ModelProfile | None


class MethodCatalogue(QObject):
    """Follows one target at a time; what was asked of an earlier one is not told any more."""

    methods_known = Signal(object)
    """A MethodList: first what can be listed without asking, then what the server says."""
    models_known = Signal(object)
    """Names of the target's models."""
    model_known = Signal(object)
    """The DescribedModel that was asked for."""
    model_unknown = Signal(str, object)
    """Name of a model that cannot be described, and the exception that says why."""
    asking = Signal(bool)

    def __init__(self, engine: Engine, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._tasks = tasks
        self._ticket = self._model_ticket = 0
        self._target: Target | None = None
        self._schemas: tuple[Schema, ...] = ()
        self._models: dict[str, DescribedModel] = {}

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """Schemas that the user gave."""
        return self._schemas

    def model(self, name: str) -> DescribedModel | None:
        """A model that was described already."""
        return self._models.get(name)

    def follow(self, target: Target, caller: Caller) -> None:
        """Ask another target, or the same one again."""
        self._ticket += 1
        self._target = target
        self._models = {}
        rules = dialect_for(target.dialect if target.dialect is not Dialect.AUTO else Dialect.OIP)
        self.methods_known.emit(
            known_methods(
                rules, rest=bool(target.rest), grpc=bool(target.grpc), files=self._schemas
            )
        )
        if not (target.rest or target.grpc):
            return
        self._ask_methods(target, caller)
        self._ask_models(target)

    def add_schema(self, schema: Schema) -> None:
        """One more schema from then on; one of the same file gives way."""
        others = tuple(other for other in self._schemas if other.name != schema.name)
        self._schemas = (*others, schema)

    def ask_model(self, name: str) -> None:
        """Describe a model; `model_known` or `model_unknown` follows."""
        target = self._target
        self._model_ticket += 1
        if target is None or not name:
            return
        if name in self._models:
            self.model_known.emit(self._models[name])
            return
        ticket, model_ticket = self._ticket, self._model_ticket

        def known(model: DescribedModel) -> None:
            if ticket == self._ticket:
                self._models[name] = model
                if model_ticket == self._model_ticket:
                    self.model_known.emit(model)

        def unknown(error: Exception) -> None:
            if (ticket, model_ticket) == (self._ticket, self._model_ticket):
                self.model_unknown.emit(name, error)

        self._tasks.start("describe", lambda: self._describe(target, name), known, unknown)

    def profiles(self) -> Callable[[str], ModelProfile | None]:
        """Gives the profile of a model of the present target, None where it has none; it may ask
        the server, so it is for another thread.
        """
        target, known = self._target, dict(self._models)

        def profile(name: str) -> ModelProfile | None:
            if name not in known and target is not None and name:
                try:
                    known[name] = self._describe(target, name)
                except ConsoleError:
                    return None
            return known[name].profile if name in known else None

        return profile

    def learn(self, name: str) -> None:
        """Describe a model for `model` to know it; nothing follows."""
        target, ticket = self._target, self._ticket

        def known(model: DescribedModel) -> None:
            if ticket == self._ticket:
                self._models.setdefault(name, model)

        if target is not None and name and name not in self._models:
            # What is wrong with it is said when it is called.
            self._tasks.start(
                "describe", lambda: self._describe(target, name), known, lambda _error: None
            )

    def _describe(self, target: Target, name: str) -> DescribedModel:
        description = self._engine.describe(target, name)
        return DescribedModel(description, self._engine.profile(target, description))

    def _ask_methods(self, target: Target, caller: Caller) -> None:
        ticket = self._ticket
        files = self._schemas
        self.asking.emit(True)  # noqa: FBT003 - a signal's value

        def ask() -> MethodList:
            control = self._engine.make_control(target)
            try:
                rules = control.rules()
            except ConsoleError:
                rules = dialect_for(Dialect.OIP)
            finally:
                control.close()
            return target_methods(caller, rules, files=files)

        def known(methods: MethodList) -> None:
            if ticket == self._ticket:
                self.asking.emit(False)  # noqa: FBT003
                self.methods_known.emit(methods)

        def failed(_error: Exception) -> None:
            if ticket == self._ticket:
                self.asking.emit(False)  # noqa: FBT003

        self._tasks.start("methods", ask, known, failed)

    def _ask_models(self, target: Target) -> None:
        ticket = self._ticket

        def ask() -> tuple[str, ...]:
            control = self._engine.make_control(target)
            try:
                return tuple(dict.fromkeys(listing.name for listing in control.models()))
            finally:
                control.close()

        def known(names: tuple[str, ...]) -> None:
            if ticket == self._ticket:
                self.models_known.emit(names)

        self._tasks.start("models", ask, known, lambda _error: known(()))
