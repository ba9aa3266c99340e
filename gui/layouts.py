"""Named layouts of the live page: three that are built in, and those that the user saved.

A saved one is a JSON file of its own with a schema version, the docks as Qt's own blob, whether
they are locked, and how the picture is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gui.language import tr
from gui.settings import ViewMemory

SCHEMA = 1
MOST_NAME = 40
_NAME = re.compile(r"[^\W_][\w .()+-]*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Layout:
    """A saved layout; `docks` is a blob in base64."""

    name: str
    docks: str
    locked: bool = True
    view: ViewMemory = ViewMemory()


def name_problem(name: str) -> str:
    """Why a layout cannot have this name, or ''."""
    if not name:
        return tr("Type a name.")
    if len(name) > MOST_NAME or not _NAME.fullmatch(name) or name.endswith((".", " ")):
        return tr(
            "Use letters, digits, spaces and . ( ) + - only, {most} at most, a letter first.",
            most=MOST_NAME,
        )
    return ""


class LayoutStore:
    """The files of a folder; without a folder they are kept for this run only.

    A file that is broken or of a later version is renamed to end in ``.bad`` and reported.
    """

    def __init__(self, folder: Path | None, on_problem: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_problem = on_problem
        self._kept: dict[str, Layout] = {}
        self._read()

    def names(self) -> tuple[str, ...]:
        """What there is, sorted."""
        return tuple(sorted(self._kept, key=str.casefold))

    def get(self, name: str) -> Layout:
        """The layout of that name; raises KeyError."""
        return self._kept[name]

    def save(self, layout: Layout) -> None:
        """Keep it under its name; raises ValueError for a name that cannot be."""
        if problem := name_problem(layout.name):
            raise ValueError(problem)
        self._kept[layout.name] = layout
        if self._folder is None:
            return
        text = json.dumps({"schema": SCHEMA, **asdict(layout)}, indent=2)
        path = self._path(layout.name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            new = path.with_name(path.name + ".new")
            new.write_text(text, encoding="utf-8")
            new.replace(path)
        except OSError as error:
            self._on_problem(tr("The layout cannot be saved: {reason}.", reason=error))

    def delete(self, name: str) -> None:
        """Forget it; a name that is not there is no error."""
        if self._kept.pop(name, None) is not None and self._folder is not None:
            try:
                self._path(name).unlink(missing_ok=True)
            except OSError as error:
                self._on_problem(tr("The layout cannot be deleted: {reason}.", reason=error))

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}.json"

    def _read(self) -> None:
        if self._folder is None or not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob("*.json")):
            try:
                layout = layout_from(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError, KeyError, AttributeError):
                self._set_aside(path)
            else:
                self._kept[layout.name] = layout

    def _set_aside(self, path: Path) -> None:
        aside = path.with_name(path.name + ".bad")
        try:
            path.replace(aside)
        except OSError as error:
            self._on_problem(tr("A layout cannot be read: {reason}.", reason=error))
            return
        self._on_problem(
            tr("A layout could not be understood and was set aside as {path}.", path=aside)
        )


def layout_from(data: Any) -> Layout:
    """From a file's JSON; raises ValueError, TypeError, KeyError or AttributeError."""
    if data["schema"] != SCHEMA or name_problem(data["name"]):
        raise ValueError(f"schema {SCHEMA} and a name expected")
    view = ViewMemory(**{**data["view"], "layers": tuple(data["view"]["layers"])})
    return Layout(str(data["name"]), str(data["docks"]), bool(data["locked"]), view)
