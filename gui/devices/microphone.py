"""A microphone as a source of sound, read by the thread that opened it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import NoReturn

import numpy as np

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.flow import DrainLog
from backend.core.samples import AudioBlock, MediaKind
from backend.core.status import Notice, Severity, SourceInfo
from backend.core.tensors import Array
from backend.sources.kind import SourceGroup, SourceKind, SourceOptions
from gui.devices.sound_input import (
    MicrophoneEntry,
    Recording,
    SoundInput,
    find_microphone,
    mono,
)

_BLOCK_S = 0.032
_STEP_S = 0.01
_WAIT_S = 0.1
_SILENT_AFTER_S = 5.0
_PRESENT_CHECK_S = 0.5


class MicrophoneSource:
    """The microphone that `wanted` names: an id, a name, or '' for the system's default.

    Blocks of 32 ms, mono, at the device's own rate. The recording lives on the thread that calls
    `open` and `read`, so neither a busy window nor Qt's signals stand between it and the sound.
    """

    def __init__(
        self, wanted: str, sound: SoundInput, *, silent_after_s: float = _SILENT_AFTER_S
    ) -> None:
        self._wanted = wanted
        self._sound = sound
        self._silent_after_s = silent_after_s
        self._entry: MicrophoneEntry | None = None
        self._recording: Recording | None = None
        self._held: Array = np.zeros(0, np.float32)
        self._odd = b""
        self._arrived_ns = 0
        self._checked_ns = 0
        self._overflows = 0
        self._seq = 0
        self._notices: DrainLog[Notice] = DrainLog(capacity=16)
        self._info = SourceInfo(MediaKind.AUDIO, wanted or "Default microphone", live=True)

    @property
    def info(self) -> SourceInfo:
        """The microphone's name and, once open, its rate."""
        return self._info

    @property
    def notices(self) -> DrainLog[Notice]:
        """Overflows: sound that was lost because it was not read in time."""
        return self._notices

    @property
    def overflows(self) -> int:
        """How often sound was lost since it was opened."""
        return self._overflows

    def open(self, stop: threading.Event) -> SourceInfo:  # noqa: ARG002 - opens at once
        """Find the microphone and begin to record; raises SourceError if that fails."""
        self.close()
        self._entry = find_microphone(self._wanted, self._sound.microphones())
        self._recording = self._sound.record(self._entry)
        self._held, self._odd = np.zeros(0, np.float32), b""
        self._arrived_ns = self._checked_ns = time.monotonic_ns()
        self._overflows = self._seq = 0
        self._info = SourceInfo(
            MediaKind.AUDIO, self._entry.name, live=True, rate=float(self._recording.rate)
        )
        return self._info

    def read(self, stop: threading.Event) -> AudioBlock | None:
        """The next block; None if it was not complete within a tenth of a second.

        Raises SourceError LOST when the microphone is unplugged and SILENT when nothing comes.
        """
        recording, entry = self._recording, self._entry
        if recording is None or entry is None:
            raise SourceError(SourceFault.LOST, f"{self._info.name} is not open.")
        block = round(recording.rate * _BLOCK_S)
        until = time.monotonic() + _WAIT_S
        while len(self._held) < block:
            if stop.is_set() or time.monotonic() > until:
                return None
            self._receive(recording, entry)
            if len(self._held) < block:
                stop.wait(_STEP_S)
        return self._cut(block, recording.rate)

    def close(self) -> None:
        """Let go of the microphone."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    def _receive(self, recording: Recording, entry: MicrophoneEntry) -> None:
        data = self._odd + recording.read()
        now = time.monotonic_ns()
        frame = recording.channels * np.dtype(recording.form.value).itemsize
        whole = len(data) - len(data) % frame
        self._odd = data[whole:]
        if whole:
            samples = mono(data[:whole], recording.channels, recording.form)
            self._held = np.concatenate((self._held, samples))
            self._arrived_ns = now
            self._report_overflows(recording.overflows)
        elif now - self._arrived_ns > self._silent_after_s * 1e9:
            raise SourceError(
                SourceFault.SILENT,
                f"{entry.name} is open but has given no sound for {self._silent_after_s:.0f} s.",
                hint="Check its cable and its switch.",
            )
        self._check_present(entry, now)

    def _cut(self, count: int, rate: int) -> AudioBlock:
        samples, self._held = self._held[:count].copy(), self._held[count:]
        # What arrived last is new; the block ends as long ago as what is still held lasts.
        captured_ns = self._arrived_ns - int(len(self._held) / rate * 1e9)
        block = AudioBlock(self._seq, captured_ns, samples, rate)
        self._seq += 1
        return block

    def _check_present(self, entry: MicrophoneEntry, now_ns: int) -> None:
        if now_ns - self._checked_ns < _PRESENT_CHECK_S * 1e9:
            return
        self._checked_ns = now_ns
        if all(here.id != entry.id for here in self._sound.microphones()):
            raise SourceError(
                SourceFault.LOST,
                f"{entry.name} was unplugged.",
                hint="It is taken up again when it is back.",
            )

    def _report_overflows(self, overflows: int) -> None:
        if overflows > self._overflows:
            self._overflows = overflows
            times = "once" if overflows == 1 else f"{overflows} times"
            self._notices.put(
                Notice(
                    Severity.WARNING,
                    f"{self._info.name} overflowed {times}",
                    "Sound was lost because this machine was too busy to take it in time.",
                )
            )


def _without_sound(_wanted: str, _options: SourceOptions) -> NoReturn:
    raise UsageError("Microphones are opened by the window only, once it is there.")


MICROPHONE = SourceKind(
    scheme="microphone",
    title="Default microphone",
    icon="microphone",
    make=_without_sound,
    arguments=("NAME",),
    group=SourceGroup(
        "Microphones", "No microphone found", "Use a sound file or the tone generator."
    ),
    device=True,
)
"""What a microphone is called and how it is written; it cannot be made, see `microphone_kind`."""


def microphone_kind(sound: SoundInput) -> SourceKind:
    """Microphones that can be opened, through `sound`."""
    return replace(MICROPHONE, make=lambda wanted, _options: MicrophoneSource(wanted, sound))
