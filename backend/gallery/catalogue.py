"""The catalogue: one folder for each model, with `entry.toml` and what comes along with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from backend.core.errors import UsageError
from backend.core.files.regular import read_regular
from backend.gallery.entry import GalleryEntry, GalleryList

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "gallery"
ENTRY_FILE = "entry.toml"
RECORD_FILE = "gallery.json"
SPEED_FILE = "speed.json"
MOST_BYTES = 1024 * 1024
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
_OURS = ("name", "beside")
"""What is not written in the file: it is the folder's."""


class Catalogue(Mapping[str, GalleryEntry]):
    """The entries by name, sorted; raises UsageError, with the names there are, for another."""

    def __init__(self, entries: Mapping[str, GalleryEntry]) -> None:
        self._entries = dict(sorted(entries.items()))

    def __getitem__(self, name: str) -> GalleryEntry:
        if name not in self._entries:
            raise UsageError(
                f"The gallery has no model '{name}'.", hint=f"It has {', '.join(self._entries)}."
            )
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def whole(self, *names: str) -> tuple[GalleryEntry, ...]:
        """The models of these names with what they need, each once and after what it needs.

        Raises UsageError for a name that there is not.
        """
        wanted = [each for name in names for each in (*self[name].needs, name)]
        return tuple(self[name] for name in dict.fromkeys(wanted))

    def in_need_of(self, name: str) -> tuple[GalleryEntry, ...]:
        """The models that are made of that one."""
        return tuple(entry for entry in self._entries.values() if name in entry.needs)

    def of(self, which: GalleryList) -> tuple[GalleryEntry, ...]:
        """The entries of a list."""
        return tuple(entry for entry in self._entries.values() if which in entry.lists)


def read_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Every entry of a folder; raises UsageError that names the entry, the key and what is wrong.

    A folder without `entry.toml` is not an entry yet.
    """
    entries = {}
    for path in sorted(folder.glob(f"*/{ENTRY_FILE}")):
        entry = _entry(path)
        entries[entry.name] = entry
    for entry in entries.values():
        _check_needs(entry, entries)
    return Catalogue(entries)


def _entry(path: Path) -> GalleryEntry:
    name = path.parent.name
    place = f"{name}/{ENTRY_FILE}"
    if not NAME.fullmatch(name):
        raise UsageError(f"{place}: a model's folder is named by a-z, 0-9 and _, not '{name}'.")
    try:
        table = tomllib.loads(read_regular(path, MOST_BYTES).decode())
        if given := [key for key in _OURS if key in table]:
            raise UsageError(f"{place}: {given[0]} is not written there; the folder says it.")
        entry = msgspec.convert(table, GalleryEntry)
        beside = tuple(_beside(path.parent))
    except msgspec.ValidationError as error:
        raise UsageError(f"{place}: {_readable(error)}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{place} is not valid TOML: {error}.") from None
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}.") from None
    _check_paths(place, entry, [name for name, _ in beside])
    return msgspec.structs.replace(entry, name=name, beside=beside)


def _readable(error: msgspec.ValidationError) -> str:
    """The reason with the key in TOML's words: ``files[0].size: Expected `int`, got `str```."""
    what, _, key = str(error).partition(" - at `$")
    key = key.rstrip("`").lstrip(".")
    return f"{key}: {what}" if key else what


def _beside(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir()):
        if path.name != ENTRY_FILE and not path.name.startswith("."):
            yield path.name, read_regular(path, MOST_BYTES)


def _check_paths(place: str, entry: GalleryEntry, beside: list[str]) -> None:
    paths = [file.path for file in entry.files]
    taken = [*beside, RECORD_FILE, SPEED_FILE]
    for index, path in enumerate(paths):
        if path in paths[:index] or path in taken:
            raise UsageError(f"{place}: files[{index}].path: '{path}' is there twice.")
    if not entry.needs and not any("/" in path for path in paths):
        raise UsageError(f"{place}: files: none is the model, such as '1/model.onnx'.")


def _check_needs(entry: GalleryEntry, entries: Mapping[str, GalleryEntry]) -> None:
    """Raise UsageError for a need that is no entry, and for one that needs others itself."""
    for index, name in enumerate(entry.needs):
        place = f"{entry.name}/{ENTRY_FILE}: needs[{index}]"
        if name not in entries:
            raise UsageError(f"{place}: the gallery has no model '{name}'.")
        if entries[name].needs:
            raise UsageError(f"{place}: '{name}' needs other models itself.")
