"""What a measurement asks and how hard, as command line and window let it be chosen."""

from __future__ import annotations

from enum import StrEnum

MOST_RATE = 100_000.0
"""Requests a second."""


class Preset(StrEnum):
    """Questions that are asked often."""

    TRANSPORT = "transport"
    """Which transport and serialisation for one request at a time?"""
    SCALE = "scale"
    """How does throughput grow with the number in flight?"""
    CAMERA = "camera"
    """What does a camera's picture need: raw or JPEG, over which transport?"""


class Arrivals(StrEnum):
    """What decides when the next request is sent."""

    CLOSED = "closed"
    """The answer before: always as many are under way as may be."""
    FIXED = "fixed"
    """A clock, at equal distances."""
    POISSON = "poisson"
    """A clock, at random distances, as independent clients would."""


class Timed(StrEnum):
    """What of a request is timed."""

    WHOLE = "whole"
    """From when it is due to its predictions: tensors and bytes are made and read each time."""
    EXCHANGE = "exchange"
    """From just before it is sent to the end of its reply, of bytes that are made once."""
