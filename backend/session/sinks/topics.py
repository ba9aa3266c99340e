"""What a run gives out."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from backend.core.samples import AudioBlock, Frame
from backend.core.status import Failure, Notice, Result

Item: TypeAlias = Frame | AudioBlock | Result | Failure | Notice
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
RESULTS: Topic[Result] = Topic("results", follows_requests=True)
"""Every answer with its sample, in the order of the samples."""
FAILURES: Topic[Failure] = Topic("failures", follows_requests=True)
"""Every request that got an error."""
NOTICES: Topic[Notice] = Topic("notices")
"""What happened to source, target and sinks."""
