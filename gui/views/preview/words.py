"""What the picture says in words: what is seen in it, and how old its answer is."""

from __future__ import annotations

from backend.core.predictions import Detections
from backend.core.samples import Frame
from backend.core.status import Result
from gui.views.view import TEXT_PERIOD_NS
from gui.widgets.language import grouped, number, tr

_MOST_NAMED = 5


def summary_of(picture: Frame, result: Result | None) -> str:
    """The picture's size and the first objects that were seen, for people who do not see it."""
    objects = [
        f"{item.label} {number(item.score, 2)}"
        for prediction in (result.predictions if result else ())
        if isinstance(prediction, Detections)
        for item in prediction.items
    ]
    size = tr("{width} by {height} picture", width=picture.width, height=picture.height)
    if not objects:
        return size
    named = objects[:_MOST_NAMED]
    left = len(objects) - len(named)
    named += [tr("and {n} more", n=grouped(left))] if left else []
    found = tr("{many} found: {objects}", many=len(objects), objects=", ".join(named))
    return f"{size}, {found}"


class AgeNote:
    """How old an answer is, in words that change twice a second at most."""

    def __init__(self) -> None:
        self.text = ""
        self._at_ns = 0

    def is_due(self, now_ns: int) -> bool:
        """Whether the words may change."""
        return now_ns - self._at_ns >= TEXT_PERIOD_NS

    def write(self, result: Result, now_ns: int) -> bool:
        """Say how old this answer is now, if the words may change; whether they did."""
        if not self.is_due(now_ns):
            return False
        age_ms = (now_ns - result.sample.captured_ns) / 1e6
        slow = age_ms >= 1000
        age = f"{number(age_ms / 1000, 1)} s" if slow else f"{number(age_ms)} ms"
        self.text, self._at_ns = tr("result {age} old", age=age), now_ns
        return True
