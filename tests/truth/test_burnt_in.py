"""Number and clock burnt into the pattern, read off what came back: whose answer, and how old."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from backend.core.choices import Api, Payload, RunSettings, Serialization, Transport
from backend.core.flow import Policy
from backend.core.predictions import Tensors
from backend.core.samples import Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.core.tensors import Array
from backend.core.timing import Stage
from backend.session.run.live import Session
from backend.session.sinks import Item
from backend.sources.generated.pattern import TestPattern
from tests.truth.counting_proxy import CountingProxy
from tests.truth.outcomes import Outcomes
from tests.truth.runs import named, run_until
from tests.truth.sleeping import SLEEP_MS

Proxied = Callable[..., tuple[Target, CountingProxy]]
WIDTH, HEIGHT = 320, 240
_CLOCK_DIGITS = (0, 1, 3, 4, 6, 7, 9, 10, 11)
"""Of 00:00:00.000."""


class Seen(Outcomes):
    """Also looks at a clock of its own as each answer comes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen_ns: dict[int, int] = {}

    def write(self, item: Item) -> None:
        super().write(item)
        if isinstance(item, Result):
            self.seen_ns[item.seq] = time.monotonic_ns()


class Reader:
    """Reads the digits of the lowest strip, each by the likeness to what the pattern writes."""

    def __init__(self) -> None:
        painter = TestPattern(WIDTH, HEIGHT)._painter
        self._height, self._width = painter._cell
        inset = round(16 * painter._unit)
        self._top = HEIGHT - painter._scene.strip_height // 2 - self._height // 2
        self._number = inset + len("FRAME ") * self._width
        self._clock = WIDTH - inset - len("00:00:00.000") * self._width
        shown = [painter.paint(111_111 * digit, 0.0, 0) for digit in range(10)]
        self._digits = [self._cell(pixels, self._number) for pixels in shown]

    def number(self, pixels: Array) -> int:
        """The frame's number."""
        return self._value(pixels, self._number, range(6))

    def clock_ms(self, pixels: Array) -> int:
        """The time since the pattern was opened."""
        value = self._value(pixels, self._clock, _CLOCK_DIGITS)
        clock, milliseconds = divmod(value, 1000)
        hours, minutes, seconds = clock // 10_000, clock // 100 % 100, clock % 100
        return (hours * 3600 + minutes * 60 + seconds) * 1000 + milliseconds

    def _value(self, pixels: Array, left: int, places: range | tuple[int, ...]) -> int:
        cells = [self._cell(pixels, left + place * self._width) for place in places]
        return int("".join(str(self._digit(cell)) for cell in cells))

    def _digit(self, cell: Array) -> int:
        distances = [float(np.square(cell - each).sum()) for each in self._digits]
        return int(np.argmin(distances))

    def _cell(self, pixels: Array, left: int) -> Array:
        below, right = self._top + self._height, left + self._width
        return pixels[self._top : below, left:right].astype(np.float64)


def test_the_reader_reads_what_the_pattern_writes() -> None:
    reader, painter = Reader(), TestPattern(WIDTH, HEIGHT)._painter
    for number, clock_ms in ((0, 0), (123_456, 3_723_045), (987_650, 59_999)):
        pixels = painter.paint(number, 0.0, clock_ms)
        assert reader.number(pixels) == number
        assert reader.clock_ms(pixels) == clock_ms


@pytest.mark.parametrize("transport", Transport)
def test_an_answer_is_that_of_its_frame_and_as_old_as_the_clock_in_its_picture_says(
    proxied: Proxied, transport: Transport
) -> None:
    rest = transport is Transport.REST
    target, _ = proxied(rest=rest)
    payload = Payload(Serialization.BINARY if rest else Serialization.RAW)
    settings = RunSettings(target, "sleeping", Api.OIP, transport, payload, in_flight=2)
    pattern, outcomes, reader = TestPattern(WIDTH, HEIGHT, fps=60), Seen(), Reader()
    session = Session(settings, pattern, profiles=lambda wanted: named(wanted.model))
    session.subscribe(outcomes, Policy.EVERY, "outcomes")
    run_until(session, outcomes, {"answered": 12})
    for result in outcomes.results:
        (tensors,) = result.predictions
        assert isinstance(tensors, Tensors)
        assert isinstance(result.sample, Frame)
        came_back = tensors.tensors[0].data.reshape(HEIGHT, WIDTH, 3)
        assert reader.number(came_back) == result.seq == result.sample.seq
        burnt_ms = pattern._opened_ns / 1e6 + reader.clock_ms(came_back)
        latency_ms = result.timeline.spans_ms()["latency"]
        decoded_ms = result.timeline.marks[Stage.DECODED] / 1e6
        # The clock in the picture shows whole milliseconds, cut off.
        assert 0 <= decoded_ms - burnt_ms - latency_ms < 1
        assert latency_ms >= SLEEP_MS
        assert outcomes.seen_ns[result.seq] / 1e6 - burnt_ms >= latency_ms
