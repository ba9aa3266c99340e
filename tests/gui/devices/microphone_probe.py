"""Run as a child: records from the microphone as the window does and prints what came as JSON.

Arguments: how many blocks to take from the first audible one on, and the wanted microphone ('' for
the default). The window's thread is blocked from before the recording until its end. A fault that
ends the recording is printed instead.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import closing

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from backend.core.errors import SourceError
from backend.core.samples import AudioBlock
from backend.core.worker import Worker
from gui.devices.microphone import MicrophoneSource
from gui.devices.qt_sound import QtSound

_AUDIBLE = 0.05
"""Of full scale; the room is silent until somebody speaks."""


def record(source: MicrophoneSource, wanted: int, stop: threading.Event) -> dict[str, object]:
    """What a plain thread hears; it ends with the last of the wanted blocks."""
    blocks: list[AudioBlock] = []
    audible = 0
    with closing(source):
        info = source.open(stop)
        print("open", flush=True)
        while audible < wanted:
            block = source.read(stop)
            if block is not None:
                blocks.append(block)
                audible += audible > 0 or float(np.abs(block.samples).max()) > _AUDIBLE
    sound_s = sum(len(block.samples) for block in blocks[1:]) / info.rate
    return {
        "name": info.name,
        "rate": info.rate,
        "seqs_in_order": [block.seq for block in blocks] == list(range(len(blocks))),
        "blocks_from_first_word": audible,
        "missing_s": (blocks[-1].captured_ns - blocks[0].captured_ns) / 1e9 - sound_s,
        "overflows": source.overflows,
    }


def main(blocks: int, wanted: str) -> None:
    """List the microphones, and record from one on a plain thread."""
    application = QApplication([])
    sound = QtSound()
    listed = [(entry.name, entry.default) for entry in sound.microphones()]
    found: dict[str, object] = {}

    def body(stop: threading.Event) -> None:
        try:
            found.update(record(MicrophoneSource(wanted, sound), blocks, stop))
        except SourceError as error:
            found.update(fault=error.fault, message=error.message)
        finally:
            ended.set()

    ended = threading.Event()
    with Worker("capture", body):
        QTimer.singleShot(0, lambda: (ended.wait(), application.quit()))
        application.exec()
    print(json.dumps({"listed": listed, **found}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
