"""What `--a` and `--b` of `compare` say."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from copy import copy
from enum import StrEnum
from pathlib import Path
from typing import Any

from backend.cli.compare.options import CHOICES
from backend.cli.stream.profile import choose_profile
from backend.cli.target_options import target_of
from backend.core.choices import (
    EMBEDDED,
    ImageEncoding,
    Payload,
    RunSettings,
    Serialization,
    Transport,
    listed,
)
from backend.core.errors import UsageError
from backend.core.target import Target
from backend.side_by_side import LiveSide, RecordedSide, Side, recorded_settings
from backend.wire.recording.messages import SettingsNote

_TEXTS = ("target", "model", "profile")
_KEYS = (*_TEXTS, *CHOICES, "serialization", "in_flight")
_SUFFIX = ".mcap"


def recordings_of(options: argparse.Namespace) -> list[Path]:
    """The recordings among the two sides."""
    return [Path(text).expanduser() for text in (options.a, options.b) if _is_recording(text)]


def wants_own_server(options: argparse.Namespace) -> bool:
    """Whether one of the sides is answered by a server of our own."""
    for text in (options.a, options.b):
        if not _is_recording(text):
            chosen = dict(_assignment(part) for part in _parts(text))
            if chosen.get("target", options.target) == EMBEDDED:
                return True
    return False


def side_of(text: str, options: argparse.Namespace, resolve: Callable[[Target], Target]) -> Side:
    """The side that a text says; raises UsageError for words it does not know."""
    if _is_recording(text):
        return RecordedSide(Path(text).expanduser())
    chosen = copy(options)
    note = next((recorded_settings(each) for each in recordings_of(options)), None)
    for part in _parts(text):
        key, value = _assignment(part)
        setattr(chosen, key, value)
    target = target_of(chosen, chosen.header)
    model = chosen.model or (note.model if note is not None else "")
    if not model:
        raise UsageError(f"'{text}' names no model.", "Say model=NAME, or give --model for both.")
    settings = RunSettings(
        target,
        model,
        api=chosen.api,
        transport=chosen.transport,
        payload=_payload(chosen, note),
        in_flight=chosen.in_flight,
        deadline_s=chosen.deadline,
    )
    profile = choose_profile(resolve(target), model, chosen.profile)
    return LiveSide(settings, profile, resolve)


def _is_recording(text: str) -> bool:
    return text.lower().endswith(_SUFFIX) and "=" not in text


def _parts(text: str) -> list[str]:
    """The assignments of a text; addresses have commas of their own."""
    parts: list[str] = []
    for part in text.split(","):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] = f"{parts[-1]},{part}"
    return parts


def _assignment(part: str) -> tuple[str, Any]:
    key, sign, value = part.partition("=")
    key, value = key.strip().replace("-", "_"), value.strip()
    if not sign or key not in _KEYS or not value:
        raise UsageError(
            f"'{part}' says nothing of a side.",
            f"Expected the path of a recording (.mcap), or {listed(_KEYS, 'or')} with =VALUE.",
        )
    if key in CHOICES:
        return key, _word(key, CHOICES[key], value)
    if key == "serialization":
        return key, _word(key, Serialization, value)
    if key == "in_flight":
        if not value.isdecimal() or not 1 <= int(value) <= 256:
            raise UsageError(f"in_flight is a number from 1 to 256, got '{value}'.")
        return key, int(value)
    return key, value


def _word(key: str, words: type[StrEnum], value: str) -> StrEnum:
    try:
        return words(value)
    except ValueError:
        raise UsageError(f"{key} is {listed(list(words), 'or')}, got '{value}'.") from None


def _payload(options: argparse.Namespace, note: SettingsNote | None) -> Payload:
    """As the options say; pictures of a recording go as they went, so that bytes are the same."""
    over_rest = options.transport is Transport.REST
    default = Serialization.BINARY if over_rest else Serialization.RAW
    image, quality = options.image or ImageEncoding.RAW, Payload().jpeg_quality
    if note is not None and options.image is None and note.image in set(ImageEncoding):
        image = ImageEncoding(note.image)
    if note is not None and 1 <= note.jpeg_quality <= 100:
        quality = note.jpeg_quality
    return Payload(options.serialization or default, image, options.compression, quality)
