"""Bodies of replies: their limit, their end, and every compression that servers use."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest

from backend.clients.connections.rest import decompressed, read_body
from backend.core.errors import PayloadTooLarge, ReplyMismatch, StreamBroken

_TEXT = b"one two three " * 5000


def _bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(_TEXT)),
        ("X-GZIP", gzip.compress(_TEXT)),
        (" deflate ", zlib.compress(_TEXT)),
        ("deflate", _bare(_TEXT)),
        ("gzip", gzip.compress(_TEXT[:7]) + gzip.compress(_TEXT[7:])),
        ("gzip", gzip.compress(_TEXT) + bytes(100)),
        ("identity", _TEXT),
        ("", _TEXT),
        ("br", _TEXT),
    ],
)
def test_every_coding_gives_the_body(coding: str, packed: bytes) -> None:
    assert decompressed(packed, coding, len(_TEXT)) == _TEXT


def test_nothing_is_nothing_in_any_coding() -> None:
    assert decompressed(b"", "gzip", 10) == b""


@pytest.mark.parametrize(
    "packed",
    [
        b"1234567890",
        gzip.compress(_TEXT, mtime=0)[:-20],
        gzip.compress(_TEXT, mtime=0)[:40] + bytes(40),
        gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0)[:12],
    ],
)
def test_what_is_not_so_encoded_is_said(packed: bytes) -> None:
    with pytest.raises(ReplyMismatch, match="gzip"):
        decompressed(packed, "gzip", len(_TEXT))


def test_a_body_is_not_decompressed_past_the_limit() -> None:
    with pytest.raises(PayloadTooLarge) as refused:
        decompressed(gzip.compress(bytes(50_000_000)), "gzip", 1000)
    assert refused.value.size_bytes == 1001


def test_a_body_is_read_to_its_end_and_no_further_than_its_limit() -> None:
    assert read_body(io.BytesIO(_TEXT).read, None, len(_TEXT)) == _TEXT
    assert read_body(io.BytesIO(_TEXT).read, len(_TEXT), len(_TEXT)) == _TEXT
    with pytest.raises(PayloadTooLarge):
        read_body(io.BytesIO(_TEXT).read, None, len(_TEXT) - 1)
    with pytest.raises(PayloadTooLarge):
        read_body(io.BytesIO(b"").read, 11, 10)
    with pytest.raises(PayloadTooLarge):
        read_body(io.BytesIO(b"").read, 10**4000, 10)
    with pytest.raises(StreamBroken, match="after 3 of 4 bytes"):
        read_body(io.BytesIO(b"abc").read, 4, 10)
