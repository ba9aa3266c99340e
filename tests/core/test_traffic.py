"""Bytes of one call count in its transfer and in the meter."""

from __future__ import annotations

import zlib

import numpy as np

from backend.clients.inference.packed_size import PackedSize, packed_share
from backend.core.traffic import Traffic, TrafficMeter, Transfer


def test_a_transfer_counts_in_its_meter_too() -> None:
    meter = TrafficMeter()
    for _ in range(2):
        transfer = Transfer(meter)
        transfer.message_sent(1000)
        transfer.wire_sent(60, estimated=True)
        transfer.wire_received(30)
        first_ns = transfer.replied_ns
        transfer.wire_received(10)
        transfer.message_received(400)
        assert transfer.traffic == Traffic(1000, 400, 60, 40, estimated=True)
        assert transfer.replied_ns == first_ns
    assert meter.totals() == Traffic(2000, 800, 120, 80, estimated=True)
    assert meter.totals().ratio_out == 2000 / 120
    assert Traffic().ratio_in is None


def test_a_packed_size_is_that_of_zlib_and_never_more_than_the_message() -> None:
    message = np.random.default_rng(1).integers(0, 4, 50_000, np.uint8).tobytes()
    sizes = PackedSize()
    assert sizes.of(message) == len(zlib.compress(message, wbits=31))
    assert packed_share(np.random.default_rng(1).bytes(1000)) == 1.0
    assert packed_share(b"") == 1.0
    sizes.close()
