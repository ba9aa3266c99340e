"""What the window works with to know targets and their models, and to reach them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.clients.control import ServerControlClient
from backend.clients.probe import ProbeReport, probe
from backend.core.choices import EMBEDDED
from backend.core.target import Target
from backend.profiles.book import ProfileBook
from backend.targets import Secrets, TargetStore, resolve
from gui.state.server_control import ServerControl


@dataclass(frozen=True, slots=True)
class TargetEngine:
    """`probe` and `make_control` get targets without templates; all of it may block."""

    store: TargetStore
    book: ProfileBook
    probe: Callable[[Target], ProbeReport] = probe
    make_control: Callable[[Target], ServerControlClient] = ServerControlClient


class TargetResolver:
    """Gives our own server its present addresses, and others what `${ENV}` and secrets hold."""

    def __init__(self, server: ServerControl, secrets: Secrets) -> None:
        self._server = server
        self._secrets = secrets
        self._usable: dict[Target, Target] = {}

    def resolve(self, target: Target) -> Target:
        """The target as it can be reached, from any thread; it may ask the keyring.

        Raises UsageError for a value that is not there.
        """
        if target.name == EMBEDDED:
            return self._server.resolve(target)
        found = resolve(target, self._secrets)
        self._usable[target] = found
        return found

    def usable(self, target: Target) -> Target:
        """The same without waiting: as it was resolved last."""
        if target.name == EMBEDDED:
            return self._server.resolve(target)
        return self._usable.get(target, target)
