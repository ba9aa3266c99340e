"""Records without an end, saying what is surely in the file: to be killed at any moment."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from backend.wire.recording.file import RecordingFile
from backend.wire.recording.output import create
from tests.wire.recording.recorded import result, sent, status

PAUSE_S = 0.005


def main(path: Path) -> None:
    """After each flush, the number of the last picture before it."""
    file = RecordingFile(create(path))
    size, number = file.size_bytes, 0
    while True:
        file.write(sent(number), time.monotonic_ns())
        file.write(result(number), time.monotonic_ns())
        file.write(status(), time.monotonic_ns())
        if file.size_bytes != size:
            size = file.size_bytes
            print(max(0, number - 1), flush=True)
        number += 1
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
