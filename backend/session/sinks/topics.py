"""What a run gives out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from backend.core.predictions import array_bytes
from backend.core.samples import AudioBlock, AudioWindow, Frame
from backend.core.status import Failure, Loss, Notice, Result, RunStatus, Sent, Word

Item: TypeAlias = Frame | AudioBlock | Sent | Result | Word | Failure | Loss | Notice | RunStatus
T_co = TypeVar("T_co", covariant=True)


class Topic(Generic[T_co]):
    """A kind of item, by identity.

    Items of a topic that `follows_requests` come only for samples sent before, so there are never
    more of them than requests in flight once the stream waits. `join` makes one of an item that
    waits and the next one of its topic, or None if it cannot.
    """

    def __init__(
        self,
        name: str,
        *,
        follows_requests: bool = False,
        join: Callable[[Any, Any], Any] = lambda *_: None,
    ) -> None:
        self.name = name
        self.follows_requests = follows_requests
        self.join = join

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
WORDS: Topic[Word] = Topic("words", follows_requests=True)
"""Every spoken word once, soon after its end, where the model's profile names its background."""
FAILURES: Topic[Failure] = Topic("failures", follows_requests=True)
"""Every request that got an error."""
LOSSES: Topic[Loss] = Topic("losses", follows_requests=True, join=Loss.joined)
"""Every sample that got neither; those never sent, however many, wait as one."""
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
            return size_of(item.sample) + array_bytes(item.predictions)
    return 0
