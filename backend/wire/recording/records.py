"""The records of an MCAP file one by one, with no more memory than a bound, whatever they claim.

The format is https://mcap.dev/spec; the records' insides are read by the library `mcap`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Footer, Header, Message, Metadata
from mcap.writer import MCAP0_MAGIC

from backend.core.errors import mebibytes

MAGIC = MCAP0_MAGIC
MOST_BYTES = 256 * 1024 * 1024
"""Of a record, and of a chunk once it is unpacked: a picture of 8K as pixels needs the half."""
_HEAD = struct.Struct("<BQ")
_CHUNK_TIMES = struct.Struct("<QQ")

Record = Header | Metadata | Channel | Message | Footer


class Damaged(Exception):
    """The bytes are not what the format promises; the text says what is wrong with them."""


class Unfinished(Exception):
    """The file ends before its last record does, as that of a killed process."""


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Where a chunk begins in the file, and the first moment of its messages."""

    offset: int
    start_ns: int


def read_records(file: IO[bytes], first: int = 0, end: int | None = None) -> Iterator[Record]:
    """Those that we know, in their order, chunks unpacked.

    From the record at byte `first` to that at `end`, or by default all. Raises Unfinished at the
    end of a file without a footer, and Damaged.
    """
    if first:
        file.seek(first)
    elif file.read(len(MAGIC)) != MAGIC:
        raise Damaged("it does not begin as an MCAP file")
    while True:
        offset = file.tell()
        if end is not None and offset >= end:
            return
        opcode, length = _head(file, offset)
        body = file.read(length)
        if len(body) < length:
            raise Unfinished
        for record in _records_of(opcode, body, offset):
            yield record
            if isinstance(record, Footer):
                return


def read_places(file: IO[bytes]) -> Iterator[ChunkPlace | Channel | Footer]:
    """Where the chunks are, without unpacking them, and what stands outside of them.

    A finished file repeats its channels there. Raises as `read_records` does.
    """
    file.seek(0, 2)
    size = file.tell()
    file.seek(len(MAGIC))
    while True:
        offset = file.tell()
        opcode, length = _head(file, offset)
        if offset + _HEAD.size + length > size:
            raise Unfinished
        if opcode == Opcode.CHUNK and length >= _CHUNK_TIMES.size:
            start_ns, _ = _CHUNK_TIMES.unpack(file.read(_CHUNK_TIMES.size))
            yield ChunkPlace(offset, start_ns)
        elif opcode in (Opcode.CHANNEL, Opcode.FOOTER):
            for record in _records_of(opcode, file.read(length), offset):
                if isinstance(record, Channel | Footer):
                    yield record
                if isinstance(record, Footer):
                    return
        file.seek(offset + _HEAD.size + length)


def _head(file: IO[bytes], offset: int) -> tuple[int, int]:
    """Kind and length of the record that begins here."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise Unfinished
    opcode, length = _HEAD.unpack(head)
    if length > MOST_BYTES:
        raise Damaged(
            f"at byte {offset} it claims a record of {mebibytes(length)}; "
            f"at most {mebibytes(MOST_BYTES)} are read"
        )
    return opcode, length


def _records_of(opcode: int, body: bytes, offset: int) -> Iterator[Record]:
    try:
        if opcode == Opcode.CHUNK:
            yield from _unpacked(Chunk.read(ReadDataStream(BytesIO(body))))
        elif (record := _record(opcode, body)) is not None:
            yield record
    except (ValueError, KeyError, TypeError, struct.error, McapError, zstandard.ZstdError) as error:
        raise Damaged(f"the record at byte {offset} is damaged ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


def _record(opcode: int, body: bytes) -> Record | None:
    stream = ReadDataStream(BytesIO(body))
    record: Record | None = None
    match opcode:
        case Opcode.HEADER:
            record = Header.read(stream)
        case Opcode.METADATA:
            record = Metadata.read(stream)
        case Opcode.CHANNEL:
            record = Channel.read(stream)
        case Opcode.MESSAGE:
            record = Message.read(stream, len(body))
        case Opcode.FOOTER:
            record = Footer.read(stream)
    return record


def _unpacked(chunk: Chunk) -> Iterator[Record]:
    data = memoryview(_plain(chunk))
    if chunk.uncompressed_crc and zlib.crc32(data) != chunk.uncompressed_crc:
        raise ValueError("its checksum is another one")
    at = 0
    while at < len(data):
        if len(data) - at < _HEAD.size:
            raise ValueError("it ends within a record")
        opcode, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if length > len(data) - at:
            raise ValueError("it ends within a record")
        record = _record(opcode, bytes(data[at : at + length]))
        at += length
        if record is not None:
            yield record


def _plain(chunk: Chunk) -> bytes:
    size = chunk.uncompressed_size
    if size > MOST_BYTES:
        raise ValueError(f"it claims {mebibytes(size)} unpacked")
    if not chunk.compression:
        return chunk.data
    if chunk.compression != "zstd":
        raise ValueError(f"it is compressed by {chunk.compression[:40]!r}, which is not read")
    if zstandard.frame_content_size(chunk.data) not in (-1, size):
        raise ValueError("its size differs from what it claims")
    return zstandard.ZstdDecompressor(max_window_size=MOST_BYTES).decompress(
        chunk.data, max_output_size=size, allow_extra_data=False
    )
