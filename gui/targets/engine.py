"""What the window works with to know targets and their models, chosen by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.clients.control import ServerControlClient
from backend.clients.probe import ProbeReport, probe
from backend.core.target import Target
from backend.profiles.book import ProfileBook
from backend.targets import TargetStore


@dataclass(frozen=True, slots=True)
class TargetEngine:
    """`probe` and `make_control` get targets without templates; all of it may block."""

    store: TargetStore
    book: ProfileBook
    probe: Callable[[Target], ProbeReport] = probe
    make_control: Callable[[Target], ServerControlClient] = ServerControlClient
