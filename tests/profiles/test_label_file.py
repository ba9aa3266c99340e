"""Class names are read from the files that people have."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.profiles.label_file import read_label_file


@pytest.mark.parametrize(
    "text",
    [
        "cat\ndog\r\ngrüner Baum\n",
        '["cat", "dog", "grüner Baum"]',
        '{"1": "dog", "0": "cat", "2": "grüner Baum"}',
        '{"0": ["n01", "cat"], "1": ["n02", "dog"], "2": ["n03", "grüner Baum"]}',
    ],
)
def test_names_in_every_usual_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_label_file(path) == ("cat", "dog", "grüner Baum")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no labels"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1, 2]", "not a list of labels"),
        (b'{"cat": 1}', "not a list of labels"),
        (b"[" * 100_000, "not a list of labels"),
    ],
)
def test_files_that_hold_no_names(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "labels"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=words):
        read_label_file(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_label_file(tmp_path / "none")
