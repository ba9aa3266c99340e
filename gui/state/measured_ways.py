"""What was measured of the ways to a model, and who wants it measured; kept while the window is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from backend.compare.bench import BenchResult, Cell, CellResult, Preset, tied
from backend.core.samples import MediaKind
from gui.state.switches import Switches


class MeasuredWays(QObject):
    """The newest result of each target and model.

    The live page advises by them; the compare page brings them.
    """

    wanted = Signal(str)
    """A Preset that somebody wants to see measured of the chosen target and model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results: dict[tuple[str, str], BenchResult] = {}

    def keep(self, target: str, model: str, result: BenchResult) -> None:
        """A result; `target` is the name under which it is saved."""
        self._results[target, model] = result

    def of(self, target: str, model: str) -> BenchResult | None:
        """What was measured last of these, None for nothing."""
        return self._results.get((target, model))

    def want(self, preset: Preset) -> None:
        """Ask for a measurement."""
        self.wanted.emit(preset)


def way_in_use(switches: Switches, kind: MediaKind) -> Cell:
    """The way that the switches send a source of this kind, of no payload yet."""
    return Cell(
        "",
        switches.api,
        switches.transport,
        switches.serialization,
        switches.image_for(kind),
        switches.compression,
    )


def faster_than(used: CellResult, result: BenchResult) -> CellResult | None:
    """The fastest other way of the same payload, API and number in flight, None if there is none
    whose median is faster by more than the noise."""
    others = [
        each
        for each in result.cells
        if each.measured
        and each.cell.payload == used.cell.payload
        and each.cell.in_flight == used.cell.in_flight
        and each.figure("p50_ms") is not None
    ]
    best = min(others, key=lambda each: each.figure("p50_ms") or 0.0, default=None)
    if best is None or best is used or tied(best.p50_ms, used.p50_ms):
        return None
    return best
