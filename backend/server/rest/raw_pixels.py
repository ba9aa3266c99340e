"""Pixels in an HTTP body, with their size and format in the query."""

from __future__ import annotations

from collections.abc import Mapping

from backend.core.errors import InvalidInput
from backend.wire.serving.items import Pixels
from backend.wire.serving.samples import PIXEL_FORMATS, pixels_of

_MOST_DIGITS = 7


def raw_pixels(body: bytes, query: Mapping[str, str]) -> Pixels:
    """The picture in a body; raises InvalidInput if the query is incomplete or does not fit."""
    height, width = _length(query, "height"), _length(query, "width")
    return pixels_of(body, height, width, query.get("format", PIXEL_FORMATS[0]))


def _length(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        got = f"got '{text[:20]}'" if text else "which is missing"
        raise InvalidInput(
            f"Raw pixels need a whole number as {name}, {got}.",
            hint=f"Use ?height=H&width=W&format={'|'.join(PIXEL_FORMATS)}.",
        )
    return int(text)
