"""JSON that is made to be slow or large to read: time and memory follow its length alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.core.errors import InvalidInput
from backend.core.target import DEFAULT_MESSAGE_LIMIT
from backend.server.statuses import text_of
from backend.wire.json import scan as json_scan
from backend.wire.json.scan import levels_in, longest_digits_in
from backend.wire.json.text import MAX_CONTAINERS, read_json
from backend.wire.oip.metadata_json import error_to_json
from tests.attacks.growth import assert_linear, cost_of

_Text = Callable[[int], bytes]


def _reading(text: _Text) -> Callable[[int], Callable[[], object]]:
    def with_size(size: int) -> Callable[[], object]:
        body = text(size)

        def read() -> object:
            try:
                return read_json(body)
            except InvalidInput as error:
                return error

        return read

    return with_size


_WORST: dict[str, _Text] = {
    "a string that never ends": lambda n: b'NaN"' + b'\\"' * (n // 2),
    "many quotes": lambda n: b"NaN" + b'"' * n,
    "escapes beside NaN": lambda n: b'[NaN,"' + b'\\"' * (n // 2) + b'"]',
    "escaped letters beside NaN": lambda n: b'[NaN,"' + b"\\u0041" * (n // 6) + b'"]',
    "half a pair beside many numbers": lambda n: b'[NaN,"\\ud800"' + b",0" * (n // 2) + b"]",
    "a long number beside NaN": lambda n: b"[NaN," + b"1" * n + b"]",
    "numbers as long as may be": lambda n: b"[NaN" + (b"," + b"1" * 300) * (n // 301) + b"]",
    "a long number": lambda n: b"[" + b"1" * n + b"]",
    "a long fraction": lambda n: b"[0." + b"1" * n + b"]",
    "a long exponent": lambda n: b"[1e" + b"0" * n + b"1]",
    "brackets in a string": lambda n: b'["' + b"[" * n + b'"]',
    "brackets that never close": lambda n: b"[" * n,
    "brackets and NaN that never close": lambda n: b"NaN" + b"[" * n,
    "backslashes": lambda n: b"NaN" + b"\\" * n,
    "many names": lambda n: b'{"a":NaN' + b"".join(b',"%d":0' % i for i in range(n // 11)) + b"}",
    "not UTF-8": lambda n: b'[NaN,"' + b"a" * n + b'\xff"]',
}


@pytest.mark.parametrize("name", _WORST)
def test_reading_is_linear(name: str) -> None:
    # So small that a quadratic reader fails here, and does not hang.
    assert_linear(_reading(_WORST[name]), 8_000, seconds=10, peak_bytes_per_byte=20)


_LARGEST: dict[str, tuple[_Text, float]] = {
    "a string that never ends": (_WORST["a string that never ends"], 3),
    "a string beside NaN": (lambda n: b'[NaN,"' + b"a" * (n - 8) + b'"]', 3),
    "more brackets than levels": (lambda n: b'["' + b"[" * 101 + b"a" * n + b'"]', 3),
    "too many lists": (lambda n: b"[[]" + b",[]" * (n // 3) + b"]", 1),
}


@pytest.mark.parametrize("name", _LARGEST)
def test_the_largest_message_is_read_in_seconds(name: str) -> None:
    text, most = _LARGEST[name]
    cost = cost_of(_reading(text)(DEFAULT_MESSAGE_LIMIT), runs=1)
    assert cost.seconds < 15
    assert cost.peak_bytes < most * DEFAULT_MESSAGE_LIMIT


def test_too_many_lists_are_refused_and_brackets_in_a_string_are_none() -> None:
    with pytest.raises(InvalidInput, match="lists and objects; at most 10,000,000"):
        read_json(b"[" + b"{}," * MAX_CONTAINERS + b"0]")
    text = b"{" * (MAX_CONTAINERS + 1)
    assert read_json(b'["' + text + b'"]') == [text.decode()]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_what_lies_across_two_chunks_is_seen(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(json_scan, "_CHUNK", chunk)
    text = rb'[{"[[\\\"{{": "\\", "123456": [[0.12345]]}, "\\\\"]'
    assert levels_in(text) == (4, 4)
    assert longest_digits_in(text) == 5
    assert levels_in(b"]]]") == (0, 0)
    assert levels_in(b"") == (0, 0)
    assert longest_digits_in(b"1234567") == 7


@pytest.mark.parametrize("half", [rb"\ud800", rb"\uDFFF", rb"\udc00\ud800", rb"\\\ud800"])
def test_half_a_pair_is_refused_with_and_without_nan(half: bytes) -> None:
    for beside in (b"0", b"NaN"):
        with pytest.raises(InvalidInput, match="surrogate"):
            read_json(b'{"a": ' + beside + b', "b": "' + half + b'"}')


def test_a_whole_pair_and_an_escaped_backslash_are_taken_beside_nan() -> None:
    value = read_json(rb'[NaN, "\ud83d\ude00", "\\ud800"]')
    assert value[1:] == ["\U0001f600", "\\ud800"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_only_utf8_is_read(encoding: str) -> None:
    with pytest.raises(InvalidInput):
        read_json("[NaN]".encode(encoding))
    with pytest.raises(InvalidInput, match="UTF-8"):
        read_json(b'[NaN, "\xed\xa0\x80"]')


def test_an_error_that_holds_half_a_pair_is_told_all_the_same() -> None:
    told = text_of(InvalidInput("folder '\udcff' is none"))
    assert told == "folder '?' is none"
    assert read_json(error_to_json(told)) == {"error": told}
