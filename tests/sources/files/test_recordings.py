"""Video and sound files, and the clock they run by."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.errors import SourceError, SourceFault
from backend.core.samples import AudioBlock, Frame
from backend.sources.files.audio import AudioFileSource
from backend.sources.files.video import VideoSource
from backend.sources.kind import Pace
from backend.sources.pacing import Pacer
from backend.sources.source import EndOfSource
from tests.sources.clock import Clock, Sleep
from tests.sources.reading import read_all, shade, write_video

Program = Callable[[str], str]


def test_every_frame_comes_in_order_with_its_time(video: Path) -> None:
    source = VideoSource(video, loop=False, pace=Pace.FREE)
    frames = read_all(source)
    assert [shade(frame) for frame in frames] == pytest.approx(range(0, 200, 20), abs=2)
    assert [frame.seq for frame in frames] == list(range(10))
    times = [frame.media_time_s for frame in frames]
    assert times == pytest.approx([number / 20 for number in range(10)], abs=0.002)
    info = source.info
    assert (info.width, info.height, info.rate, info.items) == (64, 48, 20.0, 10)
    assert not info.live


def test_a_loop_starts_over_and_goes_on_counting(video: Path) -> None:
    frames = read_all(VideoSource(video, loop=True, pace=Pace.FREE), limit=23)
    assert [frame.seq for frame in frames] == list(range(23))
    assert frames[10].media_time_s == frames[20].media_time_s == 0.0
    played = [frame.played_s for frame in frames if isinstance(frame, Frame)]
    assert played[10:20] == played[:10]
    assert shade(frames[12]) == pytest.approx(40, abs=2)


def test_a_video_can_be_opened_again(video: Path) -> None:
    source = VideoSource(video, loop=False, pace=Pace.FREE)
    assert len(read_all(source)) == len(read_all(source)) == 10


def test_compressed_video_of_a_common_kind_can_be_read(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    subprocess.run(
        [program("ffmpeg"), "-loglevel", "error", "-f", "lavfi", "-i",
         "testsrc2=size=320x240:rate=30:duration=1", "-pix_fmt", "yuv420p", str(path)],
        check=True,
    )  # fmt: skip
    frames = read_all(VideoSource(path, loop=False, pace=Pace.FREE))
    assert len(frames) == 30
    assert isinstance(frames[0], Frame)
    assert frames[0].pixels.shape == (240, 320, 3)


@pytest.mark.parametrize("keep", [0, 64, 1500])
def test_a_video_cut_off_before_its_first_frame_is_named(
    video: Path, stop: threading.Event, keep: int
) -> None:
    video.write_bytes(video.read_bytes()[:keep])
    with pytest.raises(SourceError, match=r"ten\.avi cannot be decoded") as caught:
        VideoSource(video, loop=True).open(stop)
    assert caught.value.fault is SourceFault.UNREADABLE


def test_a_video_that_breaks_off_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.avi", frames=60, fps=30)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = VideoSource(path, loop=False, pace=Pace.FREE)
    count = len(read_all(source))
    assert 5 < count < 55
    (notice,) = source.notices.drain()
    assert notice.title == "long.avi breaks off"
    assert notice.body == f"{count} of 60 frames could be read."


def test_a_missing_video_is_absent(tmp_path: Path, stop: threading.Event) -> None:
    with pytest.raises(SourceError) as caught:
        VideoSource(tmp_path / "none.avi", loop=False).open(stop)
    assert caught.value.fault is SourceFault.ABSENT


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_comes_back_whole_as_mono(tmp_path: Path, suffix: str, channels: int) -> None:
    path = tmp_path / f"tone.{suffix}"
    tone = (0.5 * np.sin(np.arange(4000) / 10)).astype(np.float32)
    soundfile.write(path, np.repeat(tone[:, None], channels, axis=1), 8000)
    source = AudioFileSource(path, loop=False, pace=Pace.FREE)
    blocks = _blocks(source)
    assert source.info.rate == 8000
    assert source.info.items == len(blocks) == 16
    assert np.concatenate([block.samples for block in blocks]) == pytest.approx(tone, abs=1e-3)
    assert blocks[0].samples.dtype == np.float32
    assert [block.media_time_s for block in blocks[:3]] == pytest.approx([0, 0.032, 0.064])


def test_sound_loops_without_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(300, 0.25), 8000)
    blocks = _blocks(AudioFileSource(path, loop=True, pace=Pace.FREE), limit=6)
    assert [block.seq for block in blocks] == list(range(6))
    assert [len(block.samples) for block in blocks] == [256, 44] * 3


def test_samples_beyond_full_scale_and_not_a_number_are_tamed(tmp_path: Path) -> None:
    path = tmp_path / "wild.wav"
    soundfile.write(path, np.array([np.nan, np.inf, -7.0, 0.5], np.float32), 8000, "FLOAT")
    (block,) = _blocks(AudioFileSource(path, loop=False, pace=Pace.FREE))
    assert block.samples.tolist() == [0.0, 1.0, -1.0, 0.5]


def test_a_file_without_sound_is_an_error_even_in_a_loop(
    tmp_path: Path, stop: threading.Event
) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 8000)
    with pytest.raises(SourceError, match="no samples"):
        AudioFileSource(path, loop=True).open(stop)


def test_damaged_sound_is_named(tmp_path: Path, stop: threading.Event) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(b"RIFF\x10\x00\x00\x00WAVEgarbage that is no chunk")
    with pytest.raises(SourceError, match=r"bad\.wav cannot be read") as caught:
        AudioFileSource(path, loop=False).open(stop)
    assert caught.value.fault is SourceFault.UNREADABLE


def test_reading_what_is_not_open_is_an_error(video: Path, stop: threading.Event) -> None:
    with pytest.raises(SourceError, match="not open"):
        VideoSource(video, loop=False).read(stop)


def test_an_item_is_not_given_before_its_time() -> None:
    clock = Clock()
    pacer, stop = Pacer(Pace.OWN, clock), Sleep(clock)
    assert pacer.wait(0.0, stop)
    assert pacer.wait(0.15, stop)
    assert clock.waits == pytest.approx([0.0, 0.15])


@pytest.mark.parametrize("speed", [0.1, 0.5, 8.0])
def test_pauses_are_divided_by_the_speed(speed: float) -> None:
    clock = Clock()
    pacer, stop = Pacer(Pace.OWN, clock, speed=speed), Sleep(clock)
    assert all(pacer.wait(at_s, stop) for at_s in (0.0, 0.2, 0.3))
    assert clock.waits == pytest.approx([0.0, 0.2 / speed, 0.1 / speed])


def test_a_reader_that_was_kept_waiting_gets_no_burst() -> None:
    clock = Clock()
    pacer, stop = Pacer(Pace.OWN, clock), Sleep(clock)
    assert pacer.wait(0.0, stop)
    clock.now_s += 0.3
    assert pacer.wait(0.05, stop)
    assert pacer.wait(0.15, stop)
    assert clock.waits == pytest.approx([0.0, 0.0, 0.1])


def test_a_free_pace_never_waits() -> None:
    pacer, stop = Pacer(Pace.FREE), threading.Event()
    assert all(pacer.wait(at_s, stop) for at_s in (0.0, 3600.0, 7200.0))


def test_stop_ends_the_wait(video: Path, stop: threading.Event) -> None:
    source = VideoSource(video, loop=False)
    source.open(stop)
    assert source.read(stop) is not None
    stop.set()
    assert source.read(stop) is None
    source.close()


def test_the_end_comes_again_when_it_is_read_again(video: Path, stop: threading.Event) -> None:
    source = VideoSource(video, loop=False, pace=Pace.FREE)
    source.open(stop)
    for _ in range(10):
        source.read(stop)
    for _ in range(2):
        with pytest.raises(EndOfSource):
            source.read(stop)
    source.close()


def _blocks(source: AudioFileSource, limit: int = 1000) -> list[AudioBlock]:
    items = read_all(source, limit)
    return [item for item in items if isinstance(item, AudioBlock)]
