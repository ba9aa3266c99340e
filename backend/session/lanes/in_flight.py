"""How many requests may be in flight."""

from __future__ import annotations

import math

import numpy as np

from backend.core.choices import MAX_IN_FLIGHT, RunSettings
from backend.core.rings import TraceRing

_RECENT = 60


def flight_limit(settings: RunSettings, traces: TraceRing) -> int:
    """The user's number; else 1 on loopback, elsewhere enough to hide the network.

    That is 1 + ceil(network / service), at most 8: while one request is computed, so many others
    are on the wire. Without the server's own times nothing is known, and 2 keep it busy.
    """
    if settings.in_flight is not None:
        return settings.in_flight
    if settings.target.loopback:
        return 1
    rows = traces.window()[:, -_RECENT:]
    network = rows[traces.columns["network"]]
    service = rows[traces.columns["server_infer"]] + rows[traces.columns["server_input"]]
    known = np.isfinite(network) & np.isfinite(service) & (service > 0)
    if not known.any():
        return 2
    ratio = float(np.median(network[known]) / np.median(service[known]))
    return min(MAX_IN_FLIGHT, 1 + math.ceil(ratio))
