"""Sound as captured, in blocks of any size and rate, into the windows a model looks at."""

from __future__ import annotations

import numpy as np
import soxr

from backend.core.samples import AudioBlock, AudioWindow, WindowGrid
from backend.core.tensors import Array
from backend.profiles.model_profile import AudioFormat

_ROUNDED_S = 0.001
"""Places are seconds as floating-point numbers."""


class Windower:
    """Resamples blocks to the model's rate and cuts overlapping windows from them.

    Windows carry the time of their last sample. A gap-free input of n samples at the model's rate,
    and the margins of silence before and after it, give 1 + (n - window) // hop windows, and
    `flush` one more, padded with silence, if samples remain that no window has shown. Where a file
    goes on at another place, windows begin anew: none shows sound of both. Sound that was cut
    before into windows of this length is cut into the same ones, if a block has their grid.
    """

    def __init__(self, sound: AudioFormat) -> None:
        self.sound = sound
        self._resampler: soxr.ResampleStream | None = None
        self._rate_in = 0
        self._held: Array = np.zeros(0, np.float32)
        self._shown = 0
        self._start = 0
        self._after = 0
        self._left_out = 0
        self._kept_back = 0.0
        self._media_start_s: float | None = None
        self._last: AudioBlock | None = None

    def push(self, block: AudioBlock) -> list[AudioWindow]:
        """The windows that this block completes, oldest first."""
        if block.rate != self._rate_in or self._is_elsewhere(block):
            self._restart(block)
        self._last = block
        self._append(self._resample(block.samples, last=False))
        return self._cut(block)

    def flush(self) -> list[AudioWindow]:
        """The windows that remain when the sound has ended; the last one is padded with zeros."""
        block = self._last
        if block is None:
            return []
        self._append(self._resample(np.zeros(0, np.float32), last=True))
        self._append_silence(self.sound.margin)
        windows = self._cut(block)
        if len(self._held) > self._shown + self._after:
            self._append_silence(self.sound.window - len(self._held))
            windows += self._cut(block)
        self._last = None
        return windows

    def _is_elsewhere(self, block: AudioBlock) -> bool:
        """Whether it does not follow the block before; a file's start may follow its end in a
        loop."""
        last = self._last
        if not block.follows:
            return True
        if last is None or last.media_time_s is None or not block.media_time_s:
            return False
        expected_s = last.media_time_s + len(last.samples) / last.rate
        return abs(block.media_time_s - expected_s) > _ROUNDED_S

    def _restart(self, block: AudioBlock) -> None:
        self._rate_in = block.rate
        same = block.rate == self.sound.rate
        self._resampler = (
            None if same else soxr.ResampleStream(block.rate, self.sound.rate, 1, dtype="float32")
        )
        self._held = np.zeros(self.sound.margin, np.float32)
        self._shown = self._start = self._after = self._left_out = 0
        self._kept_back = 0.0
        self._media_start_s = block.media_time_s
        self._take_grid(block.grid)

    def _take_grid(self, grid: WindowGrid | None) -> None:
        """Begin with the first window of a grid that holds no sound from before the block.

        A grid that begins with the margin is that of a run which began here, as this one does.
        """
        sound = self.sound
        if grid is None or (grid.samples, grid.rate) != (sound.window, sound.rate):
            return
        start = round(grid.start_s * sound.rate)
        if start != -sound.margin:
            self._held = self._held[:0]
            self._left_out = start % sound.hop
            self._start = sound.margin + self._left_out

    def _resample(self, samples: Array, *, last: bool) -> Array:
        if self._resampler is None:
            return samples
        resampled = np.asarray(self._resampler.resample_chunk(samples, last=last), np.float32)
        heard_s = len(samples) / self._rate_in
        self._kept_back = max(0.0, self._kept_back + heard_s * self.sound.rate - len(resampled))
        return resampled

    def _append(self, samples: Array) -> None:
        left_out = min(self._left_out, len(samples))
        self._left_out -= left_out
        samples = samples[left_out:]
        self._held = np.concatenate((self._held, samples))

    def _append_silence(self, count: int) -> None:
        """After the last sample, at which the newest block's time is."""
        self._append(np.zeros(max(count, 0), np.float32))
        self._after += max(count, 0)

    def _cut(self, block: AudioBlock) -> list[AudioWindow]:
        window, hop, rate = self.sound.window, self.sound.hop, self.sound.rate
        windows = []
        while len(self._held) >= window:
            later = len(self._held) - window - self._after + self._kept_back
            behind_ns = round(later / rate * 1e9)
            windows.append(
                AudioWindow(
                    seq=self._start // hop,
                    captured_ns=block.captured_ns - behind_ns,
                    samples=self._held[:window].copy(),
                    rate=rate,
                    media_time_s=self._media_time_s(),
                    name=block.name,
                    behind_ns=behind_ns,
                )
            )
            self._held = self._held[hop:]
            self._start += hop
            self._shown = window - hop
        return windows

    def _media_time_s(self) -> float | None:
        if self._media_start_s is None:
            return None
        return self._media_start_s + (self._start - self.sound.margin) / self.sound.rate
