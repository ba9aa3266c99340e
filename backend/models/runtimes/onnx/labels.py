"""Class names that exporters write into an ONNX file's metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_CHARACTERS = 4 << 20
"""Longer metadata is not looked at."""

_MOST_CLASSES = 100_000
_NAMED = re.compile(r"""(\d{1,6})["']?\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")


def labels_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The names by class index, () if there are none.

    `names` is a mapping of index and name, as Ultralytics' exporter writes it: ``{0: 'person',
    1: 'bicycle'}``. `character` has a character on each line, as readers of text have it: before
    them comes the blank, after them the space, which is a label without a name.
    """
    names, characters = metadata.get("names", ""), metadata.get("character", "")
    if 0 < len(names) <= MOST_CHARACTERS:
        return _mapped(names)
    if 0 < len(characters) <= MOST_CHARACTERS:
        lines = characters.removesuffix("\n").split("\n")
        return ("", *lines, "") if len(lines) <= _MOST_CLASSES else ()
    return ()


def _mapped(text: str) -> tuple[str, ...]:
    """All of a mapping whose indexes are 0, 1, 2, ...; else ()."""
    found = {int(index): one or other for index, one, other in _NAMED.findall(text)}
    if not found or len(found) > _MOST_CLASSES or max(found) != len(found) - 1:
        return ()
    return tuple(_plain(found[index]) for index in range(len(found)))


def _plain(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)
