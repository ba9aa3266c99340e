"""A view's picture and what lies over it, made before they are painted while there is a thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.core.predictions import Predictions
from backend.core.samples import Frame
from gui.views.preview.drawing_thread import DrawingThread
from gui.views.preview.geometry import Placement
from gui.views.preview.look import Look
from gui.views.preview.overlay import Overlay
from gui.views.preview.picture import Picture


class DrawnAhead(QObject):
    """Hands picture and overlay to a thread and says on the window's when they are ready."""

    _done = Signal()

    def __init__(
        self, parent: QObject, picture: Picture, overlay: Overlay, show: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self._picture, self._overlay, self._show = picture, overlay, show
        self._thread: DrawingThread | None = None
        self._done.connect(self._say, Qt.ConnectionType.QueuedConnection)

    def use(self, thread: DrawingThread) -> None:
        """Draw there until it is closed."""
        self.rest()
        self._thread = thread

    def draw(
        self, frame: Frame, predictions: Predictions, placement: Placement, look: Look, ratio: float
    ) -> bool:
        """Draw this for a device of that ratio, then show it; False where there is no thread."""
        if self._thread is None:
            return False

        def work(picture: Picture = self._picture, overlay: Overlay = self._overlay) -> None:
            picture.prepare(frame)
            overlay.draw_ahead(predictions, placement, look, ratio)

        return self._thread.do(work, self._done.emit)

    def rest(self) -> None:
        """Have the overlay to oneself, until the next `draw`."""
        if self._thread is not None:
            self._thread.rest()

    @Slot()
    def _say(self) -> None:
        self._show()
