"""A recording as it is looked at: each sample together with what was answered to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.wire.recording.items import (
    Recorded,
    RecordedAnswer,
    RecordedPicture,
    RecordedSound,
    RecordedTimeline,
)
from backend.wire.recording.messages import FailureNote, LedgerNote, Log, SettingsNote, WordNote
from backend.wire.recording.places import RecordedSample

_MOST_WAITING = 64
_MOST_BYTES = 256 * 1024 * 1024
"""What is read ahead for the answer of a sample, which may have none."""
_SOUND_AHEAD = 8
"""Blocks that are read ahead: an answer belongs to the sound that was newest when it came."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model said of a sample, and what that cost, where it was written."""

    answer: RecordedAnswer
    timeline: RecordedTimeline | None


@dataclass(slots=True, eq=False)
class Moment:
    """A picture or a block of sound with its answers, failures, notices and words.

    `settings` and `ledger` are those in force, None before the first.
    """

    sample: RecordedSample
    settings: SettingsNote | None
    ledger: LedgerNote | None
    answers: list[Answered] = field(default_factory=list)
    failures: list[FailureNote] = field(default_factory=list)
    notices: list[Log] = field(default_factory=list)
    words: list[WordNote] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nothing more is to come of a picture."""
        return isinstance(self.sample, RecordedPicture) and bool(
            (self.answers and self.answers[-1].timeline) or self.failures
        )

    @property
    def size(self) -> int:
        """About how many bytes of memory it keeps."""
        sample = self.sample
        return len(sample.data) if isinstance(sample, RecordedPicture) else sample.samples.nbytes


class Moments:
    """The moments of items, in the order of their samples; memory is bounded.

    `settings` may be given where reading begins after they were written.
    """

    def __init__(self, items: Iterator[Recorded], settings: SettingsNote | None = None) -> None:
        self._items = items
        self._waiting: deque[Moment] = deque()
        self._bytes = 0
        self._ledger: LedgerNote | None = None
        self.settings = settings

    def __iter__(self) -> Iterator[Moment]:
        for item in self._items:
            self._take(item)
            while self._waiting and self._is_over(self._waiting[0]):
                yield self._pop()
        while self._waiting:
            yield self._pop()

    def _pop(self) -> Moment:
        moment = self._waiting.popleft()
        self._bytes -= moment.size
        return moment

    def _is_over(self, moment: Moment) -> bool:
        if moment.done:
            return True
        sound = isinstance(moment.sample, RecordedSound)
        most = _SOUND_AHEAD if sound else _MOST_WAITING
        return len(self._waiting) > most or self._bytes > _MOST_BYTES

    def _take(self, item: Recorded) -> None:
        match item:
            case RecordedPicture() | RecordedSound():
                moment = Moment(item, self.settings, self._ledger)
                self._waiting.append(moment)
                self._bytes += moment.size
            case SettingsNote():
                self.settings = item
                for moment in self._waiting:
                    moment.settings = moment.settings or item
            case LedgerNote():
                self._ledger = item
            case RecordedAnswer() | FailureNote():
                self._add(item)
            case RecordedTimeline():
                self._complete(item)
            case Log() | WordNote() if self._waiting:
                newest = self._waiting[-1]
                if isinstance(item, Log):
                    newest.notices.append(item)
                else:
                    newest.words.append(item)

    def _add(self, item: RecordedAnswer | FailureNote) -> None:
        found = self._of(item.seq)
        if found is None:
            return
        if isinstance(item, FailureNote):
            found.failures.append(item)
        else:
            found.answers.append(Answered(item, None))

    def _complete(self, timeline: RecordedTimeline) -> None:
        found = self._of(timeline.seq)
        if found is None:
            return
        for place, each in enumerate(found.answers):
            if each.answer.seq == timeline.seq and each.timeline is None:
                found.answers[place] = Answered(each.answer, timeline)

    def _of(self, seq: int) -> Moment | None:
        """The moment that the answer to a sample belongs to."""
        for moment in reversed(self._waiting):
            if isinstance(moment.sample, RecordedSound) or moment.sample.seq == seq:
                return moment
        return None
