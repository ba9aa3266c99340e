"""What servers may send as compressed replies costs what its size says."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress

from backend.clients.connections.rest import decompressed
from backend.core.errors import ConsoleError
from tests.attacks.growth import assert_linear

_LIMIT = 8 << 20


def test_a_body_of_countless_small_members_costs_what_its_size_says() -> None:
    member = gzip.compress(b"a")

    def call_with(size: int) -> Callable[[], object]:
        packed = member * (size // len(member))

        def read() -> None:
            with suppress(ConsoleError):  # there are too many
                decompressed(packed, "gzip", _LIMIT)

        return read

    assert_linear(call_with, 200_000, seconds=20, peak_bytes_per_byte=4)


def test_a_body_that_swells_costs_its_limit() -> None:
    def call_with(size: int) -> Callable[[], object]:
        packed = gzip.compress(bytes(size * 1000), 1)

        def read() -> None:
            with suppress(ConsoleError):
                decompressed(packed, "gzip", size)

        return read

    assert_linear(call_with, 30_000, seconds=5, peak_bytes_per_byte=8)
