"""What is remembered between two starts: read strictly, written late and all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import msgspec
from PySide6.QtCore import QByteArray, QObject, QTimer, Signal, Slot

from backend.core.errors import ConsoleError, UsageError
from backend.core.files.private import (
    LOCK_WAIT_S,
    Loaded,
    NewerFile,
    load_file,
    locked,
    read_file,
    set_aside,
    write_file,
)
from backend.core.samples import MediaKind
from backend.core.target import Target
from backend.core.worker import Worker
from backend.sources.registry import SourceRegistry
from backend.wire.json.stored import read_stored, stored_bytes
from gui.state.preferences import Preferences
from gui.state.switches import Switches
from gui.widgets.language import tr
from gui.widgets.language_choice import SYSTEM
from gui.widgets.theme import ThemeChoice

FILE = "settings.json"
VERSION = 1
MOST_RECENT = 5
MOST_BYTES = 1 << 20
ROTATIONS = (0, 90, 180, 270)
LAYERS = ("boxes", "labels", "scores", "points", "masks")
MASK_MODES = ("colors", "dim", "blur", "remove")
_SAVE_AFTER_MS = 1000
_CLOSE_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class WindowMemory:
    """Geometry and docks as Qt's own blobs in base64; empty means as designed."""

    geometry: str = ""
    docks: str = ""
    locked: bool = True
    by_hand: bool = False
    """Whether the user has moved a border between docks."""


def blob_text(blob: QByteArray) -> str:
    """One of Qt's blobs in base64."""
    return bytes(blob.toBase64().data()).decode("ascii")


def text_blob(text: str) -> QByteArray:
    """The blob of a text; one that Qt does not take for a text that is no base64."""
    return QByteArray.fromBase64(text.encode("ascii", "replace"))


@dataclass(frozen=True, slots=True)
class ViewMemory:
    """How the preview is shown; `locked` None means locked for files and live for cameras.

    `threshold` is the smallest score that is drawn; it and the opacities are 0 to 1. Raises
    ValueError for what is out of its limits and for layers and mask modes that there are not.
    """

    mirror: bool = False
    rotation: int = 0
    locked: bool | None = None
    layers: tuple[str, ...] = LAYERS
    trails: bool = True
    counts: bool = True
    threshold: float = 0.0
    opacity: float = 1.0
    mask_opacity: float = 0.5
    masks: str = MASK_MODES[0]

    def __post_init__(self) -> None:
        for name in ("threshold", "opacity", "mask_opacity"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be 0 to 1, got {getattr(self, name)}")
        if self.masks not in MASK_MODES:
            raise ValueError(f"masks must be one of {MASK_MODES}, got {self.masks}")
        if self.rotation not in ROTATIONS:
            raise ValueError(f"rotation must be one of {ROTATIONS}, got {self.rotation}")
        if unknown := set(self.layers) - set(LAYERS):
            raise ValueError(f"layers must be of {LAYERS}, got {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is restored at the next start."""

    switches: Switches = Switches()
    theme: ThemeChoice = ThemeChoice.SYSTEM
    language: str = SYSTEM
    """A language's code, such as 'de'; one that is no longer there counts as SYSTEM."""
    targets: tuple[Target, ...] = ()
    """Of an older version's file; they move into the list of saved targets."""
    recent: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    """Folders of models for the embedded server."""
    collection: str = ""
    """The folder of saved requests that the inspect page shows, and its environment."""
    environment: str = ""
    mirror: str = ""
    """Where the gallery's files are fetched from instead of their origins."""
    window: WindowMemory = WindowMemory()
    view: ViewMemory = ViewMemory()
    preferences: Preferences = Preferences()

    def with_recent(self, spec: str) -> Settings:
        """A copy with this source first among the five most recent."""
        others = tuple(other for other in self.recent if other != spec)
        return replace(self, recent=(spec, *others)[:MOST_RECENT])


def to_json(settings: Settings, sources: SourceRegistry) -> str:
    """The settings file's text; names, passwords and the like of sources stay out of it."""
    public = without_secrets(settings, sources)
    data = msgspec.to_builtins(public)
    data["switches"]["target"] = _address_of(settings.switches.target)
    data["targets"] = [_address_of(target) for target in settings.targets]
    return stored_bytes(data, VERSION).decode()


def without_secrets(settings: Settings, sources: SourceRegistry) -> Settings:
    """The settings as they may be written."""
    source = sources.saved(settings.switches.source)
    return replace(
        settings,
        switches=replace(settings.switches, source=source),
        recent=tuple(map(sources.saved, settings.recent)),
    )


def _address_of(target: Target) -> dict[str, str]:
    """What finds a target again: the rest of it is among the saved targets."""
    return {"name": target.name, "rest": target.rest, "grpc": target.grpc}


def from_json(data: bytes) -> Settings:
    """Read a settings file; raises UsageError that names what is wrong, NewerFile."""
    settings = read_stored(Settings, data, FILE, VERSION)
    try:
        settings.switches.run_settings(MediaKind.IMAGE)
    except (ConsoleError, ValueError) as error:
        raise UsageError(str(error)) from error
    return replace(settings, recent=settings.recent[:MOST_RECENT])


def merged(base: Settings, ours: Settings, theirs: Settings) -> Settings:
    """What another window has saved since `base`, with what was changed in this one.

    Lists keep what either has added and lose what either has removed.
    """
    changed = {
        field.name: getattr(ours, field.name)
        for field in fields(Settings)
        if getattr(ours, field.name) != getattr(base, field.name)
    }
    if "recent" in changed:
        changed["recent"] = tuple(dict.fromkeys((*ours.recent, *theirs.recent)))[:MOST_RECENT]
    if "repositories" in changed:
        removed = set(base.repositories) - set(ours.repositories)
        added = set(ours.repositories) - set(base.repositories)
        kept = [folder for folder in theirs.repositories if folder not in removed]
        new = [folder for folder in ours.repositories if folder in added]
        changed["repositories"] = tuple(dict.fromkeys((*kept, *new)))
    return replace(theirs, **changed)


def load(path: Path) -> Loaded[Settings]:
    """The saved settings, and a sentence for the user if they had to be set aside."""
    return load_file(path, MOST_BYTES, from_json)


def write(
    path: Path,
    settings: Settings,
    base: Settings,
    sources: SourceRegistry,
    wait_s: float = LOCK_WAIT_S,
) -> None:
    """Save what was changed since `base`, and leave the rest as another window has saved it.

    Raises FileUnusable, of which NewerFile is one.
    """
    settings, base = without_secrets(settings, sources), without_secrets(base, sources)
    with locked(path.parent, wait_s):
        try:
            data = read_file(path, MOST_BYTES)
            theirs = settings if data is None else merged(base, settings, from_json(data))
        except NewerFile:
            raise
        except UsageError:  # somebody has spoiled it since it was read
            set_aside(path)
            theirs = settings
        write_file(path, to_json(theirs, sources).encode())


class SettingsStore(QObject):
    """The settings in use; changes are written one second after the last of them, and on close.

    Without a path nothing is ever written. `on_problem` gets once why the file cannot be written,
    on the thread of this object.
    """

    preferences_changed = Signal(object)
    """The Preferences that hold from now on."""

    _refused = Signal(str)

    def __init__(
        self,
        path: Path | None,
        settings: Settings,
        on_problem: Callable[[str], None],
        sources: SourceRegistry,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._path = path
        self._on_problem = on_problem
        self._sources = sources
        self._reported = False
        self.current = settings
        self._written = settings
        self._writer: Worker | None = None
        self._refused.connect(self._report)
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self._write_soon)

    def update(self, settings: Settings) -> None:
        """Remember, and write soon."""
        if settings == self.current:
            return
        before, self.current = self.current, settings
        self._timer.start()
        if settings.preferences != before.preferences:
            self.preferences_changed.emit(settings.preferences)

    def flush(self) -> None:
        """Write now."""
        self._timer.stop()
        if self._writer is not None and not self._writer.join(_CLOSE_WAIT_S):
            return
        self._write(self.current, _CLOSE_WAIT_S)

    @Slot()
    def _write_soon(self) -> None:
        """Write on a thread of its own: a disk, or another window, may take its time."""
        if self._writer is not None and self._writer.alive:
            self._timer.start()
            return
        settings = self.current
        self._writer = Worker("settings", lambda _stop: self._write(settings)).start()

    def _write(self, settings: Settings, wait_s: float = LOCK_WAIT_S) -> None:
        if self._path is None:
            return
        try:
            write(self._path, settings, self._written, self._sources, wait_s)
        except UsageError as error:
            self._refused.emit(str(error))
        else:
            self._written = settings

    @Slot(str)
    def _report(self, reason: str) -> None:
        if not self._reported:
            self._reported = True
            self._on_problem(tr("The settings cannot be saved. {reason}", reason=reason))
