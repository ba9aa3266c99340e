"""How a chain is described: `parameters` of its configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend.models.servable import ModelLoadError
from backend.wire.generated import open_inference_pb2 as pb

PLATFORM = "chain"

_DETECTOR, _LANDMARKS, _READER = "detector", "landmarks", "reader"
_CUT = ("grow", "shift", "from_point", "to_point", "angle")
_KNOWN = (_DETECTOR, _LANDMARKS, _READER, *_CUT, "most")
_OURS = "inferdeck_"
"""What the server itself writes into the configurations that it shows."""
_MOST = 64


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a picture around a detection the second model sees.

    A square with the box's longer side times `grow`, moved up by `shift` of it, and turned so
    that the direction from one named point of the detection to another is `angle` degrees, counted
    against the clock from the right. Without names it is not turned.
    """

    grow: float = 1.5
    shift: float = 0.0
    from_point: str = ""
    to_point: str = ""
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """The two models, how the one's detections are cut out for the other, and how many at most.

    With `reads` the second one reads lines of text, whose corners are the detection's points.
    """

    detector: str
    second: str
    reads: bool
    cut: Cut
    most: int


def links_of(config: pb.ModelConfig) -> tuple[str, ...]:
    """The models that a chain is made of, none for other models."""
    if PLATFORM not in (config.backend, config.platform):
        return ()
    given = _given(config)
    names = (given.get(key, "") for key in (_DETECTOR, _LANDMARKS, _READER))
    return tuple(dict.fromkeys(name for name in names if name))


def settings_of(config: pb.ModelConfig) -> ChainSettings:
    """The settings in a configuration; raises ModelLoadError for what is missing or wrong."""
    given = _given(config)
    _check_names(config.name, given)
    cut = Cut(
        _number(config.name, given, "grow", 1.5, 0.1, 20),
        _number(config.name, given, "shift", 0.0, -5, 5),
        given.get("from_point", ""),
        given.get("to_point", ""),
        _number(config.name, given, "angle", 0.0, -360, 360),
    )
    most = _number(config.name, given, "most", 4, 1, _MOST)
    reads = bool(given.get(_READER))
    second = given[_READER if reads else _LANDMARKS]
    return ChainSettings(given[_DETECTOR], second, reads, cut, int(most))


def _given(config: pb.ModelConfig) -> dict[str, str]:
    return {
        key: value.string_value
        for key, value in config.parameters.items()
        if not key.startswith(_OURS)
    }


def _check_names(model: str, given: dict[str, str]) -> None:
    """Raise ModelLoadError for a parameter that means nothing, and models that are not named."""
    for key in given:
        if key not in _KNOWN:
            raise ModelLoadError(
                f"chain '{model}' has an unknown parameter '{key}'; it takes {', '.join(_KNOWN)}"
            )
    if given.get(_READER) and given.get(_LANDMARKS):
        raise ModelLoadError(f"chain '{model}' has both a reader and landmarks: choose one")
    for key in (_DETECTOR, _READER if given.get(_READER) else _LANDMARKS):
        if not given.get(key) or given[key] == model:
            raise ModelLoadError(f"chain '{model}' needs a parameter '{key}': a model's name")


def _number(
    model: str, given: dict[str, str], key: str, default: float, low: float, high: float
) -> float:
    try:
        value = float(given.get(key, default))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ModelLoadError(
            f"parameter '{key}' of chain '{model}' must be a number of {low:g} to {high:g}, "
            f"got '{given[key][:40]}'"
        )
    return value
