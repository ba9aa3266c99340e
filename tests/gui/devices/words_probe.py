"""Run as a child: streams the microphone through `spoken_digits` and prints the words as JSON.

Arguments: the addresses of a server, REST and gRPC, and how many words to wait for; "open" is
printed once sound is answered. Ends at the latest after 40 s.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from backend.core.choices import RunSettings
from backend.core.flow import Policy
from backend.core.target import Target
from backend.core.worker import Worker
from backend.session.run import Session
from backend.session.sinks import WORDS
from gui.devices.microphone import MicrophoneSource
from gui.devices.qt_sound import QtSound

_LONGEST_S = 40.0


def listen(session: Session, wanted: int, stop: threading.Event) -> list[str]:
    """The words that come until there are enough or the time is up."""
    heard = session.subscribe(WORDS, Policy.DROP, "probe")
    session.start()
    until = time.monotonic() + _LONGEST_S
    while not session.status().counts.answered and time.monotonic() < until:
        stop.wait(0.02)
    print("open", flush=True)
    words: list[str] = []
    while len(words) < wanted and time.monotonic() < until:
        words += [word.label for word in heard.drain()]
        stop.wait(0.02)
    session.request_stop()
    session.join(5)
    return words + [word.label for word in heard.drain()]


def main(rest_url: str, grpc_address: str, wanted: int) -> None:
    """Listen on a plain thread, as Qt's microphone needs its own."""
    application = QApplication([])
    sound = QtSound()
    target = Target("test", rest_url, grpc_address)
    session = Session(RunSettings(target, "spoken_digits"), MicrophoneSource("", sound))
    found: list[str] = []
    with Worker("words", lambda stop: found.extend(listen(session, wanted, stop))) as worker:
        watch = QTimer()
        watch.timeout.connect(lambda: worker.alive or application.quit())
        watch.start(50)
        application.exec()
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
