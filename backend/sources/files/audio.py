"""A sound file as blocks of about 32 ms, mixed to one channel."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import soundfile

from backend.core.errors import InvalidInput, SourceError, SourceFault
from backend.core.samples import AudioBlock, MediaKind
from backend.core.status import SourceInfo
from backend.core.tensors import Array
from backend.core.wording import Wording
from backend.sources.files.kinds import FORMATS, FileKind, PathKind, kind_of_head, read_head
from backend.sources.kind import Pace
from backend.sources.playback import Jump, Playback
from backend.sources.source import EndOfSource
from backend.wire.media.sound import check_sound

BLOCK_S = 0.032
"""Length of a block: short enough for a lively meter, long enough to cost nothing."""


class AudioFileSource:
    """The sound of a WAV, FLAC or OGG file, once or in a loop.

    A block is due when its last sample would have been heard. `items` counts blocks.
    """

    def __init__(
        self, path: Path, *, loop: bool, pace: Pace = Pace.OWN, speed: float = 1.0
    ) -> None:
        self._path = path
        self._loop = loop
        self.playback = Playback(pace, speed)
        self._file: soundfile.SoundFile | None = None
        self._seq = 0
        self._played_s = 0.0
        self._jumped = False
        self._info = SourceInfo(MediaKind.AUDIO, path.name, live=False)

    @property
    def info(self) -> SourceInfo:
        """The file's name and, once open, its rate and length."""
        return self._info

    def open(self, stop: threading.Event) -> SourceInfo:  # noqa: ARG002 - opens at once
        """Open the file; raises SourceError if it holds no sound we can read."""
        self.close()
        read_head(self._path)
        try:
            file = soundfile.SoundFile(self._path)
        except soundfile.LibsndfileError as error:
            raise self._unreadable(error.error_string) from error
        try:
            self._check(file)
        except SourceError:
            file.close()
            raise
        self._file, self._seq, self._played_s = file, 0, 0.0
        self.playback.begin(file.frames / file.samplerate)
        self._info = SourceInfo(
            MediaKind.AUDIO,
            self._path.name,
            live=False,
            rate=float(file.samplerate),
            items=-(-file.frames // self._block(file)),
        )
        return self._info

    def read(self, stop: threading.Event) -> AudioBlock | None:
        """The next block, in its own time; raises EndOfSource after the last."""
        file = self._file
        if file is None:
            raise SourceError(SourceFault.LOST, f"{self._path.name} is not open.")
        jump = self.playback.take_jump()
        if jump is not None:
            self._go(file, jump)
            self._jumped = True
        start = file.tell()
        if start >= file.frames or self.playback.is_past(start / file.samplerate):
            return self._again(file, stop)
        due_s = self._played_s + min(self._block(file), file.frames - start) / file.samplerate
        if not self.playback.wait(due_s, stop):
            return None
        self.playback.given(start / file.samplerate)
        samples = self._samples(file)
        if not len(samples):
            return self._again(file, stop)
        self._played_s += len(samples) / file.samplerate
        block = AudioBlock(
            self._seq,
            time.monotonic_ns(),
            samples,
            file.samplerate,
            start / file.samplerate,
            self._path.name,
            not self._jumped,
        )
        self._seq += 1
        self._jumped = False
        return block

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _check(self, file: soundfile.SoundFile) -> None:
        """Raise SourceError for a file without samples, or with a claim that makes no sense."""
        if not file.frames:
            raise self._unreadable("it holds no samples")
        try:
            check_sound(file)
        except InvalidInput as error:
            raise self._unreadable(error.message) from error

    def _go(self, file: soundfile.SoundFile, jump: Jump) -> None:
        """To the block at a place, or so many before it."""
        block = self._block(file)
        place = round(jump.to_s * file.samplerate) - jump.back * block
        file.seek(max(0, min(place, file.frames - block)))

    def _again(self, file: soundfile.SoundFile, stop: threading.Event) -> AudioBlock | None:
        """Where it goes on at the end; raises EndOfSource unless something is repeated."""
        if self.playback.holds_at_end(stop, loop=self._loop):
            return None
        span = self.playback.status().span
        if not self._loop and span is None:
            raise EndOfSource
        ended = file.tell()
        self._go(file, Jump(span[0] if span is not None else 0.0))
        if file.tell() >= ended:
            raise self._unreadable("its sound is cut off at the start")
        return None if stop.is_set() else self.read(stop)

    def _samples(self, file: soundfile.SoundFile) -> Array:
        """Float32 mono, within -1 to 1; none at the end or where the file is damaged."""
        try:
            channels = file.read(self._block(file), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise self._unreadable(error.error_string) from error
        mono = channels.mean(axis=1, dtype=np.float32)
        return np.asarray(np.clip(np.nan_to_num(mono, copy=False), -1.0, 1.0))

    def _block(self, file: soundfile.SoundFile) -> int:
        return max(1, round(int(file.samplerate) * BLOCK_S))

    def _unreadable(self, reason: str) -> SourceError:
        return SourceError(
            SourceFault.UNREADABLE,
            f"The sound in {self._path.name} cannot be read: {reason.rstrip('.')}.",
            hint="WAV, FLAC and OGG files can be opened.",
        )


SOUND = PathKind(
    Wording("sound file"),
    lambda path, head: kind_of_head(path, head) is FileKind.SOUND,
    AudioFileSource,
    FORMATS[FileKind.SOUND],
)
