"""A model whose time is known."""

from __future__ import annotations

import time

from backend.core.tensors import Array
from tests.server.scripted_models import Gated

SLEEP_MS = 20.0


class Sleeping(Gated):
    """Gives back its bytes after 20 ms."""

    def __init__(self) -> None:
        super().__init__("sleeping")

    def infer(self, prepared: Array) -> Array:
        time.sleep(SLEEP_MS / 1e3)
        return prepared
