"""How many objects of each class a result shows, and how many different ones the run has shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.predictions import Detection
from gui.state.tracking.played import Played
from gui.state.tracking.tracks import Track

_SURE_AFTER = 3
"""Results that must show a track before it counts as an object: what flickers is none."""

_IDS_KEPT = 1024
_MOST_CLASSES = 1024


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Objects of one class: in the newest result, and different ones so far."""

    label: str
    index: int
    now: int
    seen: int


class ClassCounts:
    """Counts the objects of one source and model by class.

    An object that is lost for longer than its track is followed counts again when it comes back.
    Of a file that is played, what is shown once more counts no more.
    """

    def __init__(self) -> None:
        self._labels: dict[int, str] = {}
        self._now: Counter[int] = Counter()
        self._seen: Counter[int] = Counter()
        self._counted: dict[int, None] = {}
        self._played = Played()

    @property
    def rows(self) -> tuple[ClassCount, ...]:
        """Every class that was seen, by its index."""
        return tuple(
            ClassCount(label, index, self._now[index], self._seen[index])
            for index, label in sorted(self._labels.items())
            if self._now[index] or self._seen[index]
        )

    @property
    def several(self) -> bool:
        """Whether objects of more than one class were ever in a result."""
        return len(self._labels) > 1

    @property
    def by_track(self) -> bool:
        """Whether each object has a colour of its own: all are of one class, and can be followed.

        Among pictures of a folder nothing is; there ids change with every result.
        """
        return not self.several and any(self._seen.values())

    def clear(self) -> None:
        """What comes next has nothing to do with what was."""
        for kept in (self._labels, self._now, self._seen, self._counted):
            kept.clear()
        self._played.clear()

    def update(
        self,
        items: Sequence[Detection],
        tracks: Sequence[Track | None],
        threshold: float,
        played_s: float | None = None,
    ) -> None:
        """Take the objects of a result that have at least this score, with their tracks.

        `played_s` is the place of its sample in the file that is played.
        """
        again = played_s is not None and self._played.show(played_s)
        self._now.clear()
        for item, track in zip(items, tracks, strict=True):
            if item.score < threshold or not self._knows(item):
                continue
            self._now[item.index] += 1
            if track is not None and track.age >= _SURE_AFTER and track.id not in self._counted:
                self._seen[item.index] += not again
                self._counted[track.id] = None
        while len(self._counted) > _IDS_KEPT:
            del self._counted[next(iter(self._counted))]

    def _knows(self, item: Detection) -> bool:
        """Whether the class has a row; a model with ever new classes gets no more of them."""
        if item.index not in self._labels and len(self._labels) < _MOST_CLASSES:
            self._labels[item.index] = item.label
        return item.index in self._labels
