"""What is remembered between two starts: read strictly, written late and all at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from backend.core.choices import Api, Compression, ImageEncoding, Serialization, Transport
from backend.core.errors import ConsoleError
from backend.core.samples import MediaKind
from backend.core.target import Target
from gui.offers import without_credentials
from gui.preferences import Preferences, preferences_from
from gui.switches import Switches
from gui.theme import ThemeChoice

SCHEMA = 1
MOST_RECENT = 5
_SAVE_AFTER_MS = 1000


@dataclass(frozen=True, slots=True)
class WindowMemory:
    """Geometry and docks as Qt's own blobs in base64; empty means as designed."""

    geometry: str = ""
    docks: str = ""
    locked: bool = True


@dataclass(frozen=True, slots=True)
class ViewMemory:
    """How the preview is shown; `locked` None means locked for files and live for cameras."""

    mirror: bool = False
    rotation: int = 0
    locked: bool | None = None
    layers: tuple[str, ...] = ("boxes", "labels", "scores", "points", "masks")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is restored at the next start."""

    switches: Switches = Switches()
    theme: ThemeChoice = ThemeChoice.SYSTEM
    targets: tuple[Target, ...] = ()
    """Of an older version's file; they move into the list of saved targets."""
    recent: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    """Folders of models for the embedded server."""
    window: WindowMemory = WindowMemory()
    view: ViewMemory = ViewMemory()
    preferences: Preferences = Preferences()

    def with_recent(self, spec: str) -> Settings:
        """A copy with this source first among the five most recent."""
        others = tuple(other for other in self.recent if other != spec)
        return replace(self, recent=(spec, *others)[:MOST_RECENT])


def to_json(settings: Settings) -> str:
    """The settings file's text; names and passwords in addresses stay out of it."""
    source = without_credentials(settings.switches.source)
    public = replace(
        settings,
        switches=replace(settings.switches, source=source),
        recent=tuple(without_credentials(spec) for spec in settings.recent),
    )
    data: dict[str, Any] = {"schema": SCHEMA, **asdict(public)}
    data["switches"]["target"] = _address_of(settings.switches.target)
    data["targets"] = [_address_of(target) for target in settings.targets]
    return json.dumps(data, indent=2)


def _address_of(target: Target) -> dict[str, str]:
    """What finds a target again: the rest of it is among the saved targets."""
    return {"name": target.name, "rest": target.rest, "grpc": target.grpc}


def from_json(text: str) -> Settings:
    """Read a settings file; raises ValueError, TypeError or KeyError if it is not one of ours."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"schema {SCHEMA} expected")
    return Settings(
        switches=_switches(data["switches"]),
        theme=ThemeChoice(data["theme"]),
        targets=tuple(_target(item) for item in data["targets"]),
        recent=tuple(str(item) for item in data["recent"])[:MOST_RECENT],
        repositories=tuple(str(item) for item in data.get("repositories", ())),
        window=WindowMemory(**data["window"]),
        view=ViewMemory(**{**data["view"], "layers": tuple(data["view"]["layers"])}),
        preferences=preferences_from(data.get("preferences", {})),
    )


def _switches(data: Mapping[str, Any]) -> Switches:
    switches = Switches(
        **{
            **data,
            "target": _target(data["target"]),
            "api": Api(data["api"]),
            "transport": Transport(data["transport"]),
            "rest_serialization": Serialization(data["rest_serialization"]),
            "grpc_serialization": Serialization(data["grpc_serialization"]),
            "image": ImageEncoding(data["image"]),
            "compression": Compression(data["compression"]),
        }
    )
    try:
        switches.run_settings(MediaKind.IMAGE)
    except ConsoleError as error:
        raise ValueError(str(error)) from error
    return switches


def _target(data: Mapping[str, Any]) -> Target:
    return Target(name=str(data["name"]), rest=str(data["rest"]), grpc=str(data["grpc"]))


def load(path: Path) -> tuple[Settings, str]:
    """The saved settings, and a sentence for the user if they had to be left aside.

    A file that cannot be understood is renamed to end in ``.bad``, so that nothing is lost.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, UnicodeDecodeError) as error:
        return Settings(), f"The settings could not be read: {error}."
    try:
        return from_json(text), ""
    except (ValueError, TypeError, KeyError, AttributeError):
        aside = path.with_name(path.name + ".bad")
        path.replace(aside)
        return Settings(), f"The settings could not be understood and were set aside as {aside}."


def write(path: Path, settings: Settings) -> None:
    """Replace the file in one step, so that a crash leaves the old or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(to_json(settings), encoding="utf-8")
    new.replace(path)


class SettingsStore(QObject):
    """The settings in use; changes are written one second after the last of them, and on close.

    Without a path nothing is ever written. `on_problem` is told once about a file that cannot be
    written.
    """

    def __init__(
        self,
        path: Path | None,
        settings: Settings,
        on_problem: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._path = path
        self._on_problem = on_problem
        self._told = False
        self.current = settings
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self.flush)

    def update(self, settings: Settings) -> None:
        """Remember, and write soon."""
        if settings != self.current:
            self.current = settings
            self._timer.start()

    def flush(self) -> None:
        """Write now."""
        self._timer.stop()
        if self._path is None:
            return
        try:
            write(self._path, self.current)
        except OSError as error:
            if not self._told:
                self._told = True
                self._on_problem(f"The settings cannot be saved: {error}.")
