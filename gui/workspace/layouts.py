"""Named layouts of the live page: three that are built in, and those that the user saved.

A saved one is a JSON file of its own with a schema version, the docks as Qt's own blob, whether
they are locked, how the picture is shown, and which page is in front.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import UsageError
from backend.core.files.private import (
    NewerFile,
    load_file,
    locked,
    read_file,
    set_aside,
    write_file,
)
from backend.wire.json.stored import read_stored, stored_bytes
from gui.state.settings import ViewMemory
from gui.widgets.language import tr

VERSION = 1
MOST_NAME = 40
MOST_BYTES = 1 << 20
_FILE = "The layout"
_WAIT_S = 1.0
_NAME = re.compile(r"[^\W_][\w .()+-]*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Layout:
    """A saved layout; `docks` is a blob in base64."""

    name: str
    docks: str
    locked: bool = True
    view: ViewMemory = ViewMemory()
    page: str = ""
    """The page in front; '' is that of the panels, as in files that are older than this."""


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

    Another window's layouts are found as soon as they are asked for. A file that is broken is set
    aside, one of a newer program stays as it is; each is reported once.
    """

    def __init__(self, folder: Path | None, on_problem: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_problem = on_problem
        self._kept: dict[str, Layout] = {}
        self._unsaved: dict[str, Layout] = {}
        self._seen = 0
        self._reported: set[str] = set()
        self._refresh()

    def names(self) -> tuple[str, ...]:
        """What there is, sorted."""
        self._refresh()
        return tuple(sorted(self._kept | self._unsaved, key=str.casefold))

    def get(self, name: str) -> Layout:
        """The layout of that name; raises KeyError."""
        self._refresh()
        return (self._kept | self._unsaved)[name]

    def save(self, layout: Layout) -> None:
        """Keep it under its name; raises ValueError for a name that cannot be."""
        if problem := name_problem(layout.name):
            raise ValueError(problem)
        self._unsaved[layout.name] = layout
        if self._folder is None:
            return
        path = self._path(layout.name)
        try:
            with locked(self._folder, _WAIT_S):
                self._set_aside_if_strange(path)
                write_file(path, stored_bytes(layout, VERSION))
        except UsageError as error:
            self._on_problem(tr("The layout cannot be saved. {reason}", reason=error))
            return
        del self._unsaved[layout.name]
        self._kept[layout.name] = layout

    def delete(self, name: str) -> None:
        """Forget it; a name that is not there is no error."""
        self._unsaved.pop(name, None)
        if self._kept.pop(name, None) is not None and self._folder is not None:
            try:
                self._path(name).unlink(missing_ok=True)
            except OSError as error:
                self._on_problem(tr("The layout cannot be deleted: {reason}.", reason=error))

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}.json"

    def _refresh(self) -> None:
        """Read the folder again if a file in it was replaced."""
        if self._folder is None:
            return
        try:
            seen = self._folder.stat().st_mtime_ns
            if seen == self._seen:
                return
            paths = sorted(self._folder.glob("*.json"))
        except OSError:
            return
        self._seen = seen
        loaded = [load_file(path, MOST_BYTES, layout_from) for path in paths]
        problems = [one.problem for one in loaded if one.problem]
        for problem in problems:
            if problem not in self._reported:
                self._on_problem(tr("A layout cannot be used. {reason}", reason=problem))
        self._reported = set(problems)
        self._kept = {one.value.name: one.value for one in loaded if one.value is not None}

    def _set_aside_if_strange(self, path: Path) -> None:
        """Keep what stands where a layout is to be written and is none; while locked."""
        try:
            data = read_file(path, MOST_BYTES)
            if data is not None:
                layout_from(data)
        except NewerFile:
            raise
        except UsageError:
            set_aside(path)


def layout_from(data: bytes) -> Layout:
    """From a file's content; raises UsageError that names what is wrong."""
    layout = read_stored(Layout, data, _FILE, VERSION)
    if problem := name_problem(layout.name):
        raise UsageError(f"{_FILE} has the name '{layout.name}'. {problem}")
    return layout
