"""Whether a TOML text is one that the standard library reads in linear time.

Its time grows with the square of the levels of a dotted key, and integers may be of any length.
"""

from __future__ import annotations

import re

from backend.core.errors import UsageError

MAX_LEVELS = 16
"""Most names in a row with dots between them."""
MAX_WORD = 300
"""Most characters of a name or a number: any integer of that length is within a float."""

# Each quote begins a match, closed or not, and nothing is tried twice: the time is linear.
_TEXTS = re.compile(
    r'''
    """ (?: [^"\\]++ | \\. | "(?!"") )*+ (?: """ "{0,2} )?+
    | \'\'\' (?: [^']++ | '(?!\'\') )*+ (?: \'\'\' '{0,2} )?+
    | " (?: [^"\\\n]++ | \\. )*+ "?+
    | ' [^'\n]*+ '?+
    | \# [^\n]*+
    ''',
    re.VERBOSE | re.DOTALL,
)
_WORDS = re.compile(rf"[\w-]{{1,{MAX_WORD}}}")
_BLANKS = re.compile(r"[ \t]+")


def check_toml(text: str, source: str) -> None:
    """Raise UsageError, which names `source`, for a text with longer keys or numbers."""
    words = _WORDS.sub("x", _TEXTS.sub("x", text))
    if "xx" in words:
        raise UsageError(f"{source} has a name or number of over {MAX_WORD} characters.")
    if "x." * MAX_LEVELS in _BLANKS.sub("", words):
        raise UsageError(f"{source} has a key of over {MAX_LEVELS} names, which no profile needs.")
