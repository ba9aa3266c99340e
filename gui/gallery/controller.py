"""What the gallery page does: models got, served, measured and removed, and how each stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backend.core.errors import ConsoleError
from backend.core.status import Notice, Severity
from backend.gallery import GalleryRow, InstallState, Phase
from gui.gallery.batch import Batch
from gui.gallery.downloads import Downloads, OpenGallery
from gui.gallery.item import THERE, Action, Item, item_of
from gui.gallery.removals import UNDO_MS, Removals
from gui.gallery.words import ends_all, is_offline
from gui.state.models import ModelRow, RepositoryControl
from gui.widgets.language import tr
from gui.workspace.notices import ToastAction
from gui.workspace.pages import PageHost


class GalleryController(QObject):
    """Joins catalogue, downloads and the server's models; all on the window's thread."""

    listed = Signal()
    """`items` has other models, or `problem` is another."""
    changed = Signal(str)
    """One item is another."""
    connection_changed = Signal()
    """`offline` is another."""

    def __init__(
        self,
        host: PageHost,
        repositories: RepositoryControl,
        open_gallery: OpenGallery,
        undo_ms: int = UNDO_MS,
    ) -> None:
        super().__init__()
        self._host = host
        self._repositories = repositories
        self._open_gallery = open_gallery
        self.downloads = Downloads(host.tasks, open_gallery, self)
        self.removals = Removals(host.tasks, open_gallery, self, undo_ms)
        self.batch = Batch()
        self.in_front = False
        self.problem: Exception | None = None
        """Why the catalogue cannot be read, None if it can."""
        self.offline: Exception | None = None
        """Why nobody was reached by the last download."""
        self.root: Path | None = None
        self._rows: dict[str, GalleryRow] = {}
        self._items: dict[str, Item] = {}
        self._problems: dict[str, Exception] = {}
        self._to_measure: list[str] = []
        self._looking = self._again = False
        self._connect()

    def _connect(self) -> None:
        self._repositories.changed.connect(self._renew)
        downloads, removals = self.downloads, self.removals
        downloads.progressed.connect(self._progressed)
        downloads.finished.connect(self._got)
        downloads.failed.connect(self._not_got)
        downloads.cancelled.connect(self._cancelled)
        removals.removed.connect(self._removed)
        removals.failed.connect(self._not_removed)

    # -- what there is -------------------------------------------------------------------------

    @property
    def items(self) -> Mapping[str, Item]:
        """Every model by name, the demo models first."""
        return self._items

    @property
    def mirror(self) -> str:
        """Where files are fetched from instead of their origins; '' for the origins."""
        return self._host.store.current.mirror

    @Slot()
    def refresh(self) -> None:
        """Look at the disk anew."""
        if self._looking:
            self._again = True
            return
        self._looking, self._again = True, False

        def work() -> tuple[Path, tuple[GalleryRow, ...]]:
            gallery = self._open_gallery("", None)
            return gallery.root, gallery.rows()

        self._host.tasks.start("gallery", work, self._saw, self._could_not_look)

    def close(self) -> None:
        """End the downloads, and delete what was removed."""
        self.downloads.close()
        self.removals.close()

    # -- what can be done ----------------------------------------------------------------------

    def act(self, action: Action, name: str) -> None:
        """Do something with a model."""
        match action:
            case Action.GET | Action.RESUME | Action.RETRY:
                self.get(name)
            case Action.CANCEL:
                self.downloads.cancel(name)
            case Action.LOAD:
                self._serve(name)
            case Action.USE:
                self._host.use_model(name, self._items[name].kind)
            case Action.MEASURE:
                self._measure(name)
            case Action.REMOVE:
                self._remove(name)
            case Action.DISCARD:
                self._problems.pop(name, None)
                self.removals.begin(name)
                self._renew()

    def get(self, name: str) -> None:
        """Fetch a model and serve it; one that is on its way out is kept."""
        if self.removals.undo(name) and self._rows[name].state is InstallState.INSTALLED:
            self._serve(name)
            return
        if name in self.removals:  # it is being deleted: then it is fetched
            return
        self._problems.pop(name, None)
        self.downloads.get(name, self.mirror)

    def get_all(self, names: tuple[str, ...]) -> None:
        """Fetch several models, and say so once when all are there."""
        self.batch = Batch(names, running=True)
        for name in names:
            self.get(name)
        self._look_at_batch()

    def cancel_all(self) -> None:
        """End every download; those that wait first, so that none takes another's place."""
        self.batch.running = False
        for name in reversed(self.downloads.names):
            self.downloads.cancel(name)

    def install_from(self, folder: Path) -> None:
        """Install every model that is not there yet and whose files a folder holds."""
        names = tuple(
            name
            for name, item in self._items.items()
            if item.standing not in THERE and item.actions and name not in self.downloads
        )
        self.batch = Batch(names, folder=folder, running=True)
        for name in names:
            self._problems.pop(name, None)
            self.downloads.get(name, folder=folder)
        self._look_at_batch()

    def _serve(self, name: str) -> None:
        if self.root is not None:
            self._repositories.load_from(self.root, name)
        self._renew()

    def _remove(self, name: str) -> None:
        if self._served(name) is not None:
            self._repositories.unload(name)
        self.removals.begin(name)
        self._renew()
        self._host.notifier.show_notice(
            Notice(Severity.INFO, tr("{model} was removed", model=self._title(name))),
            (ToastAction(tr("Undo"), partial(self.get, name)),),
        )

    def _measure(self, name: str) -> None:
        """Measure now, or after those that are asked for already: two at once slow each other."""
        if name not in self._to_measure:
            self._to_measure.append(name)
            if len(self._to_measure) == 1:
                self._measure_first()
            self._renew()

    def _measure_first(self) -> None:
        name = self._to_measure[0]

        def work() -> GalleryRow:
            gallery = self._open_gallery("", None)
            gallery.measure(name)
            return gallery.row(name)

        def over() -> None:
            self._to_measure.remove(name)
            if self._to_measure:
                self._measure_first()
            self._renew()

        def done(row: GalleryRow) -> None:
            self._rows[name] = row
            over()

        def undone(error: Exception) -> None:
            over()
            self._host.notifier.show_error(error)

        self._host.tasks.start("gallery-measure", work, done, undone)

    # -- news ----------------------------------------------------------------------------------

    def _saw(self, seen: tuple[Path, tuple[GalleryRow, ...]]) -> None:
        self._looking = False
        self.root, rows = seen
        # Stable: within the two parts the catalogue's order stays.
        self._rows = {row.entry.name: row for row in sorted(rows, key=_rank)}
        fresh = tuple(self._rows) != tuple(self._items) or self.problem is not None
        self.problem = None
        self._renew()
        if fresh:
            self.listed.emit()
        if self._again:
            self.refresh()

    def _could_not_look(self, error: Exception) -> None:
        self._looking = False
        self.problem = error
        self.listed.emit()

    @Slot()
    def _renew(self) -> None:
        """Bring the items up to date, and tell of those that are others."""
        before = self._items
        self._items = {name: self._item(row) for name, row in self._rows.items()}
        for name, item in self._items.items():
            if name in before and before[name] != item:
                self.changed.emit(name)

    def _item(self, row: GalleryRow) -> Item:
        name = row.entry.name
        if name in self.removals:
            row = GalleryRow(row.entry, InstallState.ABSENT, row.folder)
        return item_of(
            row,
            working=name in self.downloads,
            progress=self.downloads.progress(name),
            problem=self._problems.get(name),
            served=self._served(name),
            measuring=name in self._to_measure,
        )

    def _served(self, name: str) -> ModelRow | None:
        if self.root is None:
            return None
        root = self.root.resolve()
        models = (r.models for r in self._repositories.repositories if r.root == root)
        return next((row for rows in models for row in rows if row.name == name), None)

    @Slot(str)
    def _progressed(self, name: str) -> None:
        progress = self.downloads.progress(name)
        if progress is not None and progress.phase in (Phase.FETCHING, Phase.INSTALLING):
            self._set_offline(None)
        self._renew()

    @Slot(str, object)
    def _got(self, name: str, row: GalleryRow) -> None:
        self._rows[name] = row
        self.batch.installed(name)
        self._serve(name)
        if not self.in_front and name not in self.batch:
            self._tell_installed(name)
        self._look_at_batch()
        self.refresh()

    @Slot(str, object)
    def _not_got(self, name: str, error: Exception) -> None:
        if not self.batch.is_absent(name, error):
            self._problems[name] = error
        self._set_offline(error if is_offline(error) else self.offline)
        if name in self.batch and ends_all(error):
            self.cancel_all()
        if not isinstance(error, ConsoleError):
            self._host.notifier.show_error(error)
        elif not self.in_front and name in self._problems:
            self._tell_failed(name, error)
        self._renew()
        self._look_at_batch()
        self.refresh()

    @Slot(str)
    def _cancelled(self, name: str) -> None:
        self.batch.forget(name)
        self._renew()
        self._look_at_batch()
        self.refresh()

    @Slot(str, object)
    def _removed(self, name: str, row: GalleryRow) -> None:
        self._rows[name] = row
        self._renew()
        self._repositories.look()

    @Slot(str, object)
    def _not_removed(self, _name: str, error: Exception) -> None:
        self._host.notifier.show_error(error)
        self.refresh()
        self._renew()

    def _set_offline(self, error: Exception | None) -> None:
        if error is not self.offline:
            self.offline = error
            self.connection_changed.emit()

    # -- telling -------------------------------------------------------------------------------

    def _look_at_batch(self) -> None:
        """Say what came of several downloads once none of them is left."""
        batch = self.batch
        if batch.running and not any(name in self.downloads for name in batch.names):
            batch.running = False
            notice = batch.notice()
            if notice is not None:
                self._host.notifier.show_notice(notice)
            self._renew()

    def _tell_installed(self, name: str) -> None:
        kind = self._items[name].kind
        self._host.notifier.show_notice(
            Notice(Severity.INFO, tr("{model} is installed", model=self._title(name))),
            (ToastAction(tr("Use"), partial(self._host.use_model, name, kind)),),
        )

    def _tell_failed(self, name: str, error: ConsoleError) -> None:
        self._host.notifier.show_notice(
            Notice(
                Severity.WARNING,
                tr("{model} was not got", model=self._title(name)),
                error.message,
            ),
            (ToastAction(tr("Show"), partial(self._host.show_page, "gallery")),),
        )

    def _title(self, name: str) -> str:
        return self._rows[name].entry.title


def _rank(row: GalleryRow) -> bool:
    return not row.entry.lists
