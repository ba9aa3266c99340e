"""A place to send to: its addresses, how it speaks, and what opens its door."""

from __future__ import annotations

from enum import StrEnum


class Dialect(StrEnum):
    """How a server speaks the Open Inference Protocol; AUTO asks the server who it is."""

    AUTO = "auto"
    OIP = "oip"
    TRITON = "triton"
    MLSERVER = "mlserver"
    KSERVE = "kserve"
    OVMS = "ovms"
