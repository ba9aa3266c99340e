"""Two recordings of the same samples, paired."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from backend.core.errors import ConsoleError, UsageError
from backend.core.predictions import array_bytes
from backend.side_by_side.pairing import Letter, Outcome, Pairing, RecordedWhole
from backend.side_by_side.recorded import picture_outcomes, window_outcomes
from backend.wire.recording.items import (
    Recorded,
    RecordedPicture,
    RecordedSound,
    RecordedWindow,
)
from backend.wire.recording.places import RecordedSample, samples_of
from backend.wire.recording.reader import SAMPLES, RecordingReader

_MOST_WAITING, _MOST_BYTES = 4096, 128 * 1024 * 1024
"""Samples of each side that wait for the other's, without their pictures."""
_BLOCKS_KEPT = 512
_HINT = (
    "Record both from one file, or send one of them again and record that: "
    "stream --source a.mcap --record b.mcap"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A sample with what became of it; those of the same key are the same sample."""

    key: Hashable
    sample: RecordedWhole
    outcome: Outcome | None

    @property
    def held_bytes(self) -> int:
        """About how much memory it keeps, beside what every one does."""
        said = self.outcome.predictions if self.outcome is not None else None
        return array_bytes(said) if said is not None else 0


class RecordedPairs:
    """Reads both files in step and gives a pairing what was answered to the same samples.

    The same sample is what lies at the same place in one file. What has no place, as it came from
    a device, is the same by its bytes; pictures that went as other bytes, by name and order. Both
    have their samples in one order, so that what lies before a pair has no partner.
    """

    def __init__(
        self,
        a: Path,
        b: Path,
        pairing: Pairing,
        matched: Callable[[RecordedWhole, RecordedWhole], object] = lambda _a, _b: None,
    ) -> None:
        self._paths: dict[Letter, Path] = {"a": a, "b": b}
        self._pairing = pairing
        self._matched = matched
        self._waiting: dict[Letter, OrderedDict[Hashable, _Entry]] = {
            "a": OrderedDict(),
            "b": OrderedDict(),
        }
        self._held: dict[Letter, int] = {"a": 0, "b": 0}
        self._number = 0
        self.error: ConsoleError | None = None
        """Why it ended before: a file that cannot be read, or recordings of other samples."""

    def run(self, stop: threading.Event) -> None:
        """To the end of both, or until `stop` is set; for a thread of its own."""
        try:
            self._pair(stop)
        except ConsoleError as error:
            self.error = error

    def _pair(self, stop: threading.Event) -> None:
        entries = self._entries(stop)
        left: set[Letter] = {"a", "b"}
        while left and not stop.is_set():
            letter = min(left, key=lambda each: (len(self._waiting[each]), each))
            entry = next(entries[letter], None)
            if entry is None:
                left.discard(letter)
            else:
                self._take(letter, entry)
        for letter in self._paths:
            self._forget(letter, None)
        if not self._number and not stop.is_set():
            raise UsageError("The two recordings have no sample in common.", _HINT)

    def _take(self, letter: Letter, entry: _Entry) -> None:
        other: Letter = "b" if letter == "a" else "a"
        partner = self._waiting[other].get(entry.key)
        if partner is None:
            self._wait(letter, entry)
            return
        self._forget(other, entry.key)
        self._forget(letter, None)
        found: dict[Letter, _Entry] = {letter: entry, other: partner}
        self._check_sizes(found["a"].sample, found["b"].sample)
        self._matched(found["a"].sample, found["b"].sample)
        both = all(each.outcome is not None for each in found.values())
        for side, each in found.items():
            if each.outcome is not None and both:
                self._pairing.add(side, self._number, each.outcome, each.sample)
            else:
                self._alone(side, each)
        self._number += 1

    def _wait(self, letter: Letter, entry: _Entry) -> None:
        """For its partner, as long as there is room."""
        waiting = self._waiting[letter]
        before = waiting.pop(entry.key, None)  # of a loop's last round
        if before is not None:
            self._held[letter] -= before.held_bytes
            self._alone(letter, before)
        waiting[entry.key] = entry
        self._held[letter] += entry.held_bytes
        while len(waiting) > _MOST_WAITING or self._held[letter] > _MOST_BYTES:
            self._alone(letter, self._oldest(letter))

    def _oldest(self, letter: Letter) -> _Entry:
        """Waits no longer."""
        _, entry = self._waiting[letter].popitem(last=False)
        self._held[letter] -= entry.held_bytes
        return entry

    def _forget(self, letter: Letter, until: Hashable | None) -> None:
        """What waits up to a key that has its partner, or all of it."""
        while self._waiting[letter]:
            entry = self._oldest(letter)
            if entry.key == until:
                return
            self._alone(letter, entry)

    def _alone(self, letter: Letter, entry: _Entry) -> None:
        if entry.outcome is not None:
            self._pairing.alone(letter, entry.outcome)

    def _check_sizes(self, a: RecordedWhole, b: RecordedWhole) -> None:
        if not (isinstance(a, RecordedPicture) and isinstance(b, RecordedPicture)):
            return
        if (a.width, a.height) != (b.width, b.height):
            raise UsageError(
                f"Picture {self._number} is {a.width} x {a.height} in A and "
                f"{b.width} x {b.height} in B: boxes of the two cannot be compared.",
                _HINT,
            )

    def _entries(self, stop: threading.Event) -> dict[Letter, Iterator[_Entry]]:
        first = {letter: self._first(path) for letter, path in self._paths.items()}
        make = _how_to_know(first["a"], first["b"])
        return {
            letter: make(RecordingReader(path).items(stop)) for letter, path in self._paths.items()
        }

    def _first(self, path: Path) -> RecordedSample:
        for sample in samples_of(RecordingReader(path, SAMPLES).items()):
            return sample
        raise UsageError(f"The recording {path.name} holds no pictures and no sound.")


def _how_to_know(
    a: RecordedSample, b: RecordedSample
) -> Callable[[Iterator[Recorded]], Iterator[_Entry]]:
    """What makes entries of items, by what the first samples have in common."""
    placed = a.media_time_s is not None and b.media_time_s is not None
    if isinstance(a, RecordedPicture) and isinstance(b, RecordedPicture):
        if placed:
            return partial(_pictures, key_of=_place)
        same_form = (a.encoding, a.quality) == (b.encoding, b.quality)
        return partial(_pictures, key_of=_bytes if same_form else _name)
    if isinstance(a, RecordedSound) and isinstance(b, RecordedSound):
        return _placed_windows if placed else _heard_windows
    raise UsageError("One of the recordings holds pictures and the other sound.", _HINT)


def _pictures(
    items: Iterator[Recorded], key_of: Callable[[RecordedPicture], Hashable]
) -> Iterator[_Entry]:
    """Of pictures that are alike one after the other, the first, second, ... are the same."""
    before: Hashable = None
    alike = 0
    for picture, outcome in picture_outcomes(items):
        key = key_of(picture)
        alike = alike + 1 if key == before else 0
        before = key
        yield _Entry((key, alike), replace(picture, data=b""), outcome)


def _place(picture: RecordedPicture) -> Hashable:
    return picture.name, picture.media_time_s


def _name(picture: RecordedPicture) -> Hashable:
    return picture.name


def _bytes(picture: RecordedPicture) -> Hashable:
    return _digest(picture.data)


def _placed_windows(items: Iterator[Recorded]) -> Iterator[_Entry]:
    for window, outcome in window_outcomes(items):
        yield _Entry((window.name, window.media_time_s), window, outcome)


def _heard_windows(items: Iterator[Recorded]) -> Iterator[_Entry]:
    """A window is known by the block in which it ends, and by where in it."""
    blocks: OrderedDict[int, bytes] = OrderedDict()

    def heard() -> Iterator[Recorded]:
        for item in items:
            if isinstance(item, RecordedSound):
                blocks[item.captured_ns] = _digest(item.samples.tobytes())
                while len(blocks) > _BLOCKS_KEPT:
                    blocks.popitem(last=False)
            yield item

    for window, outcome in window_outcomes(heard()):
        behind_ns = window.behind_ns if isinstance(window, RecordedWindow) else 0
        digest = blocks.get(window.captured_ns + behind_ns)
        known = (digest, behind_ns) if digest is not None else window
        yield _Entry(known, window, outcome)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
