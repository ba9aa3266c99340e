"""What a trigger can watch: a line of the timeline, latency, or the level of the sound."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from backend.core.samples import AudioBlock
from backend.core.status import Result
from backend.core.timing import Stage
from gui.live.scope.panes import decibel_text
from gui.views.plots import Reading, measured, scored
from gui.views.scales import milliseconds
from gui.views.sound import SILENCE_DB, decibels
from gui.widgets.language import tr

LATENCY, LEVEL = "latency", "level"
_LINE = "line:"

Readings = Iterator[tuple[float, float]]
"""Moments on the clock of the samples, in seconds, each with a value."""


def line_quantity(name: str) -> str:
    """The quantity of a line of the timeline."""
    return f"{_LINE}{name}"


def line_of(quantity: str) -> str:
    """The name of the line that a quantity is drawn as."""
    if quantity.startswith(_LINE):
        return quantity.removeprefix(_LINE)
    return tr("Latency") if quantity == LATENCY else tr("Sound level")


def reading_of(quantity: str) -> Reading | None:
    """A line to be drawn for what the timeline does not show anyway."""
    if quantity == LATENCY:
        return Reading(line_of(quantity), milliseconds)
    if quantity == LEVEL:
        return Reading(line_of(quantity), decibel_text, SILENCE_DB, 0.0)
    return None


def readings(quantity: str, results: list[Result], audio: list[AudioBlock]) -> Readings:
    """The values of a quantity in what came, in the order it came."""
    if quantity == LEVEL:
        for block in audio:
            peak = float(np.abs(block.samples).max(initial=0.0))
            yield block.captured_ns / 1e9, decibels(peak) if math.isfinite(peak) else math.nan
        return
    for result in results:
        at_s = result.sample.captured_ns / 1e9
        if quantity == LATENCY:
            span = result.timeline.span_ms(Stage.CAPTURED, Stage.DECODED)
            yield at_s, math.nan if span is None else span
        else:
            yield at_s, _line_value(line_of(quantity), result)


def _line_value(name: str, result: Result) -> float:
    """A number with a unit is not known outside of its range; a class that a result with scores
    does not name was not found, which is a score of 0."""
    for item in measured(result.predictions):
        if item.name == name:
            return item.value if item.low <= item.value <= item.high else math.nan
    return next((item.score for item in scored(result.predictions) if item.label == name), 0.0)
