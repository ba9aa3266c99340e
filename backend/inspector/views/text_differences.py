"""How two texts differ, line by line; bounded, since comparing lines may take long."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import islice

MOST_LINES = 3000
MOST_LINE = 400
CONTEXT = 3


@dataclass(frozen=True, slots=True)
class TextDiff:
    """Lines that begin with '+', '-' or ' ', and '@@' where some are left out.

    No lines mean that nothing differs; `note` says if not everything was compared.
    """

    lines: tuple[str, ...]
    note: str = ""


def text_diff(left: str, right: str) -> TextDiff:
    """The lines in which two texts differ, with three lines around each.

    Of very long texts the first 3000 lines from the first difference on are compared.
    """
    lefts, rights = left.splitlines(), right.splitlines()
    same = _common(lefts, rights)
    begin = max(0, same - CONTEXT)
    end = begin + MOST_LINES
    found = difflib.unified_diff(lefts[begin:end], rights[begin:end], n=CONTEXT, lineterm="")
    lines = tuple(_shifted(line, begin) for line in islice(found, 2, None))
    cut = max(len(lefts), len(rights)) > end
    note = f"Compared are lines {begin + 1} to {end}; the rest is not." if cut else ""
    return TextDiff(lines, note if left != right else "")


def _common(lefts: list[str], rights: list[str]) -> int:
    """How many lines at the beginning are the same."""
    for place, (a, b) in enumerate(zip(lefts, rights, strict=False)):
        if a != b:
            return place
    return min(len(lefts), len(rights))


def _shifted(line: str, begin: int) -> str:
    """A line of the comparison, its place counted from the beginning of the text."""
    if line.startswith("@@") and begin:
        spans = [
            f"{sign}{_moved(span, begin)}"
            for sign, span in zip("-+", (part[1:] for part in line.split()[1:3]), strict=True)
        ]
        return f"@@ {' '.join(spans)} @@"
    return line if len(line) <= MOST_LINE else f"{line[:MOST_LINE]}…"


def _moved(span: str, begin: int) -> str:
    start, comma, length = span.partition(",")
    return f"{int(start) + begin}{comma}{length}"
