"""Values that are made for every request, without what freezing costs."""

from __future__ import annotations

from copy import copy
from dataclasses import fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def unguarded(kind: type[T]) -> type[T]:
    """A frozen dataclass that only the type checker keeps frozen; raises TypeError for one with a
    `__post_init__`.

    Freezing makes each field be set by a call: one of six fields takes five times as long to make.
    """
    if hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__name__} has a __post_init__, which would not be called.")
    plain = make_dataclass(
        kind.__name__,
        [(field.name, field.type, copy(field)) for field in fields(kind)],  # type: ignore[arg-type]  # what it is
    )
    unfrozen: Any = kind
    unfrozen.__init__ = plain.__init__  # type: ignore[misc]  # of a class made just here
    del unfrozen.__setattr__, unfrozen.__delattr__
    return kind
