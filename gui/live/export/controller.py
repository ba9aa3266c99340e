"""Copies and saves what is on show; files are written elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from PySide6.QtCore import QBuffer, QIODevice, QObject
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from backend.core.errors import UsageError
from backend.core.rings import TraceRing
from backend.core.status import Notice, Severity
from backend.recording import write_report
from backend.sources.source import recording_of
from gui.live.export.data import Row, as_csv, as_json_lines, epoch_s, line_rows, trace_rows
from gui.live.page import LivePage
from gui.state.run_control import RunControl
from gui.views.preview import snapshot_of
from gui.views.view import View
from gui.widgets.file_dialogs import ask_new_file
from gui.widgets.language import tr
from gui.workspace.feature import Workspace
from gui.workspace.notices import ToastAction, show_folder

_SHARP = 2.0
"""Plots are drawn for a display of twice the pixels: they are looked at enlarged."""


class ExportController(QObject):
    """Of the picture its own pixels with the overlay, of plots what they show, sharper."""

    def __init__(self, workspace: Workspace, page: LivePage, run: RunControl) -> None:
        super().__init__(workspace.anchor)
        self._workspace = workspace
        self._page = page
        self._run = run
        self._traces: TraceRing | None = None
        run.session_changed.connect(self.follow)

    @property
    def views(self) -> tuple[QWidget, ...]:
        """What can be copied by itself: the picture, the sound, and each plot."""
        page = self._page
        return (
            page.pane.preview,
            page.sound.waveform,
            page.sound.spectrogram,
            page.top,
            page.latency,
            page.timeline,
            page.throughput,
        )

    def follow(self, session: object) -> None:
        """The run or recording whose latencies are on show."""
        traces = getattr(session, "traces", None)
        if isinstance(traces, TraceRing):
            self._traces = traces

    def chosen(self) -> QWidget:
        """What has the focus; the picture or the sound if nothing that can be copied has."""
        focused = QApplication.focusWidget()
        for view in self.views:
            if focused is not None and (view is focused or view.isAncestorOf(focused)):
                return view
        page = self._page
        return page.pane.preview if page.pane.isVisibleTo(page) else page.sound

    def image_of(self, view: QWidget) -> QImage:
        """What a view shows; null where there is no picture yet."""
        preview = self._page.pane.preview
        return snapshot_of(preview) if view is preview else sharp_image(view)

    def copy(self, view: QWidget | None = None) -> None:
        """Put a view onto the clipboard as a picture."""
        image = self.image_of(view or self.chosen())
        if image.isNull():
            self._tell(Severity.WARNING, tr("There is no picture yet."))
            return
        QGuiApplication.clipboard().setImage(image)
        size = f"{image.width()} × {image.height()}"
        self._tell(Severity.INFO, tr("Copied as a picture, {size}", size=size))

    def save(self, view: QWidget | None = None) -> None:
        """Ask for a file and write a view into it."""
        chosen = view or self.chosen()
        image = self.image_of(chosen)
        if image.isNull():
            self._tell(Severity.WARNING, tr("There is no picture yet."))
            return
        self._ask(tr("Save as a picture"), f"{_slug(chosen)}.png", partial(png_of, image))

    def copy_window(self) -> None:
        """Put the whole window onto the clipboard."""
        QGuiApplication.clipboard().setPixmap(self._window_now())
        self._tell(Severity.INFO, tr("Copied the window as a picture"))

    def save_window(self) -> None:
        """Ask for a file and write the whole window into it."""
        image = self._window_now().toImage()
        self._ask(tr("Save the window as a picture"), "inferdeck.png", partial(png_of, image))

    def has_data(self, view: QWidget) -> bool:
        """Whether a view's data can be saved."""
        return view in (self._page.timeline, self._page.throughput, self._page.latency)

    def save_data(self, view: QWidget) -> None:
        """Ask for a file and write a plot's data into it, as the file's suffix says."""
        rows = self.rows_of(view)
        if not rows:
            self._tell(Severity.WARNING, tr("The plot is empty yet."))
            return
        name = f"{_slug(view)}.csv"
        self._ask(tr("Save the plot's data (CSV or JSONL)"), name, partial(_data_file, rows))

    def rows_of(self, view: QWidget) -> list[Row]:
        """The data of a plot that has any."""
        page, epoch = self._page, epoch_s()
        if view is page.timeline:
            return line_rows(page.timeline.lines(), epoch)
        if view is page.throughput:
            return line_rows(page.throughput.lines(), epoch)
        traces = self._traces
        return [] if traces is None else trace_rows(traces.window(), traces.columns, epoch)

    def why_no_report(self) -> str:
        """Why there is no report to be written, or ''."""
        if recording_of(self._run.source) is not None:
            return ""
        return tr("Open a recording first: a report is about one.")

    def save_report(self) -> None:
        """Ask for a file and write the report of the recording into it."""
        recording = recording_of(self._run.source)
        if recording is not None:
            name = f"{recording.stem}.html"
            ask_new_file(
                self._workspace.window,
                tr("Save the report"),
                name,
                lambda path: self.write_report(recording, Path(path)),
            )

    def write_report(self, recording: Path, path: Path) -> None:
        """Read the recording and write the page, elsewhere."""

        def write() -> Path:
            with _opened(path) as file:
                write_report(recording, file)
            return path

        self._tasks("report", write)

    def _ask(self, title: str, name: str, content: Callable[[Path], bytes]) -> None:
        ask_new_file(
            self._workspace.window, title, name, lambda path: self.write(Path(path), content)
        )

    def write(self, path: Path, content: Callable[[Path], bytes]) -> None:
        """Write what `content` makes for that path, elsewhere."""

        def write() -> Path:
            data = content(path)
            with _opened(path) as file:
                file.write(data)
            return path

        self._tasks("export", write)

    def _tasks(self, name: str, work: Callable[[], Path]) -> None:
        notifier = self._workspace.notifier
        self._workspace.tasks.start(name, work, self._written, notifier.show_error)

    def _written(self, path: Path) -> None:
        folder = tr("It is in {folder}.", folder=str(path.parent))
        title = tr("Saved: {file}", file=path.name)
        self._tell(Severity.INFO, title, folder, (show_folder(path.parent),))

    def _window_now(self) -> QPixmap:
        return self._workspace.window.grab()

    def _tell(
        self,
        severity: Severity,
        title: str,
        body: str = "",
        actions: tuple[ToastAction, ...] = (),
    ) -> None:
        self._workspace.notifier.show_notice(Notice(severity, title, body), actions)


def sharp_image(view: QWidget) -> QImage:
    """A view as it is, for a display of twice the pixels or more."""
    ratio = max(_SHARP, view.devicePixelRatioF())
    image = QImage(view.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(view.palette().window().color())
    view.render(image)
    return image


def png_of(image: QImage, _path: Path) -> bytes:
    """The picture as the bytes of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"png").write(image):
        raise UsageError(tr("The picture cannot be written as PNG."))
    return bytes(buffer.data().data())


def _data_file(rows: list[Row], path: Path) -> bytes:
    return as_json_lines(rows) if path.suffix.lower() in (".jsonl", ".json") else as_csv(rows)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            tr("{file} cannot be written: {reason}.", file=str(path), reason=reason)
        ) from error


def _slug(view: QWidget) -> str:
    """A file's name: what the view is, and the time."""
    name = view.accessibleName() if isinstance(view, View) else "sound"
    plain = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
    moment = datetime.now().astimezone().strftime("%Y-%m-%d %H.%M.%S")
    return f"{plain or 'picture'} {moment}"
