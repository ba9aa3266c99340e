"""The saved targets: their list, and what becomes of them at a start."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.choices import EMBEDDED
from backend.core.errors import UsageError
from backend.core.status import Notice, Severity
from backend.core.target import Target
from backend.targets import LONGEST_NAME, TargetStore, free_name
from gui.state.settings import SettingsStore
from gui.state.switches import LOCAL_NAME
from gui.state.tasks import Tasks
from gui.widgets.language import tr

_T = TypeVar("_T")
_NOT_IN_NAMES = re.compile(r"[:,/\\]+")


class SavedTargets(QObject):
    """The list of targets, which other windows and commands may change too."""

    listed = Signal()
    """`targets` is another tuple."""
    noticed = Signal(object)
    """A Notice about the file of targets."""
    failed = Signal(object)
    """The exception of a list that cannot be read."""

    def __init__(self, store: TargetStore, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._tasks = tasks
        self.targets = store.targets()
        """The embedded server first."""
        self._reported = store.problem

    def change(
        self,
        work: Callable[[], _T],
        done: Callable[[_T], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Change the store off the window's thread, then bring the list up to date."""

        def both() -> tuple[_T, tuple[Target, ...]]:
            result = work()
            return result, self._store.targets()

        def finish(found: tuple[_T, tuple[Target, ...]]) -> None:
            self.targets = found[1]
            self.listed.emit()
            done(found[0])
            self._report_problem()

        self._tasks.start("targets", both, finish, failed)

    @Slot()
    def look_again(self) -> None:
        """Take over what another window or command has changed in the list."""

        def finish(targets: tuple[Target, ...]) -> None:
            if targets != self.targets:
                self.targets = targets
                self.listed.emit()
            self._report_problem()

        self._tasks.start("targets", self._store.targets, finish, self.failed.emit)

    def _report_problem(self) -> None:
        """Say once what became of a file that was of no use."""
        problem = self._store.problem
        if problem != self._reported:
            self._reported = problem
            self.noticed.emit(Notice(Severity.WARNING, tr("The list of targets"), problem))


def fit_name(text: str) -> str:
    """A name that a saved target may have, from an address or any other text."""
    return _NOT_IN_NAMES.sub("-", text.strip()).strip("- ")[:LONGEST_NAME] or tr("Server")


def saved_name(target: Target) -> str:
    """The name under which profiles of a target are saved, our own server's included."""
    return EMBEDDED if target.name == LOCAL_NAME else target.name


def moved_into_store(settings: SettingsStore, store: TargetStore) -> list[str]:
    """Move the targets of an older settings file; what could not be moved, in words."""
    problems = []
    chosen = settings.current.switches.target
    for target in settings.current.targets:
        known = store.targets()
        if any((one.rest, one.grpc) == (target.rest, target.grpc) for one in known):
            continue
        name = free_name(fit_name(target.name), [one.name for one in known])
        try:
            saved = store.add(replace(target, name=name)).target
        except UsageError as error:
            problems.append(tr("Target '{name}': {why}", name=target.name, why=error.message))
            continue
        if target.name == chosen.name:
            chosen = saved
    switches = replace(settings.current.switches, target=chosen)
    settings.update(replace(settings.current, targets=(), switches=switches))
    return problems


def chosen_target(settings: SettingsStore, store: TargetStore, *, required: bool) -> None:
    """Put the whole of the chosen target into the switches, which remember its name only.

    Raises UsageError for a name without addresses that nobody knows, if it is `required`; a
    remembered one gives way to our own server.
    """
    switches = settings.current.switches
    try:
        target = store.find(switches.target.name)
    except UsageError:
        if switches.target.rest or switches.target.grpc:
            return
        if required:
            raise
        target = Target(EMBEDDED)
    settings.update(replace(settings.current, switches=switches.aimed_at(target)))
