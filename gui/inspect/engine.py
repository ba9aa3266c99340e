"""What the inspect page works with, chosen by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.clients.control import ServerControlClient
from backend.core.description import ModelDescription
from backend.core.target import Target
from backend.inspector.calls import Caller
from backend.inspector.history import History
from backend.profiles.model_profile import ModelProfile


@dataclass(frozen=True, slots=True)
class Engine:
    """Callers and controls are made for each target anew; `profile` may know none for a model."""

    make_caller: Callable[[Target], Caller] = Caller
    make_control: Callable[[Target], ServerControlClient] = ServerControlClient
    profile: Callable[[Target, ModelDescription], ModelProfile | None] = lambda *_: None
    open_history: Callable[[], History] = History
