"""A recording that is being written."""

from __future__ import annotations

import platform
import time

import msgspec
from mcap.writer import CompressionType, Writer

from backend.core.release import VERSION
from backend.core.wording import as_text
from backend.wire.recording.channels import ABOUT, BY_MESSAGE, FORMAT, PROFILE
from backend.wire.recording.output import OutputFile, RecordingFailed
from backend.wire.recording.writing import Entry, MessageMaker, Recordable

_CHUNK_BYTES = 2 * 1024 * 1024
"""Packing takes a millisecond for each MiB: the less at once, the sooner others get the core."""
_FLUSH_EVERY_NS = 400_000_000
"""With the status that a run gives twice a second, what came is in the file within a second."""


class RecordingFile:
    """Writes items as they come; used by one thread.

    What is written lies in chunks of at most 2 MiB and one message, compressed by zstd. For each
    chunk about 1 KiB of memory is kept until the end, for the index. Every method raises
    RecordingFailed once the disk takes no more; the file then holds what came until then.
    """

    def __init__(self, output: OutputFile, epoch_ns: int | None = None) -> None:
        self._output = output
        self._epoch_ns = time.time_ns() - time.monotonic_ns() if epoch_ns is None else epoch_ns
        self._messages = MessageMaker(self._epoch_ns)
        self._encoder = msgspec.json.Encoder(enc_hook=as_text)
        self._channels: dict[type, int] = {}
        self._flushed_ns = time.monotonic_ns()
        # mcap takes what has `write`, `tell` and `flush`, and is typed for more.
        self._writer = Writer(output, _CHUNK_BYTES, CompressionType.ZSTD)  # type: ignore[arg-type]
        self._closed = False
        try:
            self._begin()
        except RecordingFailed:
            self.close()
            raise

    @property
    def size_bytes(self) -> int:
        """How long the file is by now."""
        return self._output.size_bytes

    def write(self, item: Recordable, now_ns: int) -> None:
        """An item that came at the monotonic time `now_ns`."""
        for entry in self._messages.entries(item, now_ns):
            self._add(entry)
        if now_ns - self._flushed_ns >= _FLUSH_EVERY_NS:
            self._flushed_ns = now_ns
            self._writer.flush()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Write what is missing to the end; may be called twice."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._output.failed:  # what failed before has ended the file by itself
                self._writer.finish()  # type: ignore[no-untyped-call]
        finally:
            self._output.close()

    def _begin(self) -> None:
        self._writer.start(profile=PROFILE, library=f"inferdeck {VERSION}")
        about = {
            "format": str(FORMAT),
            "version": VERSION,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "epoch_ns": str(self._epoch_ns),
        }
        self._writer.add_metadata(ABOUT, about)

    def _add(self, entry: Entry) -> None:
        channel = self._channels.get(type(entry.message)) or self._register(type(entry.message))
        data = self._encoder.encode(entry.message)
        self._writer.add_message(channel, entry.at_ns, data, entry.about_ns, entry.sequence)

    def _register(self, message: type) -> int:
        kind = BY_MESSAGE[message]
        schema = self._writer.register_schema(kind.schema, "jsonschema", kind.schema_text())
        channel = self._writer.register_channel(kind.topic, "json", schema)
        self._channels[message] = channel
        return channel
