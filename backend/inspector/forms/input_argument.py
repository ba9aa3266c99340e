"""Inputs as a command line gives them: ``IMAGE=photo.jpg``, ``X=random:7@1x3``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.core.errors import UsageError
from backend.inspector.forms.input_fills import FROM_FILES, LIVE, Fill, FillKind

_JSON_LIKE = re.compile(r'[\[{"]|(-?[0-9][0-9.eE+-]*|true|false)$')
_SHAPE = re.compile(r"(-1|[0-9]+)([x,](-1|[0-9]+))*")
_CLOSED = ("]", "}", '"')


@dataclass(frozen=True, slots=True)
class InputArgument:
    """One `NAME=...` of a command line."""

    name: str
    fill: Fill
    shape: tuple[int, ...] | None = None


def parse_input(text: str) -> InputArgument:
    """What a command line says about one input; raises UsageError.

    NAME=zeros, ones, random, random:SEED or constant:VALUE; NAME=frame, window, json:TEXT,
    file:PATH, picture:PATH or sound:PATH; any other text that begins like JSON is JSON, and the
    rest is a path. Those of the second kind have no shape after them, as in @2x3.
    """
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise UsageError(
            f"Expected NAME=FILL for an input, got '{text}'.",
            hint="Such as IMAGE=photo.jpg, X=zeros@1x3, X=random:7, X=[1,2,3] or X=json:[1,2].",
        )
    word, colon, rest = value.partition(":")
    if word in (FillKind.JSON, *FROM_FILES) and colon:
        return InputArgument(name, Fill(FillKind(word), rest))
    if value in LIVE:
        return InputArgument(name, Fill(FillKind(value)))
    head, _, shape = value.rpartition("@") if "@" in value else (value, "", "")
    kind, _, detail = head.partition(":")
    if kind in ("zeros", "ones", "random", "constant"):
        fill = _generated(FillKind(kind), detail, text)
        return InputArgument(name, fill, _shape_after(value, shape, text))
    if head.endswith(_CLOSED) and _JSON_LIKE.match(head) and not shape.endswith(_CLOSED):
        # The text has ended before the @: what follows cannot be anything but a shape.
        return InputArgument(name, Fill(FillKind.JSON, head), _shape_after(value, shape, text))
    if not _SHAPE.fullmatch(shape):
        head, shape = value, ""
    kind_of_text = FillKind.JSON if _JSON_LIKE.match(head) else FillKind.FILE
    return InputArgument(name, Fill(kind_of_text, head), _parsed_shape(shape, text) or None)


def argument_text(fill: Fill, shape: tuple[int, ...] | None) -> str:
    """What stands after `NAME=` for a filling, and for a shape if there is one.

    Raises UsageError for the one thing that cannot be written: a shape after the path of a file
    whose name looks like something else.
    """
    word, after = str(fill.kind), "" if shape is None else "@" + "x".join(map(str, shape))
    match fill.kind:
        case FillKind.RANDOM:
            ways = [f"{word}:{fill.seed}" if fill.seed else word]
        case FillKind.CONSTANT:
            ways = [f"{word}:{fill.text}"]
        case FillKind.JSON | FillKind.FILE:
            ways = [fill.text, *([] if after else [f"{word}:{fill.text}"])]
        case FillKind.FRAME | FillKind.WINDOW:
            ways, shape, after = [word], None, ""
        case FillKind.PICTURE | FillKind.SOUND:
            ways, shape, after = [f"{word}:{fill.text}"], None, ""
        case _:
            ways = [word]
    for way in ways:
        text = f"{way}{after}"
        try:
            if way and parse_input(f"x={text}") == InputArgument("x", fill, shape):
                return text
        except UsageError:
            pass
    raise UsageError(f"'{fill.text[:80]}' with the shape {list(shape or ())} cannot be written.")


def _generated(kind: FillKind, detail: str, text: str) -> Fill:
    if kind is FillKind.CONSTANT:
        return Fill(kind, detail)
    if kind is not FillKind.RANDOM:
        if detail:
            raise UsageError(f"'{kind}' takes no value, got '{text}'.")
        return Fill(kind)
    if detail and not (detail.isascii() and detail.isdigit() and len(detail) < 20):
        raise UsageError(f"The seed of random values must be a number of 0 or more, got '{text}'.")
    return Fill(kind, seed=int(detail or 0))


def _shape_after(value: str, shape: str, whole: str) -> tuple[int, ...] | None:
    """The shape that stands after the @, () for none at all there; None without an @."""
    return _parsed_shape(shape, whole) if "@" in value else None


def _parsed_shape(text: str, whole: str) -> tuple[int, ...]:
    sizes = text.replace(",", "x").split("x") if text else []
    # A -1 takes what the filling gives.
    known = [size for size in sizes if size != "-1"]
    if not all(size.isascii() and size.isdigit() and len(size) < 13 for size in known):
        raise UsageError(f"Expected a shape like @1x3x224x224, got '{whole}'.")
    return tuple(map(int, sizes))
