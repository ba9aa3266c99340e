"""The seam to sound hardware: which microphones there are, and a recording in progress."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from backend.core.errors import SourceError, SourceFault
from backend.core.tensors import Array

NO_MICROPHONE = "No microphone. Use a file or the tone generator."


@dataclass(frozen=True, slots=True)
class MicrophoneEntry:
    """A microphone as the system lists it; `id` stays the same when it is plugged in again."""

    id: str
    name: str
    default: bool = False


class SampleForm(StrEnum):
    """How one sample is written; all are in this machine's byte order."""

    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    FLOAT32 = "float32"


class Recording(Protocol):
    """Sound as it comes in; used by the thread that began it."""

    rate: int
    channels: int
    form: SampleForm

    def read(self) -> bytes:
        """What came since the last call, b'' if nothing; never waits.

        Raises SourceError when the device has failed.
        """
        ...

    @property
    def overflows(self) -> int:
        """How often sound was lost because it was not read in time."""
        ...

    def close(self) -> None:
        """Let go of the microphone."""
        ...


class SoundInput(Protocol):
    """Where microphones come from: Qt, or a script in tests. Safe to use from any thread."""

    def microphones(self) -> tuple[MicrophoneEntry, ...]:
        """Those plugged in now, the system's default first."""
        ...

    def record(self, entry: MicrophoneEntry) -> Recording:
        """Begin to record; raises SourceError ABSENT, BUSY or REFUSED."""
        ...


def find_microphone(wanted: str, microphones: tuple[MicrophoneEntry, ...]) -> MicrophoneEntry:
    """The microphone meant by an id, a name, or '' for the default; raises SourceError ABSENT."""
    if not microphones:
        raise SourceError(SourceFault.ABSENT, NO_MICROPHONE)
    if not wanted:
        return next((entry for entry in microphones if entry.default), microphones[0])
    for entry in microphones:
        if wanted in (entry.id, entry.name):
            return entry
    raise SourceError(
        SourceFault.ABSENT,
        f"The microphone {wanted} is not there.",
        hint=f"Plug it in, or choose one of these: {', '.join(m.name for m in microphones)}.",
    )


def mono(data: bytes, channels: int, form: SampleForm) -> Array:
    """Interleaved samples as float32 mono within -1 to 1; the channels are averaged."""
    samples = np.frombuffer(data, np.dtype(form.value))
    match form:
        case SampleForm.UINT8:
            floats = (samples.astype(np.float32) - 128) / 128
        case SampleForm.INT16:
            floats = samples.astype(np.float32) / 32768
        case SampleForm.INT32:
            floats = (samples / 2147483648).astype(np.float32)
        case SampleForm.FLOAT32:
            floats = np.nan_to_num(samples)
    mixed = floats if channels == 1 else floats.reshape(-1, channels).mean(1, dtype=np.float32)
    return np.asarray(np.clip(mixed, -1.0, 1.0))
