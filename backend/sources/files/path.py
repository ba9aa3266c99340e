"""A path as a source: what it leads to decides which."""

from __future__ import annotations

from pathlib import Path

from backend.core.wording import Wording, joined, listed
from backend.sources.files.audio import SOUND
from backend.sources.files.folder import FOLDER
from backend.sources.files.image import PICTURE
from backend.sources.files.kinds import contents_error, read_head
from backend.sources.files.recording import RECORDING
from backend.sources.files.video import VIDEO
from backend.sources.kind import SourceKind, SourceOptions, one_of
from backend.sources.source import Source

_KINDS = (PICTURE, FOLDER, VIDEO, SOUND, RECORDING)


def given_path(text: str) -> Path:
    """The path that a person wrote, with ~ for the home of a user; OSError if there is none."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(str(error)) from error


def _source(text: str, options: SourceOptions) -> Source:
    path = given_path(text)
    head = b"" if path.is_dir() else read_head(path)
    for kind in _KINDS:
        if kind.holds(path, head):
            return kind.make(path, loop=options.loop, pace=options.pace, speed=options.speed)
    files = tuple(kind for kind in _KINDS if kind.formats)
    hint = joined(*(kind.formats for kind in files))
    *others, last = (kind.noun for kind in files)
    nouns = Wording("{others} or {last}", others=listed(others), last=last)
    raise contents_error(path, head, hint, nouns)


def _absolute(text: str) -> str:
    """The path from the root; what is not there stays as it is."""
    try:
        path = given_path(text)
        return str(path.resolve()) if path.exists() else text
    except (OSError, ValueError):
        return text


PATH = SourceKind(
    scheme="path",
    title="File",
    icon="file",
    make=_source,
    arguments=(f"the path of a {one_of(tuple(kind.noun for kind in _KINDS))}",),
    recognises=lambda _spec: True,
    title_of=lambda text: Path(text).name or text,
    lasting=_absolute,
)
"""Every text that is of no other kind."""
