"""Stored files by their types: what fits is read, everything else is refused by its place."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import UsageError
from backend.core.files.private import NewerFile
from backend.wire.json.stored import read_stored, stored_bytes, typed


class Colour(StrEnum):
    """An enumeration of texts."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    """Holds others of its kind; raises ValueError for a size below 0."""

    size: int = 0
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError(f"size must not be negative, got {self.size}")


@dataclass(frozen=True, slots=True)
class File:
    """One field of each type that stored files have."""

    name: str
    ratio: float = 1.0
    colour: Colour | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] | None = None
    body: bytes = b""
    at: datetime = datetime(2024, 1, 1, tzinfo=UTC)


WHOLE = File(
    "/models/\udcff",
    0.5,
    Colour.RED,
    (("a", "b"),),
    (Part(1, (Part(2),)),),
    {"x": Part(3)},
    b"\xff",
)


def test_what_is_written_is_read_back() -> None:
    assert read_stored(File, stored_bytes(WHOLE, 3), "x.json", 3) == WHOLE
    assert read_stored(File, stored_bytes(WHOLE, 2), "x.json", 3) == WHOLE
    marked = b"\xef\xbb\xbf" + stored_bytes(WHOLE, 1)
    assert read_stored(File, marked, "x.json", 1) == WHOLE


def test_a_later_version_is_told_from_none() -> None:
    with pytest.raises(NewerFile, match=r"x.json was written by a newer program \(version 4; 3"):
        read_stored(File, stored_bytes(WHOLE, 4), "x.json", 3)
    for version in (b"0", b"true", b'"1"', b"1.0", b"null"):
        with pytest.raises(UsageError, match="no version that is known") as caught:
            read_stored(File, b'{"schema": ' + version + b', "name": ""}', "x.json", 3)
        assert not isinstance(caught.value, NewerFile)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "it name is missing."),
        ({"name": 5}, "it name: expected text, got a whole number."),
        ({"name": "", "ratio": "x"}, "it ratio: expected a number, got text."),
        ({"name": "", "ratio": float("inf")}, "it ratio is not a finite number."),
        ({"name": "", "colour": "blue"}, "it colour: unknown word 'blue'."),
        ({"name": "", "pairs": [["a", "b"], ["c"]]}, "it pairs[1]: expected a list of 2, got 1."),
        ({"name": "", "pairs": {}}, "it pairs: expected a list, got an object."),
        (
            {"name": "", "parts": [{"size": 1.5}]},
            "it parts[0] size: expected a whole number, got a",
        ),
        (
            {"name": "", "parts": [{"size": True}]},
            "parts[0] size: expected a whole number, got true",
        ),
        ({"name": "", "parts": [{"parts": [{"size": -1}]}]}, "parts[0] parts[0]: size must not be"),
        ({"name": "", "parts": [{"parts": [{"sise": 1}]}]}, "parts[0] has an unknown key 'sise'."),
        ({"name": "", "parts": [{"size": 1 << 63}]}, "parts[0] size is a number beyond 64 bits."),
        ({"name": "", "body": "a b"}, "it body: expected base64."),
        ({"name": "", "at": "now"}, "it at: expected a time such as 2024-01-31T12:00:00+00:00."),
        ({"name": "", "colour": "x" * 9999}, "xxx..."),
        ([], "it: expected an object, got a list."),
        (None, "it: expected an object, got null."),
    ],
)
def test_what_is_wrong_is_named_by_its_place(value: object, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        typed(File, value, "it")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


def test_levels_are_bounded() -> None:
    part: dict[str, object] = {}
    for _ in range(1000):
        part = {"parts": [part]}
    with pytest.raises(UsageError, match="nested too deeply"):
        typed(Part, part, "it")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "ratio", "colour", "pairs", "parts", "named", "size", "at"])
            | st.text(max_size=2),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_any_value_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(UsageError):
        read = typed(File, value, "it")
        assert read_stored(File, stored_bytes(read, 1), "x.json", 1) == read


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(UsageError):
        read_stored(File, data, "x.json", 1)
