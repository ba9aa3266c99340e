"""What `call` fills inputs with that are to be as in a live run."""

from __future__ import annotations

from functools import lru_cache

from backend.cli.stream.profile import choose_profile
from backend.compare.bench import payload_of
from backend.core.target import Target
from backend.inspector.forms import Live
from backend.sources.registry import KINDS, Pace, SourceRegistry


class CallLive:
    """Knows the profiles of a target's models, and opens the source when it is first needed."""

    def __init__(self, target: Target, source: str) -> None:
        self._target = target
        self._source = source
        self._cached = lru_cache(maxsize=256)(self._made)

    def __call__(self, model: str) -> Live:
        """For one model; raises ConsoleError for a source or a model that cannot be had."""
        return self._cached(model)

    def _made(self, model: str) -> Live:
        profile = choose_profile(self._target, model)
        if not self._source:
            return Live.of(None, profile)
        registry = SourceRegistry(KINDS)
        source = registry.make(self._source, loop=False, pace=Pace.FREE)
        return Live.of(
            payload_of(source, registry.title(self._source), profile.audio).sample, profile
        )
