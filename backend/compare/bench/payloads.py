"""What is sent: one sample of a source, or pictures of chosen sizes."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

import numpy as np
import soxr

from backend.core.errors import SourceError, SourceFault, UsageError
from backend.core.samples import AudioBlock, AudioWindow, Captured, Frame, MediaKind, Sample
from backend.profiles.model_profile import AudioFormat, ModelProfile
from backend.sources.source import EndOfSource, Source

_CHANNELS = 3
_LONGEST_WAIT_S = 15.0
LARGEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BenchPayload:
    """A sample under a name; `size_bytes` is that of its values as they were captured."""

    name: str
    sample: Sample
    size_bytes: int

    @property
    def kind(self) -> MediaKind:
        """Whether it is a picture or sound."""
        return MediaKind.IMAGE if isinstance(self.sample, Frame) else MediaKind.AUDIO


def payload_of(source: Source, name: str, audio: AudioFormat) -> BenchPayload:
    """The first picture of a source, or as much of its sound as the model looks at once.

    Raises SourceError where nothing comes within 15 s.
    """
    stop = threading.Event()
    source.open(stop)
    try:
        first = _first(source, stop)
        sample = _window(source, stop, first, audio) if isinstance(first, AudioBlock) else first
        data = sample.pixels if isinstance(sample, Frame) else sample.samples
        return BenchPayload(name, sample, data.nbytes)
    finally:
        stop.set()
        source.close()


def payload_of_size(size_bytes: int, profile: ModelProfile) -> BenchPayload:
    """A picture with about so many bytes, of grey values that compress as a photo does.

    Raises UsageError for a size out of bounds, or a model that takes no picture of any size.
    """
    if not _CHANNELS <= size_bytes <= LARGEST_BYTES:
        raise UsageError(f"A size is {_CHANNELS} bytes to 64 MiB, got {size_bytes}.")
    if profile.kind is MediaKind.AUDIO:
        raise UsageError(
            f"'{profile.model}' takes sound of one length: a sweep of sizes says nothing.",
            hint="Take a model that takes any bytes, such as identity.",
        )
    pixels = size_bytes / _CHANNELS
    height = max(1, round(math.sqrt(pixels * 3 / 4)))
    width = max(1, round(pixels / height))
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[0:height, 0:width]
    smooth = (rows * 255 / max(1, height) + columns * 96 / max(1, width)) % 256
    noisy = smooth[..., np.newaxis] + rng.normal(0, 6, (height, width, _CHANNELS))
    frame = Frame(0, time.monotonic_ns(), noisy.clip(0, 255).astype(np.uint8))
    return BenchPayload(size_name(size_bytes), frame, frame.pixels.nbytes)


def size_name(size_bytes: int) -> str:
    """A size in the largest unit that leaves a whole number: 1 KB, 8 MB; units of 1,024."""
    for unit, bytes_each in (("MB", 1024**2), ("KB", 1024)):
        if size_bytes >= bytes_each and size_bytes % bytes_each == 0:
            return f"{size_bytes // bytes_each} {unit}"
    return f"{size_bytes} B"


def _first(source: Source, stop: threading.Event) -> Captured:
    until = time.monotonic() + _LONGEST_WAIT_S
    while time.monotonic() < until:
        try:
            item = source.read(stop)
        except EndOfSource:
            break
        if item is not None:
            return item
    raise SourceError(SourceFault.SILENT, "The source gave nothing to send.", "Try another one.")


def _window(
    source: Source, stop: threading.Event, first: AudioBlock, audio: AudioFormat
) -> AudioWindow:
    """Sound from the source's start, padded with silence if it is shorter than the window."""
    parts, rate = [first.samples], first.rate
    wanted = math.ceil(audio.window * rate / audio.rate)
    until = time.monotonic() + _LONGEST_WAIT_S
    while sum(map(len, parts)) < wanted and time.monotonic() < until:
        try:
            item = source.read(stop)
        except EndOfSource:
            break
        if isinstance(item, AudioBlock):
            parts.append(item.samples)
    sound = soxr.resample(np.concatenate(parts), rate, audio.rate)[: audio.window]
    padded = np.pad(sound, (0, audio.window - len(sound))).astype(np.float32)
    return AudioWindow(0, time.monotonic_ns(), padded, audio.rate)
