"""Which models need which: ensembles and their steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from backend.models.servable import ModelLoadError

_DEEPEST = 32
"""Ensembles within ensembles; each level is a call deeper."""


def steps_first(
    name: str, steps: Callable[[str], Iterable[str]], most: int = 4096
) -> tuple[str, ...]:
    """The models that `name` needs, directly or not, each after those it needs itself.

    `name` is not among them. Raises ModelLoadError if they need each other in a circle, or are
    nested too deep.
    """
    order: dict[str, int] = {}
    path: list[str] = []

    def height_of(model: str) -> int:
        """How many levels of ensembles stand on each other, this one counted."""
        if model in order:
            return order[model]
        if model in path:
            raise ModelLoadError(
                f"circular dependency between ensembles: {' -> '.join([*path, model])}"
            )
        path.append(model)
        if len(path) > _DEEPEST + 1:
            raise ModelLoadError(f"ensembles are nested more than {_DEEPEST} deep")
        height = 1 + max((height_of(step) for step in steps(model)), default=-1)
        if height > _DEEPEST:
            raise ModelLoadError(f"ensembles are nested more than {_DEEPEST} deep")
        path.pop()
        if len(order) >= most:
            raise ModelLoadError(f"ensemble '{name}' needs more than {most} models")
        order[model] = height
        return height

    height_of(name)
    return tuple(model for model in order if model != name)


def no_longer_needed(
    name: str, steps: Mapping[str, Collection[str]], wanted: Collection[str]
) -> tuple[str, ...]:
    """The models that only `name` needed, directly or not, and nobody asked for by name.

    `steps` are those of every loaded ensemble but `name`, and those of `name`.
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
