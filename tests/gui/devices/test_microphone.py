"""The microphone: scripted for its states, and a real one in a private PulseAudio."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.core.errors import SourceError, SourceFault
from backend.core.samples import AudioBlock
from gui.devices.microphone import MicrophoneSource
from gui.devices.sound_input import (
    NO_MICROPHONE,
    MicrophoneEntry,
    Recording,
    SampleForm,
    find_microphone,
    mono,
)
from tests.real_sources import PulseMicrophone, pulse_microphone, speak
from tests.sources.reading import read_until_error, read_until_item
from tests.waiting import WAIT_S

HEADSET = MicrophoneEntry("usb-1", "Headset")
BUILT_IN = MicrophoneEntry("pci-0", "Built-in", default=True)
_ROOT = Path(__file__).resolve().parents[3]


class ScriptedSound:
    """Microphones that are plugged and unplugged, and give the bytes that a test queues."""

    def __init__(self) -> None:
        self.plugged: tuple[MicrophoneEntry, ...] = (BUILT_IN, HEADSET)
        self.pieces: list[bytes] = []
        self.overflows = 0
        self.channels = 1
        self.form = SampleForm.INT16
        self.open_now = 0

    def microphones(self) -> tuple[MicrophoneEntry, ...]:
        return self.plugged

    def record(self, entry: MicrophoneEntry) -> Recording:
        self.open_now += 1
        return ScriptedRecording(self)


class ScriptedRecording:
    def __init__(self, sound: ScriptedSound) -> None:
        self._sound = sound
        self.rate = 1000
        self.channels = sound.channels
        self.form = sound.form

    @property
    def overflows(self) -> int:
        return self._sound.overflows

    def read(self) -> bytes:
        return self._sound.pieces.pop(0) if self._sound.pieces else b""

    def close(self) -> None:
        self._sound.open_now -= 1


@pytest.fixture
def sound() -> ScriptedSound:
    return ScriptedSound()


@pytest.fixture
def microphone(sound: ScriptedSound) -> Iterator[MicrophoneSource]:
    with closing(MicrophoneSource("Headset", sound, silent_after_s=WAIT_S)) as source:
        yield source
    assert sound.open_now == 0


def int16(*values: float) -> bytes:
    return (np.array(values) * 32768).astype(np.int16).tobytes()


def test_making_a_source_opens_nothing(sound: ScriptedSound) -> None:
    source = MicrophoneSource("", sound)
    assert source.info.live
    assert sound.open_now == 0


def test_blocks_are_cut_alike_whatever_the_pieces(
    microphone: MicrophoneSource, sound: ScriptedSound, stop: threading.Event
) -> None:
    info = microphone.open(stop)
    assert (info.name, info.rate) == ("Headset", 1000)
    data = int16(*np.arange(70) / 100)
    sound.pieces = [data[:3], data[3:90], b"", data[90:]]
    blocks = [read_until_item(microphone, stop) for _ in range(2)]
    assert [block.seq for block in blocks] == [0, 1]
    both = np.concatenate([b.samples for b in blocks if isinstance(b, AudioBlock)])
    assert both == pytest.approx(np.arange(64) / 100, abs=1e-4)


def test_blocks_that_came_together_are_dated_apart(
    microphone: MicrophoneSource, sound: ScriptedSound, stop: threading.Event
) -> None:
    microphone.open(stop)
    sound.pieces = [int16(*[0.1] * 70)]
    first, second = (read_until_item(microphone, stop) for _ in range(2))
    # Of 70 ms of sound the second block ends 6 ms before the end, the first 32 ms before that.
    assert second.captured_ns - first.captured_ns == 32_000_000
    assert time.monotonic_ns() - second.captured_ns >= 6_000_000


def test_too_little_sound_is_none_yet(
    microphone: MicrophoneSource, sound: ScriptedSound, stop: threading.Event
) -> None:
    microphone.open(stop)
    sound.pieces = [int16(0.1)]
    assert microphone.read(stop) is None


def test_channels_are_averaged(
    microphone: MicrophoneSource, sound: ScriptedSound, stop: threading.Event
) -> None:
    sound.channels = 2
    microphone.open(stop)
    sound.pieces = [int16(*[0.5, 0.25] * 32)]
    block = read_until_item(microphone, stop)
    assert isinstance(block, AudioBlock)
    assert block.samples == pytest.approx(np.full(32, 0.375))


@pytest.mark.parametrize(
    ("form", "values", "floats"),
    [
        (SampleForm.UINT8, [0, 128, 192], [-1.0, 0.0, 0.5]),
        (SampleForm.INT16, [-32768, 0, 16384], [-1.0, 0.0, 0.5]),
        (SampleForm.INT32, [-(2**31), 0, 2**30], [-1.0, 0.0, 0.5]),
        (SampleForm.FLOAT32, [-3.0, np.nan, 0.5], [-1.0, 0.0, 0.5]),
    ],
)
def test_every_form_of_sample_becomes_float(
    form: SampleForm, values: list[float], floats: list[float]
) -> None:
    found = mono(np.array(values, form.value).tobytes(), 1, form)
    assert found.dtype == np.float32
    assert found.tolist() == floats


def test_overflows_are_counted_and_told(
    microphone: MicrophoneSource, sound: ScriptedSound, stop: threading.Event
) -> None:
    microphone.open(stop)
    sound.overflows = 3
    sound.pieces = [int16(*[0.1] * 32)]
    read_until_item(microphone, stop)
    assert microphone.overflows == 3
    (notice,) = microphone.notices.drain()
    assert notice.title == "Headset overflowed 3 times"


def test_unplugged_is_lost_then_absent_and_comes_back(
    microphone: MicrophoneSource, sound: ScriptedSound, stop: threading.Event
) -> None:
    microphone = MicrophoneSource("Headset", sound)
    microphone.open(stop)
    sound.plugged = (BUILT_IN,)
    with pytest.raises(SourceError, match="Headset was unplugged") as caught:
        read_until_error(microphone, stop)
    assert caught.value.fault is SourceFault.LOST
    microphone.close()
    with pytest.raises(SourceError, match="not there") as caught:
        microphone.open(stop)
    assert caught.value.fault is SourceFault.ABSENT
    sound.plugged = (BUILT_IN, replace(HEADSET, id="usb-7"))
    microphone.open(stop)
    sound.pieces = [int16(*[0.1] * 32)]
    assert read_until_item(microphone, stop) is not None
    microphone.close()


def test_silence_of_the_device_is_an_error_after_a_while(
    sound: ScriptedSound, stop: threading.Event
) -> None:
    with closing(MicrophoneSource("Headset", sound, silent_after_s=0.3)) as microphone:
        microphone.open(stop)
        with pytest.raises(SourceError) as caught:
            read_until_error(microphone, stop)
    assert caught.value.fault is SourceFault.SILENT


def test_stop_ends_a_read(microphone: MicrophoneSource, stop: threading.Event) -> None:
    microphone.open(stop)
    stop.set()
    assert microphone.read(stop) is None


def test_the_default_is_meant_by_nothing_and_others_by_name_or_id() -> None:
    both = (HEADSET, BUILT_IN)
    assert find_microphone("", both) is BUILT_IN
    assert find_microphone("Headset", both) is find_microphone("usb-1", both) is HEADSET
    with pytest.raises(SourceError, match=NO_MICROPHONE):
        find_microphone("", ())


@pytest.fixture
def room(program: Callable[[str], str], tmp_path: Path) -> Iterator[PulseMicrophone]:
    """A private PulseAudio with a microphone that hears nothing yet."""
    for name in ("pulseaudio", "paplay", "pactl", "espeak-ng"):
        program(name)
    with pulse_microphone(tmp_path) as microphone:
        yield microphone


def probe(microphone: PulseMicrophone, blocks: int, wanted: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.gui.devices.microphone_probe", str(blocks), wanted],
        cwd=_ROOT,
        env={**microphone.environment, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_until_open(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"


def answer(child: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = child.communicate(timeout=WAIT_S)
    assert child.returncode == 0
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


@pytest.mark.sound
def test_real_speech_is_heard_while_the_window_does_nothing_but_wait_for_it(
    room: PulseMicrophone, tmp_path: Path
) -> None:
    """A recording that needed the window's thread would never come to its end."""
    counting = speak("one two three four five six seven eight nine ten", tmp_path / "count.wav")
    child = probe(room, 60, room.name)
    wait_until_open(child)
    room.play(counting)
    found = answer(child)
    assert found["listed"] == [[room.name, True]]
    assert (found["name"], found["rate"]) == (room.name, 16_000)
    assert found["seqs_in_order"]
    assert found["blocks_from_first_word"] == 60


@pytest.mark.sound
def test_a_real_microphone_that_dies_is_told(room: PulseMicrophone) -> None:
    child = probe(room, 1, "")
    wait_until_open(child)
    room.remove_room()
    found = answer(child)
    assert found["fault"] in (SourceFault.LOST, SourceFault.SILENT)
    assert room.name in found["message"]


@pytest.mark.sound
def test_a_name_that_is_not_plugged_in_is_absent(room: PulseMicrophone) -> None:
    found = answer(probe(room, 1, "Other"))
    assert found["fault"] == SourceFault.ABSENT
