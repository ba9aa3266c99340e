"""Values that only the type checker keeps frozen are made, compared and copied like others."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field, fields, replace

import pytest

from backend.core.unguarded import unguarded


@unguarded
@dataclass(frozen=True, slots=True)
class Point:
    """Two numbers and a list."""

    x: int
    y: int = 2
    more: list[int] = field(default_factory=list)


def test_it_is_made_with_its_defaults_each_its_own() -> None:
    point, other = Point(1), Point(x=1, y=2)
    assert (point.x, point.y, point.more) == (1, 2, [])
    assert point.more is not other.more
    assert [each.name for each in fields(point)] == ["x", "y", "more"]
    assert repr(point) == "Point(x=1, y=2, more=[])"


@pytest.mark.parametrize("arguments", [(), (1, 2, [], 4)])
def test_wrong_arguments_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match="argument"):
        Point(*arguments)  # type: ignore[arg-type]


def test_it_is_compared_replaced_and_copied() -> None:
    point = Point(1, 5, [3])
    assert point == Point(1, 5, [3]) != Point(1)
    assert replace(point, y=2) == Point(1, 2, [3])
    assert copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point


def test_it_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]


def test_what_checks_itself_cannot_be_one() -> None:
    with pytest.raises(TypeError, match="__post_init__"):

        @unguarded
        @dataclass(frozen=True)
        class Checked:
            x: int

            def __post_init__(self) -> None:
                assert self.x
