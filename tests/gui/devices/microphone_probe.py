"""Run as a child: records from the microphone as the window does and prints what came as JSON.

Arguments: the seconds to listen, and the wanted microphone ('' for the default). A fault
that ends the recording is printed instead.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import closing

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from backend.core.errors import SourceError
from backend.core.samples import AudioBlock
from backend.core.worker import Worker
from gui.devices.microphone import MicrophoneSource
from gui.devices.qt_sound import QtSound


def record(source: MicrophoneSource, seconds: float, stop: threading.Event) -> dict[str, object]:
    """What a plain thread hears while the window's thread does something else."""
    blocks: list[AudioBlock] = []
    with closing(source):
        info = source.open(stop)
        print("open", flush=True)
        try:
            first = time.monotonic()
            while not blocks or time.monotonic() - first < seconds:
                block = source.read(stop)
                if block is not None:
                    first = first if blocks else time.monotonic()
                    blocks.append(block)
        except SourceError as error:
            return {"fault": error.fault, "message": error.message}
    sound = np.concatenate([block.samples for block in blocks])
    return {
        "name": info.name,
        "rate": info.rate,
        "seqs_in_order": [block.seq for block in blocks] == list(range(len(blocks))),
        "seconds": len(sound) / info.rate,
        "clock_seconds": (blocks[-1].captured_ns - blocks[0].captured_ns) / 1e9,
        "loudest": float(np.abs(sound).max()),
        "overflows": source.overflows,
    }


def main(seconds: float, wanted: str) -> None:
    """List, record on a plain thread, and stall the window's thread meanwhile."""
    application = QApplication([])
    sound = QtSound()
    listed = [(entry.name, entry.default) for entry in sound.microphones()]
    found: dict[str, object] = {}

    def body(stop: threading.Event) -> None:
        try:
            found.update(record(MicrophoneSource(wanted, sound), seconds, stop))
        except SourceError as error:
            found.update(fault=error.fault, message=error.message)

    with Worker("capture", body) as worker:
        stall = QTimer()
        stall.timeout.connect(lambda: time.sleep(0.3))
        stall.start(400)
        watch = QTimer()
        watch.timeout.connect(lambda: worker.alive or application.quit())
        watch.start(50)
        application.exec()
    print(json.dumps({"listed": listed, **found}), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
