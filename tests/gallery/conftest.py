"""A gallery of made-up models, whose files are on a server on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.gallery import Catalogue, Fetchers, Gallery
from backend.gallery.entry import GalleryEntry, GalleryFile, GitHubSource, Source, Task
from backend.gallery.fetching import WebFetcher
from backend.gallery.web import Patience, Web
from tests.gallery.file_server import FileServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HOST = "raw.githubusercontent.com"
SIZE = 300_000


def content(size: int = SIZE, seed: int = 1) -> bytes:
    """Bytes that look like nothing else."""
    block = b"".join(
        hashlib.sha256(f"{seed}-{index}".encode()).digest() for index in range(size // 32 + 1)
    )
    return block[:size]


def path_of(name: str) -> str:
    """Where the mirror holds a file of the made-up repository."""
    return f"/{HOST}/lab/models/{COMMIT}/{name}"


def wanted(data: bytes, source: Source, path: str = "1/model.onnx") -> GalleryFile:
    """A file with that content."""
    return GalleryFile(
        path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), source=source
    )


def from_github(name: str = "model.onnx", offset: int | None = None) -> GitHubSource:
    """A file of the made-up repository."""
    return GitHubSource(repository="lab/models", commit=COMMIT, path=name, offset=offset)


def entry(*files: GalleryFile, name: str = "tiny") -> GalleryEntry:
    """A model of these files, with a profile beside it."""
    return GalleryEntry(
        title=name.title(),
        summary="Made for a test.",
        task=Task.CLASSES,
        licence="MIT",
        files=files,
        name=name,
        beside=(("profile.toml", b"version = 1\n"),),
    )


def gallery_of(
    root: Path, mirror: str, *entries: GalleryEntry, stall_s: float = 20.0, attempts: int = 3
) -> Gallery:
    """A gallery of these models that fetches from a mirror, without long pauses."""
    patience = Patience(10.0, stall_s)
    web = WebFetcher(Web(patience), patience, mirror, pauses_s=(0.01,) * (attempts - 1))
    return Gallery(Catalogue({one.name: one for one in entries}), root, Fetchers(web))


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A server without files."""
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The user's repository, which is not there yet."""
    return tmp_path / "models"


@pytest.fixture
def tiny(server: FileServer, root: Path) -> Callable[..., Gallery]:
    """Makes a gallery of one model of one file, which the server has."""

    def make(**settings: float) -> Gallery:
        data = content()
        server.contents[path_of("model.onnx")] = data
        stall_s, attempts = settings.get("stall_s", 20.0), int(settings.get("attempts", 3))
        one = entry(wanted(data, from_github()))
        return gallery_of(root, server.url, one, stall_s=stall_s, attempts=attempts)

    return make
