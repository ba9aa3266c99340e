"""A picture and what was found in it as a text, for people who do not see it."""

from __future__ import annotations

from backend.core.predictions import Detections
from backend.core.samples import Frame
from backend.core.status import Result
from gui.widgets.language import grouped, number, tr

_NAMED = 5


def described(picture: Frame, result: Result | None) -> str:
    """The picture's size and the first objects that were seen."""
    objects = [
        f"{item.label} {number(item.score, 2)}"
        for prediction in (result.predictions if result else ())
        if isinstance(prediction, Detections)
        for item in prediction.items
    ]
    size = tr("{width} by {height} picture", width=picture.width, height=picture.height)
    if not objects:
        return size
    named = objects[:_NAMED]
    left = len(objects) - len(named)
    named += [tr("and {n} more", n=grouped(left))] if left else []
    found = tr("{many} found: {objects}", many=len(objects), objects=", ".join(named))
    return f"{size}, {found}"
