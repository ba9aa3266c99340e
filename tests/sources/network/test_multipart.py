"""Cutting a camera's body into pictures."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import SourceError
from backend.sources.network.multipart import MAX_PICTURE_BYTES, looks_multipart, pictures
from tests.sources.network.scripted_server import multipart


def cut(body: bytes, piece: int = 7) -> list[bytes]:
    """The parts of a body that arrives in small pieces."""
    pieces = iter([body[at : at + piece] for at in range(0, len(body), piece)])
    return list(pictures(lambda: next(pieces, b"")))


def test_parts_with_lengths() -> None:
    assert cut(multipart(b"one", b"second") + b"--cut--") == [b"one", b"second"]


def test_parts_without_lengths_end_at_the_boundary() -> None:
    assert cut(multipart(b"one", b"sec\r\nond", b"x", lengths=False)) == [b"one", b"sec\r\nond"]


def test_a_part_with_a_length_may_hold_the_boundary() -> None:
    assert cut(multipart(b"a--cutb", b"2") + b"--cut") == [b"a--cutb", b"2"]


def test_a_complete_part_is_given_before_the_next_boundary_arrives() -> None:
    body = multipart(b"one")
    pieces = iter([body[:-2]])
    assert next(pictures(lambda: next(pieces))) == b"one"


def test_line_ends_without_carriage_return_are_read() -> None:
    assert cut(b"--x\nContent-length: 3\n\nabc\n--x\nContent-length: 1\n\nd\n--x") == [b"abc", b"d"]


def test_empty_parts_are_passed_over() -> None:
    assert cut(multipart(b"", b"two") + b"--cut") == [b"two"]


def test_what_is_no_multipart_body_is_refused() -> None:
    with pytest.raises(SourceError, match="Expected a part boundary"):
        cut(b"<html>\n<body>hello</body>\n</html>\n")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"--x\r\nContent-Length: 99999999999\r\n\r\n", "picture"),
        (b"--x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", "picture"),
        (b"--x\r\n" + b"A: b\r\n" * 10_000, "header"),
        (b"--" + b"x" * 50_000, "header"),
    ],
)
def test_endless_parts_are_refused(body: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=f"sends a {what} of more than"):
        cut(body, piece=4096)


def test_a_part_without_end_is_refused() -> None:
    start = b"--x\r\nContent-Type: image/jpeg\r\n\r\n"
    with pytest.raises(SourceError, match="sends a picture"):
        list(pictures(lambda: b"\xff" * (4 * 1024 * 1024), start))
    assert MAX_PICTURE_BYTES == 32 * 1024 * 1024


@pytest.mark.parametrize(
    ("start", "is_multipart"),
    [(b"--ffmpeg\r\n", True), (b"\r\n--b\r\n", True), (b"\xff\xd8\xff", False), (b"", False)],
)
def test_the_beginning_tells(start: bytes, is_multipart: bool) -> None:
    assert looks_multipart(start) is is_multipart


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6), st.integers(1, 50))
def test_whatever_the_parts_and_the_pieces_nothing_is_changed(
    parts: list[bytes], piece: int
) -> None:
    assert cut(multipart(*parts) + b"--cut--\r\n", piece) == parts


@given(st.binary(max_size=300))
def test_noise_ends_or_is_refused(noise: bytes) -> None:
    with suppress(SourceError):
        cut(b"--x\r\n" + noise)
