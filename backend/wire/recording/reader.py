"""Reads a recording from its beginning, whole, unfinished or damaged."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mcap.records import Channel, Header, Message, Metadata

from backend.core.errors import ConsoleError, SourceError, SourceFault
from backend.wire.recording.channels import ABOUT, BY_TOPIC, FORMAT, PROFILE, ChannelKind
from backend.wire.recording.index import RecordingIndex, index_of
from backend.wire.recording.items import Recorded
from backend.wire.recording.reading import ItemMaker
from backend.wire.recording.records import Damaged, Record, Unfinished, read_records

_PICTURES = ("/samples", "/pictures/raw", "/pictures/encoded")
_SOUND = ("/sound/about", "/sound")
SAMPLES = frozenset((*_PICTURES, *_SOUND))
"""Topics of what was streamed."""
ANSWERS = frozenset(("/predictions", "/timelines", "/failures", "/losses"))
"""Topics of what came back."""
ALL = frozenset(topic for topic in BY_TOPIC if topic != "/annotations")


@dataclass(frozen=True, slots=True)
class About:
    """Who wrote a recording: `epoch_ns` is what was added to monotonic times."""

    version: str
    format: int
    epoch_ns: int


class RecordingReader:
    """The items of a file, in the order in which they were written, again at each iteration.

    `unfinished` says, after an iteration, whether the file ends before its end, as that of a
    process that was killed: what came until then is given, and no error raised. `about` is known
    once the first item is.
    """

    def __init__(self, path: Path, topics: Collection[str] = ALL) -> None:
        self._path = path
        self._topics = topics
        self.unfinished = False
        self.about: About | None = None
        self._index: RecordingIndex | None = None

    def __iter__(self) -> Iterator[Recorded]:
        return self.items()

    def items(self, stop: threading.Event | None = None) -> Iterator[Recorded]:
        """The items until the end, or until `stop` is set.

        Raises SourceError for a file that cannot be read, was not recorded here, or is damaged,
        which is found when its turn comes.
        """
        self.unfinished = False
        with self._opened() as file:
            yield from self._items(stop, read_records(file), {})

    def index(self) -> RecordingIndex:
        """Where its moments are; looked for when it is first asked for. Raises SourceError."""
        if self._index is None:
            with self._opened() as file:
                self._index = index_of(file)
        return self._index

    def items_in(
        self, first: int, end: int | None = None, stop: threading.Event | None = None
    ) -> Iterator[Recorded]:
        """The items of the chunks from number `first` to before number `end`, or to the last.

        An item that began in the chunk before is left out. Raises as `items` does.
        """
        index = self.index()
        begin, until = index.offset(first), None if end is None else index.offset(end)
        if begin is None:
            return
        channels = {
            number: kind for number, kind in index.channels.items() if kind.topic in self._topics
        }
        with self._opened() as file:
            yield from self._items(stop, read_records(file, begin, until), channels)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self._path.open("rb") as file:
                yield file
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        except Damaged as error:
            raise self._unreadable(str(error)) from error

    def _items(
        self,
        stop: threading.Event | None,
        records: Iterator[Record],
        channels: dict[int, ChannelKind],
    ) -> Iterator[Recorded]:
        """The items of records; of a file's beginning unless channels are known already."""
        maker = ItemMaker()
        known = bool(channels)
        try:
            for record in records:
                if stop is not None and stop.is_set():
                    return
                match record:
                    case Header(profile=profile) if not known:
                        known = self._check_profile(profile)
                    case Metadata(name=name, metadata=about) if name == ABOUT:
                        self.about = self._read_about(about)
                    case Channel(id=number, topic=topic) if topic in self._topics:
                        channels[number] = BY_TOPIC[topic]
                    case Message(channel_id=number) if known and number in channels:
                        yield from self._item(maker, channels[number], record)
        except Unfinished:
            self.unfinished = True
        if not known:
            raise self._unreadable("it has no header")

    def _item(self, maker: ItemMaker, kind: ChannelKind, record: Message) -> Iterator[Recorded]:
        try:
            message = kind.read(record.data)
            item = maker.item(message, record.sequence, record.log_time)
        except (ValueError, ConsoleError) as error:
            reason = error.message if isinstance(error, ConsoleError) else str(error)
            raise Damaged(
                f"a message of {kind.topic} at {record.log_time} ns makes no sense ({reason[:200]})"
            ) from error
        if item is not None:
            yield item

    def _check_profile(self, profile: str) -> bool:
        if profile != PROFILE:
            raise self._unreadable(
                f"it is an MCAP file of another program (profile {profile[:40]!r})",
                "Only what this program has recorded can be played.",
            )
        return True

    def _read_about(self, about: dict[str, str]) -> About:
        try:
            found = About(about["version"], int(about["format"]), int(about["epoch_ns"]))
        except (KeyError, ValueError) as error:
            raise Damaged("what it says about itself makes no sense") from error
        if found.format > FORMAT:
            raise self._unreadable(
                f"it was recorded by a newer version, {found.version[:40]}",
                "Update this program to play it.",
            )
        return found

    def _unreadable(self, reason: str, hint: str = "") -> SourceError:
        return SourceError(
            SourceFault.UNREADABLE,
            f"{self._path.name} cannot be read as a recording: {reason}.",
            hint,
        )
