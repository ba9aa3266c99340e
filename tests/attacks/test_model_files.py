"""Files of a model folder that are made to be slow to read: configuration, profile, labels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.models.config.text import (
    MAX_BACKSLASHES,
    MAX_BYTES,
    parse_config,
    parse_config_json,
)
from backend.models.servable import ModelLoadError
from backend.profiles.file import profile_from_toml
from backend.profiles.label_file import read_label_file
from tests.attacks.growth import assert_linear

_Text = Callable[[int], str]


def _reading(read: Callable[[str], object], text: _Text) -> Callable[[int], Callable[[], object]]:
    def with_size(size: int) -> Callable[[], object]:
        made = text(size)

        def call() -> None:
            with suppress(ModelLoadError, UsageError):
                read(made)

        return call

    return with_size


_MOST_MEMORY = 144 << 20
"""Of a configuration, however it is written."""

_CONFIGS: dict[str, _Text] = {
    "an unclosed text": lambda n: 'name: "' + '\\"' * (n // 2),
    "an unclosed text in single quotes": lambda n: "name: '" + "\\'" * (n // 2),
    "backslashes": lambda n: 'name: "' + "\\" * n + '"',
    "as many backslashes as may be": lambda n: (
        'name: "' + ("\\" * MAX_BACKSLASHES + "a") * (n // (MAX_BACKSLASHES + 1)) + '"'
    ),
    "escapes": lambda n: 'name: "' + "\\101" * (n // 4) + '"',
    "short escapes": lambda n: 'name: "' + "\\x1g" * (n // 4) + '"',
    "a long text": lambda n: 'name: "' + "a" * n + '"',
    "long texts in a row": lambda n: "name: " + ('"' + "a" * 1000 + '" ') * (n // 1000),
    "many quotes": lambda n: '"' * n,
    "many unclosed texts": lambda n: 'name: "a\n' * (n // 10),
    "texts in a row": lambda n: 'name: "a" ' + '"b" ' * (n // 4),
    "a long list": lambda n: "input { dims: [" + "1," * (n // 2) + "1] }",
    "many numbers": lambda n: "input { " + "dims:1 " * (n // 7) + "}",
    "many unknown fields": lambda n: "a: " * (n // 3),
    "many inputs": lambda n: 'input { name: "a" }\n' * (n // 19),
    "empty inputs": lambda n: "input{}" * (n // 7),
    "many parameters": lambda n: "".join(f'parameters{{key:"{i}"}}' for i in range(n // 24)),
    "one parameter again and again": lambda n: "parameters{}" * (n // 12),
    "many levels": lambda n: "input {" * (n // 7),
    "tuning": lambda n: "optimization { cuda { " + "graph_spec { } " * (n // 15) + "} }",
    "extensions": lambda n: "[a.b] { }\n" * (n // 10),
    "a long extension": lambda n: "[" + "a." * (n // 2) + "b]: 1",
    "an address of a type": lambda n: "[" + "a/" * (n // 2) + "b] { }",
    "comments": lambda n: "#\n" * (n // 2),
    "a long comment": lambda n: "#" * n,
    "blank lines": lambda n: " \n" * (n // 2) + "!",
    "blanks": lambda n: " " * n + "!",
    "a long number": lambda n: "max_batch_size: " + "1" * n,
    "a long hexadecimal number": lambda n: "max_batch_size: 0x" + "f" * n,
    "a long decimal": lambda n: (
        "sequence_batching { direct { minimum_slot_utilization: 0." + "1" * n
    ),
    "a long word": lambda n: "a" * n,
    "marks": lambda n: "!" * n,
}


@pytest.mark.parametrize("name", _CONFIGS)
def test_a_configuration_is_read_in_linear_time(name: str) -> None:
    # The parser's regular expressions keep up to half a kilobyte for each blank in a row.
    reading = _reading(parse_config, _CONFIGS[name])
    assert_linear(reading, 20_000, seconds=5, peak_bytes_per_byte=_MOST_MEMORY // MAX_BYTES)


@pytest.mark.parametrize(
    "name", ["a long list", "as many backslashes as may be", "blank lines", "blanks"]
)
def test_the_longest_configuration_takes_little(name: str) -> None:
    reading = _reading(parse_config, lambda n: _CONFIGS[name](n - 100))
    assert_linear(reading, MAX_BYTES // 4, seconds=5, peak_bytes_per_byte=_MOST_MEMORY // MAX_BYTES)


@pytest.mark.parametrize("text", [lambda n: "x" * n, lambda n: 'name: "' + "\\'" * (n // 2)])
def test_an_error_does_not_repeat_all_of_the_file(text: _Text) -> None:
    with pytest.raises(ModelLoadError) as error:
        parse_config(text(100_000))
    assert len(str(error.value)) < 500
    with pytest.raises(ModelLoadError) as error:
        parse_config_json('{"' + "x" * 100_000 + '": 1}')
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        r'{"name": "\ud800"}',
        r'{"name": "\ud800", "max_batch_size": NaN}',
        r'{"parameters": {"\udfff": {"string_value": "x"}}}',
        '{"name": "\ud800"}',
        '{"name": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"max_batch_size": ' + "9" * 5000 + "}",
        '{"input": [5]}',
        '{"parameters": []}',
    ],
)
def test_a_json_configuration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ModelLoadError):
        parse_config_json(text)


_PROFILES: dict[str, _Text] = {
    "a key of many names": lambda n: ".".join("a" * (n // 2)) + "=1\n",
    "a header of many names": lambda n: (
        "[" + "a." * (n // 4) + "b]\n" + "".join(f"k{i}=1\n" for i in range(n // 16))
    ),
    "names in quotes": lambda n: "\"a\" . 'b' . " * (n // 12) + "c=1",
    "as many names as may be": lambda n: "".join("a." * 15 + f"k{i}=1\n" for i in range(n // 40)),
    "an unclosed text": lambda n: 'a="' + '\\"' * (n // 2),
    "an unclosed long text": lambda n: 'a="""' + '"" ' * (n // 3),
    "an unclosed literal text": lambda n: "a='''" + "'' " * (n // 3),
    "many quotes": lambda n: '"\n' * (n // 2),
    "backslashes": lambda n: 'a="""' + "\\" * n,
    "a long number": lambda n: "a=" + "1" * n,
    "a long hexadecimal number": lambda n: "a=0x" + "f" * n,
    "nested lists": lambda n: "a=" + "[" * n,
    "nested tables": lambda n: "a=" + "{a=" * (n // 3),
    "a list of numbers": lambda n: "a=[" + "1," * (n // 2) + "]",
    "tables in a list": lambda n: "[[a]]\n" * (n // 6),
}


@pytest.mark.parametrize("name", _PROFILES)
def test_a_profile_is_read_in_linear_time(name: str) -> None:
    reading = _reading(profile_from_toml, _PROFILES[name])
    assert_linear(reading, 20_000, seconds=5, peak_bytes_per_byte=100)


@pytest.mark.parametrize("value", ["1" * 301, "0x" + "f" * 5000, "1_" * 3000 + "1"])
def test_a_number_of_any_length_is_a_clear_error(value: str) -> None:
    with pytest.raises(UsageError, match="over 300 characters"):
        profile_from_toml(f"version = {value}")
    with pytest.raises(UsageError):
        profile_from_toml('[input]\nkind = "picture"\nwidth = ' + "9" * 300)


def test_texts_of_a_profile_may_hold_dots_and_long_words() -> None:
    dots = "a." * 99
    text = f"description = '{dots}'\nlabels = ['{'x' * 400}']\n# {dots}"
    with pytest.raises(UsageError, match=r"\[input\]"):
        profile_from_toml(text + f'\nmodel = """{dots}"""')


def test_labels_are_read_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"

    def reading(text: _Text) -> Callable[[int], Callable[[], object]]:
        def with_size(size: int) -> Callable[[], object]:
            made = text(size)

            def call() -> None:
                path.write_text(made, "utf-8")
                with suppress(UsageError):
                    read_label_file(path)

            return call

        return with_size

    for text in (
        lambda n: "[" * n,
        lambda n: '["' + "a" * n,
        lambda n: "{" + ",".join(f'"{i}": "a"' for i in range(n // 12)) + "}",
        lambda n: "a\r" * (n // 2),
        lambda n: "\n" * n + "a",
    ):
        assert_linear(reading(text), 20_000, seconds=5, peak_bytes_per_byte=100)


def test_a_label_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(r'["cat", "\ud800"]')
    with pytest.raises(UsageError, match="not a list of labels"):
        read_label_file(path)
