"""Which models need which: ensembles and their steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from backend.models.servable import ModelLoadError

_DEEPEST = 32
"""Ensembles within ensembles; each level is a call deeper."""
_MOST_CALLS = 4096
"""Models that one request is passed to. Without a limit, each level could double it."""


def steps_first(name: str, steps: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """The models that `name` needs, directly or not, each after those it needs itself.

    `name` is not among them; `steps` gives a model for each step. Raises ModelLoadError if they
    need each other in a circle, are nested too deep, or are too many for one request.
    """
    seen: dict[str, _Size] = {}
    path: list[str] = []

    def size_of(model: str) -> _Size:
        if model in seen:
            return seen[model]
        if model in path:
            raise ModelLoadError(
                f"circular dependency between ensembles: {' -> '.join([*path, model])}"
            )
        path.append(model)
        if len(path) > _DEEPEST + 1:
            raise ModelLoadError(f"ensembles are nested more than {_DEEPEST} deep")
        inner = [size_of(step) for step in steps(model)]
        path.pop()
        size = _Size(
            1 + max((one.height for one in inner), default=-1), 1 + sum(one.calls for one in inner)
        )
        if size.height > _DEEPEST:
            raise ModelLoadError(f"ensembles are nested more than {_DEEPEST} deep")
        if size.calls > _MOST_CALLS:
            raise ModelLoadError(
                f"ensemble '{model}' would pass a request on more than {_MOST_CALLS} times"
            )
        seen[model] = size
        return size

    size_of(name)
    return tuple(model for model in seen if model != name)


@dataclass(frozen=True, slots=True)
class _Size:
    """Levels of ensembles below a model, and how many models a request to it is passed to."""

    height: int
    calls: int


def no_longer_needed(
    name: str, steps: Mapping[str, Collection[str]], wanted: Collection[str]
) -> tuple[str, ...]:
    """The models that only `name` needed, directly or not, and nobody asked for by name.

    `steps` are those of each loaded ensemble.
    """
    kept = {model: set(needs) for model, needs in steps.items() if model != name}
    going: list[str] = []
    waiting = list(steps.get(name, ()))
    while waiting:
        model = waiting.pop(0)
        needed = any(model in needs for needs in kept.values())
        if needed or model in wanted or model in going:
            continue
        going.append(model)
        waiting.extend(kept.pop(model, ()))
    return tuple(going)
