"""Captures the screen of $DISPLAY, which it has painted in one colour; prints what it saw."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import closing

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget

from backend.core.errors import SourceError
from backend.core.samples import Frame
from backend.core.worker import Worker
from backend.sources.kind import SourceOptions
from gui.devices import QtScreens, screen_kinds
from tests.sources.reading import read_until_item

_COLOUR = [200, 40, 20]


def main() -> int:
    """0 if everything could be captured."""
    app = QApplication([])
    ground = QWidget()
    palette = ground.palette()
    palette.setColor(ground.backgroundRole(), QColor(*_COLOUR))
    ground.setPalette(palette)
    ground.setGeometry(app.primaryScreen().geometry())
    ground.show()
    screens = QtScreens()
    seen: dict[str, object] = {}

    def look(stop: threading.Event) -> None:
        kind, _ = screen_kinds(screens)
        for name, argument in (("whole", ""), ("region", "40x30+100+100")):
            with closing(kind.make(argument, SourceOptions(loop=True))) as source:
                source.open(stop)
                frame = read_until_item(source, stop)
                while isinstance(frame, Frame) and frame.pixels[15, 15].tolist() != _COLOUR:
                    frame = read_until_item(source, stop)  # until the window has been painted
                assert isinstance(frame, Frame)
                seen[name] = [frame.width, frame.height, frame.pixels[15, 15].tolist()]
        with closing(kind.make("NOWHERE-7", SourceOptions(loop=True))) as source:
            try:
                source.open(stop)
            except SourceError as error:
                seen["nobody"] = str(error.fault)

    worker = Worker("look", look).start()
    timer = QTimer(interval=50)
    timer.timeout.connect(lambda: None if worker.alive else app.quit())
    timer.start()
    app.exec()
    seen["screens"] = [[entry.width, entry.height] for entry in screens.screens()]
    print(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
