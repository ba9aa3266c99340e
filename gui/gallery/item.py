"""A model as the page shows it: how it stands, and what can be done with it now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backend.core.samples import MediaKind
from backend.gallery import GalleryEntry, GalleryRow, InstallState, Phase, Progress, Task
from backend.models.repository import UNLOADED, ModelState
from gui.state.models import ModelRow

_SOUND = (Task.SPEECH, Task.KEYWORDS)


class Standing(StrEnum):
    """Where a model is on its way from its origin into the server."""

    ABSENT = "absent"
    PAUSED = "paused"
    """Something of it is saved, and nothing is under way."""
    WAITING = "waiting"
    FETCHING = "fetching"
    CHECKING = "checking"
    FAILED = "failed"
    INSTALLED = "installed"
    """On the disk, and not served."""
    LOADING = "loading"
    LOADED = "loaded"
    BROKEN = "broken"
    """On the disk, and the server could not load it."""
    CHANGED = "changed"
    FOREIGN = "foreign"


class Action(StrEnum):
    """What the user can do with a model."""

    GET = "get"
    RESUME = "resume"
    RETRY = "retry"
    CANCEL = "cancel"
    LOAD = "load"
    USE = "use"
    MEASURE = "measure"
    REMOVE = "remove"
    DISCARD = "discard"


UNDER_WAY = frozenset({Standing.WAITING, Standing.FETCHING, Standing.CHECKING})
THERE = frozenset(
    {Standing.INSTALLED, Standing.LOADING, Standing.LOADED, Standing.BROKEN, Standing.CHANGED}
)
_ACTIONS = {
    Standing.ABSENT: (Action.GET,),
    Standing.PAUSED: (Action.RESUME, Action.DISCARD),
    Standing.FAILED: (Action.RETRY,),
    Standing.INSTALLED: (Action.LOAD, Action.MEASURE, Action.REMOVE),
    Standing.LOADING: (Action.REMOVE,),
    Standing.LOADED: (Action.USE, Action.MEASURE, Action.REMOVE),
    Standing.BROKEN: (Action.LOAD, Action.REMOVE),
    Standing.CHANGED: (Action.LOAD, Action.REMOVE),
    Standing.FOREIGN: (),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A model, how it stands, and why it failed or cannot be loaded."""

    row: GalleryRow
    standing: Standing
    progress: Progress | None = None
    problem: Exception | None = None
    reason: str = ""
    """The server's, where it could not load the model."""
    measuring: bool = False

    @property
    def entry(self) -> GalleryEntry:
        """What the catalogue says of it."""
        return self.row.entry

    @property
    def name(self) -> str:
        """What the model is called on a server."""
        return self.row.entry.name

    @property
    def kind(self) -> MediaKind:
        """What it takes."""
        return MediaKind.AUDIO if self.entry.task in _SOUND else MediaKind.IMAGE

    @property
    def actions(self) -> tuple[Action, ...]:
        """What can be done with it, the next thing to do first."""
        if self.standing in UNDER_WAY:
            return (Action.CANCEL,)
        found = _ACTIONS[self.standing]
        if self.standing is Standing.FAILED and self.row.saved:
            found = (*found, Action.DISCARD)
        return tuple(a for a in found if a is not Action.MEASURE or not self.measuring)


def item_of(
    row: GalleryRow,
    *,
    working: bool,
    progress: Progress | None = None,
    problem: Exception | None = None,
    served: ModelRow | None = None,
    measuring: bool = False,
) -> Item:
    """The item of a row: `working` says that a download of it waits or is under way, `served` is
    the server's word on it, `problem` what ended its last download."""
    if working:
        return Item(row, _on_its_way(progress), progress)
    if row.state is InstallState.FOREIGN:
        return Item(row, Standing.FOREIGN)
    if row.state in (InstallState.INSTALLED, InstallState.CHANGED):
        standing = _served(served, changed=row.state is InstallState.CHANGED)
        reason = served.reason if served is not None and standing is Standing.BROKEN else ""
        return Item(row, standing, reason=reason, measuring=measuring)
    if problem is not None:
        return Item(row, Standing.FAILED, problem=problem)
    paused = row.state is InstallState.PARTIAL
    return Item(row, Standing.PAUSED if paused else Standing.ABSENT)


def _on_its_way(progress: Progress | None) -> Standing:
    if progress is None or progress.phase is Phase.WAITING:
        return Standing.WAITING
    if progress.phase in (Phase.CONNECTING, Phase.FETCHING, Phase.PIP):
        return Standing.FETCHING
    return Standing.CHECKING


def _served(served: ModelRow | None, *, changed: bool) -> Standing:
    if served is not None:
        if served.state is ModelState.LOADING or (served.busy and not served.loaded):
            return Standing.LOADING
        if served.loaded:
            return Standing.LOADED
        if served.state is ModelState.UNAVAILABLE and served.reason not in ("", UNLOADED):
            return Standing.BROKEN
    return Standing.CHANGED if changed else Standing.INSTALLED
