"""What is dropped or opened, sorted into models and sources, and what would become of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.status import Notice, Severity
from backend.models.repository import FILE_SUFFIXES, FoundModels, find_models, model_name
from gui.live.adoption.controller import AdoptionController
from gui.live.sources import SourceController
from gui.state.tasks import Tasks
from gui.widgets.language import count, tr


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Model files, repositories, models on the web, and whatever else there is."""

    files: tuple[Path, ...] = ()
    repositories: tuple[Path, ...] = ()
    remote: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Drops(QObject):
    """Passes on paths and addresses to whom they concern; looks at disks off the window's thread.

    `DropTaker` of the window.
    """

    noticed = Signal(object, str)
    """A Notice, and lines of detail for it."""
    failed = Signal(object)
    """The exception of a drop that could not be looked at."""
    settled = Signal()
    """Everything that was dropped is in, or was refused."""
    refused = Signal(object)
    """The exception of a model that is not in."""

    def __init__(
        self,
        tasks: Tasks,
        models: AdoptionController,
        sources: SourceController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._models = models
        self._sources = sources
        models.settled.connect(self.settled)
        models.refused.connect(self.refused)

    @Slot(list)
    def take(self, specs: Sequence[str]) -> None:
        """Add the models, and stream the first of the others that can be."""
        self._tasks.start("drop", partial(_sort, tuple(specs)), self._take_sorted, self.failed.emit)

    def describe(self, specs: Sequence[str], show: Callable[[str], None]) -> None:
        """Show what `take` would do: at once, by names, and once more where folders are in it."""
        by_name = [(s, _by_name(s)) for s in specs]
        show(_promise(_gathered(by_name)))
        if any(found is None and not Path(spec).suffix for spec, found in by_name):
            self._tasks.start(
                "drag",
                partial(_sort, tuple(specs)),
                lambda found: show(_promise(found)),
                lambda _error: None,  # what the names say is on show
            )

    def _take_sorted(self, found: _Sorted) -> None:
        if found.files:
            self._models.add(found.files)
        for root in found.repositories:
            self._models.add_repository(root)
        for address in found.remote:
            title = tr("{file} was not added", file=address.rpartition("/")[2])
            body = tr("It is on the web. Save the model on this machine, then drop its file.")
            self.noticed.emit(Notice(Severity.WARNING, title, body), "")
        if found.others:
            self._sources.take_files(list(found.others))
        if not found.files:
            self.settled.emit()


def _sort(specs: Sequence[str]) -> _Sorted:
    """Off the window's thread: folders are looked into."""
    return _gathered([(s, s if _is_address(s) else find_models(Path(s)) or s) for s in specs])


def _by_name(spec: str) -> FoundModels | None:
    named = not _is_address(spec) and spec.lower().endswith(FILE_SUFFIXES)
    return FoundModels(Path(spec), Path(spec)) if named else None


def _is_address(spec: str) -> bool:
    return "://" in spec


def _gathered(found: Sequence[tuple[str, FoundModels | str | None]]) -> _Sorted:
    models = [each for _, each in found if isinstance(each, FoundModels)]
    rest = [spec for spec, each in found if not isinstance(each, FoundModels)]
    remote = [spec for spec in rest if _is_address(spec) and spec.lower().endswith(FILE_SUFFIXES)]
    return _Sorted(
        tuple(dict.fromkeys(each.file for each in models if each.file is not None)),
        tuple(dict.fromkeys(each.path for each in models if each.file is None)),
        tuple(remote),
        tuple(spec for spec in rest if spec not in remote),
    )


def _promise(found: _Sorted) -> str:
    """What a drop would do, in a line for each sort."""
    lines = []
    if len(found.files) == 1:
        lines.append(tr("Drop to add the model {model}", model=model_name(found.files[0])))
    elif found.files:
        lines.append(count(len(found.files), "Drop to add {n} model", "Drop to add {n} models"))
    lines += [
        tr("Drop to serve the models of {folder}", folder=root.name) for root in found.repositories
    ]
    if found.others:
        name = Path(found.others[0]).name or found.others[0]
        lines.append(tr("Drop to stream {source}", source=name))
    return "\n".join(lines) or tr("Models on the web cannot be dropped: save the file first")
