"""Where in a recording which moment is, so that it can be read from there on."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import IO

from mcap.records import Channel, Footer

from backend.wire.recording.channels import BY_TOPIC, ChannelKind
from backend.wire.recording.records import ChunkPlace, Unfinished, read_places, read_records


@dataclass(frozen=True, slots=True)
class RecordingIndex:
    """The chunks of a file in their order, and the channels that their messages belong to."""

    chunks: tuple[ChunkPlace, ...]
    channels: dict[int, ChannelKind]

    def chunk_at(self, at_ns: int) -> int:
        """The number of the last chunk that begins at or before a moment, 0 if none does."""
        return max(0, bisect_right(self.chunks, at_ns, key=lambda chunk: chunk.start_ns) - 1)

    def offset(self, number: int) -> int | None:
        """Where a chunk begins, None for one after the last."""
        return self.chunks[number].offset if number < len(self.chunks) else None


def index_of(file: IO[bytes]) -> RecordingIndex:
    """Look through a file; one without an end is unpacked for its channels, and so takes longer.

    Raises Damaged.
    """
    chunks: list[ChunkPlace] = []
    channels: dict[int, ChannelKind] = {}
    finished = False
    try:
        for record in read_places(file):
            match record:
                case ChunkPlace(offset, start_ns):
                    # Never before the one in front of it, so that they can be searched.
                    latest = chunks[-1].start_ns if chunks else 0
                    chunks.append(ChunkPlace(offset, max(latest, start_ns)))
                case Channel():
                    _add(channels, record)
                case Footer():
                    finished = True
    except Unfinished:
        pass
    if not finished:
        file.seek(0)
        try:
            for each in read_records(file):
                if isinstance(each, Channel):
                    _add(channels, each)
        except Unfinished:
            pass
    return RecordingIndex(tuple(chunks), channels)


def _add(channels: dict[int, ChannelKind], channel: Channel) -> None:
    kind = BY_TOPIC.get(channel.topic)
    if kind is not None:
        channels[channel.id] = kind
