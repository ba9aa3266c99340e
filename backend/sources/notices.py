"""Sources with something to say while they run, such as files they had to skip."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from backend.core.flow import DrainLog
from backend.core.status import Notice


@runtime_checkable
class NoticeSource(Protocol):
    """A source that leaves notices; whoever shows them drains the log, from any thread."""

    @property
    def notices(self) -> DrainLog[Notice]:
        """What happened since it was last drained."""
        ...
