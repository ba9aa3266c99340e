"""What a run gives out."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from backend.core.predictions import Mask, Prediction, Tensors
from backend.core.samples import AudioBlock, AudioWindow, Frame
from backend.core.status import Failure, Notice, Result, RunStatus, Sent

Item: TypeAlias = Frame | AudioBlock | Sent | Result | Failure | Notice | RunStatus
T_co = TypeVar("T_co", covariant=True)


class Topic(Generic[T_co]):
    """A kind of item, by identity.

    Items of a topic that `follows_requests` come only for samples sent before, so there are never
    more of them than requests in flight once the stream waits.
    """

    def __init__(self, name: str, *, follows_requests: bool = False) -> None:
        self.name = name
        self.follows_requests = follows_requests

    def __repr__(self) -> str:
        return f"Topic({self.name!r})"


FRAMES: Topic[Frame] = Topic("frames")
"""Every picture as captured, whether it is sent or not."""
AUDIO: Topic[AudioBlock] = Topic("audio")
"""Sound as captured, before windows are cut from it."""
SENT: Topic[Sent] = Topic("sent", follows_requests=True)
"""Every sample as it was sent."""
RESULTS: Topic[Result] = Topic("results", follows_requests=True)
"""Every answer with its sample, in the order of the samples."""
FAILURES: Topic[Failure] = Topic("failures", follows_requests=True)
"""Every request that got an error."""
NOTICES: Topic[Notice] = Topic("notices")
"""What happened to source, target and sinks."""
STATUS: Topic[RunStatus] = Topic("status")
"""The run's numbers, twice a second and once at its end."""


def size_of(item: Item | AudioWindow) -> int:
    """About how many bytes of memory an item keeps; values of small size count as nothing."""
    match item:
        case Frame():
            return int(item.pixels.nbytes) + (len(item.file.data) if item.file else 0)
        case AudioBlock() | AudioWindow():
            return int(item.samples.nbytes)
        case Sent():
            return size_of(item.sample)
        case Result():
            return size_of(item.sample) + sum(map(_arrays, item.predictions))
    return 0


def _arrays(prediction: Prediction) -> int:
    match prediction:
        case Mask(classes):
            return int(classes.nbytes)
        case Tensors(tensors):
            return sum(int(tensor.data.nbytes) for tensor in tensors)
    return 0
