"""The stretch of recorded sound that an answer is about."""

from __future__ import annotations

from collections import deque

import numpy as np

from backend.core.samples import AudioBlock, AudioWindow
from backend.wire.recording.items import RecordedSound
from backend.wire.recording.moments import Answered

_KEPT_S = 4.0


class SoundHeard:
    """The newest sound that was shown: blocks with the moments of their recorded last samples."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, AudioBlock]] = deque()
        self._held_s = 0.0

    def add(self, recorded: RecordedSound, block: AudioBlock) -> None:
        """One more block; the oldest are forgotten after a few seconds."""
        self._blocks.append((recorded.captured_ns, block))
        self._held_s += len(block.samples) / block.rate
        while self._held_s > _KEPT_S and len(self._blocks) > 1:
            _, oldest = self._blocks.popleft()
            self._held_s -= len(oldest.samples) / oldest.rate

    def clear(self) -> None:
        """It goes on at another place."""
        self._blocks.clear()
        self._held_s = 0.0

    def window(self, found: Answered, now_ns: int) -> AudioWindow:
        """What was heard up to the moment that an answer is about, at the rate of the sound.

        That moment is as long before the newest sound, which is shown now, as when recorded. Its
        length is not recorded with the answer: a second, or what there is of it.
        """
        answer = found.answer
        heard = [
            block for captured_ns, block in self._blocks if captured_ns <= answer.captured_ns
        ] or [block for _, block in self._blocks]
        rate = heard[-1].rate if heard else 1
        parts = [block.samples for block in heard if block.rate == rate]
        samples = np.concatenate([np.zeros(0, np.float32), *parts])[-rate:]
        newest_ns = self._blocks[-1][0] if self._blocks else answer.captured_ns
        at_ns = now_ns + min(0, answer.captured_ns - newest_ns)
        return AudioWindow(answer.seq, at_ns, samples, rate, answer.media_time_s, answer.name)
