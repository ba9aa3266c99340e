"""Screens and windows through QtMultimedia: begun on the window's thread, read on any."""

from __future__ import annotations

import threading

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QScreen
from PySide6.QtMultimedia import (
    QCapturableWindow,
    QMediaCaptureSession,
    QScreenCapture,
    QVideoFrame,
    QVideoFrameFormat,
    QVideoSink,
    QWindowCapture,
)

from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array
from gui.devices.screen_input import ScreenEntry

_BEGINS_WITHIN_S = 5.0
_BGRX = (
    QVideoFrameFormat.PixelFormat.Format_BGRX8888,
    QVideoFrameFormat.PixelFormat.Format_BGRA8888,
    QVideoFrameFormat.PixelFormat.Format_BGRA8888_Premultiplied,
)


class QtScreens(QObject):
    """The screens and windows of this machine; made on the window's thread."""

    _begin_wanted = Signal(object)
    _end_wanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Qt's capture objects live where the window does; who reads their pictures does not.
        self._begin_wanted.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self._end_wanted.connect(self._end, Qt.ConnectionType.QueuedConnection)

    def screens(self) -> tuple[ScreenEntry, ...]:
        """As Qt lists them."""
        primary = QGuiApplication.primaryScreen()
        listed = [_entry(screen, primary) for screen in QGuiApplication.screens()]
        return tuple(sorted(listed, key=lambda entry: not entry.primary))

    def windows(self) -> tuple[str, ...]:
        """Those that have a title and are not our own."""
        own = {window.title() for window in QGuiApplication.topLevelWindows()}
        titles = [window.description() for window in QWindowCapture.capturableWindows()]
        return tuple(dict.fromkeys(title for title in titles if title and title not in own))

    def capture_screen(self, name: str) -> QtCapture:
        """Begin to capture the screen of that name, '' for the primary one."""
        return self._started(QtCapture(self, name, is_window=False))

    def capture_window(self, title: str) -> QtCapture:
        """Begin to capture the window of that title."""
        return self._started(QtCapture(self, title, is_window=True))

    def _started(self, capture: QtCapture) -> QtCapture:
        self._begin_wanted.emit(capture)
        if not capture.begun.wait(_BEGINS_WITHIN_S):
            capture.close()
            raise SourceError(
                SourceFault.SILENT, "The system does not answer whether it may be captured."
            )
        if capture.failure:
            capture.close()
            raise SourceError(
                SourceFault.ABSENT, capture.failure, hint="Choose another one in the source menu."
            )
        return capture

    def end(self, capture: QtCapture) -> None:
        """Stop it on the window's thread, soon."""
        self._end_wanted.emit(capture)

    @Slot(object)
    def _begin(self, capture: QtCapture) -> None:
        try:
            capture.begin()
        finally:
            capture.begun.set()

    @Slot(object)
    def _end(self, capture: QtCapture) -> None:
        capture.end()


class QtCapture:
    """A capture under way: `begin` and `end` on the window's thread, the rest on its reader's."""

    def __init__(self, owner: QtScreens, name: str, *, is_window: bool) -> None:
        self._owner = owner
        self._name = name
        self._is_window = is_window
        self._session: QMediaCaptureSession | None = None
        self._capture: QScreenCapture | QWindowCapture | None = None
        self._sink: QVideoSink | None = None
        self._frame = QVideoFrame()
        self._closed = False
        self.begun = threading.Event()
        self.failure = ""

    def begin(self) -> None:
        """Look for it and start; `failure` says if that does not work."""
        if self._closed:
            return
        capture = self._window_capture() if self._is_window else self._screen_capture()
        if capture is None:
            return
        # The sink's own lock guards the newest picture, which the reader fetches from its thread.
        self._session, self._sink, self._capture = QMediaCaptureSession(), QVideoSink(), capture
        if isinstance(capture, QScreenCapture):
            self._session.setScreenCapture(capture)
        else:
            self._session.setWindowCapture(capture)
        self._session.setVideoSink(self._sink)
        capture.errorOccurred.connect(lambda _error, text: self._fail(_reason(text, capture)))
        capture.setActive(True)

    def end(self) -> None:
        """Stop, and let go of Qt's objects."""
        if self._capture is not None:
            self._capture.setActive(False)
        self._session = self._capture = self._sink = None

    def newest(self) -> Array | None:
        """See `Capture`."""
        sink = self._sink
        if sink is None:
            return None
        frame = sink.videoFrame()
        if not frame.isValid() or frame == self._frame:
            return None
        self._release()
        self._frame = frame
        return _pixels(frame)

    def close(self) -> None:
        """See `Capture`."""
        self._closed = True
        self._release()
        self._owner.end(self)

    def _release(self) -> None:
        if self._frame.isMapped():
            self._frame.unmap()
        self._frame = QVideoFrame()

    def _fail(self, text: str) -> None:
        self.failure = text or "The system has ended it."

    def _screen_capture(self) -> QScreenCapture | None:
        screens = QGuiApplication.screens()
        found: QScreen | None = QGuiApplication.primaryScreen()
        if self._name:
            found = next((screen for screen in screens if screen.name() == self._name), None)
        if found is None:
            here = ", ".join(screen.name() for screen in screens)
            self._fail(f"There is no screen {self._name}; there is {here or 'none'}.")
            return None
        capture = QScreenCapture()
        capture.setScreen(found)
        return capture

    def _window_capture(self) -> QWindowCapture | None:
        found = _window(self._name)
        if found is None:
            self._fail(f"There is no window with the title '{self._name}'.")
            return None
        capture = QWindowCapture()
        capture.setWindow(found)
        return capture


def _reason(text: str, capture: QScreenCapture | QWindowCapture) -> str:
    """What the system says, and what it is for windows most often."""
    said = f"{text.rstrip('.')}." if text else ""
    if isinstance(capture, QScreenCapture):
        return said
    return f"{said} A window that is minimised gives no picture.".lstrip()


def _window(title: str) -> QCapturableWindow | None:
    """Titles change as their programs go on: the whole of it counts first, then its beginning."""
    windows = QWindowCapture.capturableWindows()
    same = [window for window in windows if window.description() == title]
    alike = [window for window in windows if window.description().startswith(title)]
    return next(iter((*same, *alike)), None)


def _entry(screen: QScreen, primary: QScreen) -> ScreenEntry:
    size, ratio = screen.size(), screen.devicePixelRatio()
    return ScreenEntry(
        screen.name(),
        round(size.width() * ratio),
        round(size.height() * ratio),
        primary=screen is primary or screen.name() == primary.name(),
    )


def _pixels(frame: QVideoFrame) -> Array | None:
    """BGRX uint8 [height, width, 4]: the frame's own memory where it has that form."""
    if frame.surfaceFormat().pixelFormat() in _BGRX and frame.map(QVideoFrame.MapMode.ReadOnly):
        rows = np.frombuffer(frame.bits(0), np.uint8).reshape(-1, frame.bytesPerLine(0))
        rows = rows[: frame.height(), : 4 * frame.width()]
        return rows.reshape(frame.height(), frame.width(), 4)
    image = frame.toImage().convertToFormat(QImage.Format.Format_RGB32)
    if image.isNull():
        return None
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(-1, image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()
