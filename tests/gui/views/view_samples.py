"""Frames, results and sound for the tests of the views."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from backend.core.choices import RunSettings
from backend.core.predictions import Classification, ClassScore, Prediction, Predictions
from backend.core.samples import AudioBlock, Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.core.timing import Timeline
from backend.core.traffic import Traffic

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def plain_frame(
    seq: int, color: tuple[int, int, int] = RED, width: int = 64, height: int = 48
) -> Frame:
    """A frame in one colour, captured now."""
    pixels = np.full((height, width, 3), color, np.uint8)
    return Frame(seq, time.monotonic_ns(), pixels)


def quarters_frame(seq: int = 1, width: int = 64, height: int = 48) -> Frame:
    """Red and green above, blue and white below."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = WHITE
    return Frame(seq, time.monotonic_ns(), pixels)


def result_for(frame: Frame, *predictions: Prediction) -> Result:
    """An answer for that frame."""
    settings = RunSettings(Target("test"), "shapes")
    return Result(frame.seq, frame, predictions, Timeline(), Traffic(), settings)


def classes(**scores: float) -> Predictions:
    """A classification with these scores, in this order."""
    named = enumerate(scores.items())
    return (Classification(tuple(ClassScore(name, score, at) for at, (name, score) in named)),)


def tone_blocks(
    hertz: float, seconds: float, end_ns: int, rate: int = 16_000, amplitude: float = 0.5
) -> list[AudioBlock]:
    """A sine in blocks of 20 ms whose last sample is at `end_ns`."""
    step = rate // 50
    count = int(seconds * 50)
    at = np.arange(count * step) / rate
    samples = (amplitude * np.sin(2 * np.pi * hertz * at)).astype(np.float32)
    return [
        AudioBlock(
            seq,
            end_ns - (count - 1 - seq) * 20_000_000,
            samples[seq * step : (seq + 1) * step],
            rate,
        )
        for seq in range(count)
    ]


def image_of(view: QWidget) -> QImage:
    """What the view paints."""
    return view.grab().toImage()


def color_at(image: QImage, x: float, y: float) -> tuple[int, int, int]:
    """The colour of a pixel."""
    color = QColor(image.pixel(QPoint(round(x), round(y))))
    return color.red(), color.green(), color.blue()


def settle() -> None:
    """Let layouts and paints that are due happen."""
    for _ in range(3):
        QApplication.processEvents()
