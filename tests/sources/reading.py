"""Making small recordings, and reading sources to their end."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import NoReturn

import numpy as np

from backend.core.samples import Captured, Frame
from backend.core.tensors import Array
from backend.sources.source import EndOfSource, Source
from backend.wire.media.opencv import cv2


def write_video(path: Path, frames: int, fps: float) -> Path:
    """Motion JPEG in the container that the suffix names."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 20 * (number % 12), np.uint8))
    writer.release()
    return path


def read_all(source: Source, limit: int = 1000) -> list[Captured]:
    """Open, read to the end or to the limit, and close."""
    stop = threading.Event()
    source.open(stop)
    items: list[Captured] = []
    try:
        while len(items) < limit:
            item = source.read(stop)
            if item is not None:
                items.append(item)
    except EndOfSource:
        pass
    finally:
        source.close()
    return items


def read_until_item(source: Source, stop: threading.Event) -> Captured:
    """The next item of an open source, however often it says that there is none yet."""
    while True:
        item = source.read(stop)
        if item is not None:
            return item


def read_until_error(source: Source, stop: threading.Event) -> NoReturn:
    """Read an open source until it raises."""
    while True:
        source.read(stop)


def jpeg(grey: int) -> bytes:
    """A small JPEG file of one grey."""
    done, data = cv2.imencode(".jpg", np.full((48, 64, 3), grey, np.uint8))
    assert done
    return bytes(data)


def mean(pixels: Array) -> int:
    """The picture's average value, rounded: tells single-valued pictures apart."""
    return round(float(pixels.mean()))


def shade(item: Captured) -> int:
    """The average value of a frame's picture."""
    assert isinstance(item, Frame)
    return mean(item.pixels)
