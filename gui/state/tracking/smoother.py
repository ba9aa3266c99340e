"""Results as they are shown: boxes rest on what they mark instead of shaking around it."""

from __future__ import annotations

from dataclasses import replace

from backend.core.predictions import Detections, Prediction
from backend.core.samples import Frame
from backend.core.status import Result
from gui.state.tracking.tracks import Track, Tracker


class BoxSmoother:
    """Smooths the boxes of one source and model; what was answered is not touched."""

    def __init__(self) -> None:
        self.enabled = True
        self.tracks: tuple[Track | None, ...] = ()
        """Of the newest result, in the order of its detections; kept while switched off too."""
        self.played_s: float | None = None
        """The place of the newest result's sample in the file that is played."""
        self._tracker = Tracker()

    def clear(self) -> None:
        """What comes next has nothing to do with what was."""
        self._tracker.clear()
        self.tracks = ()

    def shown(self, result: Result) -> Result:
        """The result with smoothed boxes, or as it is if that is switched off."""
        found = next((p for p in result.predictions if isinstance(p, Detections)), None)
        items = found.items if found is not None else ()
        self.played_s = result.sample.played_s if isinstance(result.sample, Frame) else None
        self.tracks = self._tracker.update(items, result.sample.captured_ns, self.played_s)
        if found is None or not self.enabled:
            return result
        boxes = Detections(
            tuple(
                item if track is None else track.item
                for item, track in zip(items, self.tracks, strict=True)
            )
        )
        predictions: tuple[Prediction, ...] = tuple(
            boxes if prediction is found else prediction for prediction in result.predictions
        )
        return replace(result, predictions=predictions)
