"""What can be done to a file while it plays: pause, step, seek, speed, a stretch to repeat."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.errors import UsageError
from backend.core.samples import AudioBlock, Captured
from backend.sources.files.audio import AudioFileSource
from backend.sources.files.replay import RecordingSource
from backend.sources.files.video import VideoSource
from backend.sources.kind import Pace
from backend.sources.playback import Playback, PlayedSource
from backend.sources.source import EndOfSource, Source
from tests.sources.reading import read_until_item, write_video
from tests.waiting import wait_for
from tests.wire.recording.recorded import answered, record

ITEMS = 40
Played = tuple[Source, Playback]


def place(item: Captured) -> float:
    assert item.media_time_s is not None
    return item.media_time_s


@pytest.fixture(params=["video", "recording", "sound"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Played]:
    """A source of 40 items by its kind; `place` of item n is n times that of the first but one."""
    kind = request.param

    def made(*, loop: bool = False, pace: Pace = Pace.FREE) -> Played:
        source: VideoSource | RecordingSource | AudioFileSource
        if kind == "video":
            path = write_video(tmp_path / "forty.avi", frames=ITEMS, fps=20)
            source = VideoSource(path, loop=loop, pace=pace)
        elif kind == "recording":
            path = tmp_path / f"{loop}{pace}.mcap"
            source = RecordingSource(record(path, answered(ITEMS)), loop=loop, pace=pace)
        else:
            path = tmp_path / "forty.wav"
            soundfile.write(path, np.linspace(-0.5, 0.5, 256 * ITEMS), 8000)
            source = AudioFileSource(path, loop=loop, pace=pace)
        assert isinstance(source, PlayedSource)
        source.open(threading.Event())
        return source, source.playback

    return made


def item_s(playback: Playback) -> float:
    """The length of one item; a recording's last one has no length of its own."""
    duration = playback.status().duration_s
    return duration / (ITEMS if duration in (2.0, 1.28) else ITEMS - 1)


def test_the_position_follows_and_the_duration_is_known(
    make: Callable[..., Played], stop: threading.Event
) -> None:
    source, playback = make()
    for number in range(ITEMS):
        read_until_item(source, stop)
        at_s = playback.status().position_s
        assert at_s == pytest.approx(number * item_s(playback), abs=0.002)
    assert playback.status().duration_s >= at_s
    with pytest.raises(EndOfSource):
        source.read(stop)
    source.close()


@pytest.mark.parametrize("number", [0, 1, 7, 22, 39])
def test_it_goes_on_at_the_place_that_is_sought(
    make: Callable[..., Played], stop: threading.Event, number: int
) -> None:
    source, playback = make()
    whole = [place(read_until_item(source, stop)) for _ in range(ITEMS)]
    playback.seek(number * item_s(playback))
    items = [read_until_item(source, stop) for _ in range(min(3, ITEMS - number))]
    follow = [each.follows for each in items if isinstance(each, AudioBlock)]
    assert follow == [False, True, True][: len(follow)], "what is heard is of another place"
    rest = list(map(place, items))
    assert rest == pytest.approx(whole[number : number + 3], abs=0.002)
    source.close()


def test_paused_it_gives_nothing_but_steps_in_both_directions(
    make: Callable[..., Played], stop: threading.Event
) -> None:
    source, playback = make()
    whole = [place(read_until_item(source, stop)) for _ in range(12)]
    playback.pause()
    assert source.read(stop) is None
    for count, expected in ((-1, 10), (-1, 9), (1, 10), (-4, 6), (1, 7)):
        playback.step(count)
        assert place(read_until_item(source, stop)) == pytest.approx(whole[expected], abs=0.002)
        assert source.read(stop) is None
    playback.resume()
    assert place(read_until_item(source, stop)) == pytest.approx(whole[8], abs=0.002)
    source.close()


def test_before_the_first_item_there_is_the_first_item(
    make: Callable[..., Played], stop: threading.Event
) -> None:
    source, playback = make()
    first = place(read_until_item(source, stop))
    playback.step(-3)
    assert place(read_until_item(source, stop)) == first
    source.close()


def test_stepped_to_the_end_it_waits_and_goes_back(
    make: Callable[..., Played], stop: threading.Event
) -> None:
    source, playback = make()
    whole = [place(read_until_item(source, stop)) for _ in range(ITEMS)]
    playback.pause()
    playback.step(1)
    assert source.read(stop) is None
    playback.step(-1)
    assert place(read_until_item(source, stop)) == pytest.approx(whole[-2], abs=0.002)
    source.close()


def test_a_place_sought_while_paused_is_shown(
    make: Callable[..., Played], stop: threading.Event
) -> None:
    source, playback = make()
    first = place(read_until_item(source, stop))
    playback.pause()
    playback.seek(playback.status().duration_s / 2)
    assert place(read_until_item(source, stop)) > first
    assert source.read(stop) is None
    playback.seek(0.0)
    assert place(read_until_item(source, stop)) == first
    source.close()


@pytest.mark.parametrize("loop", [False, True])
def test_a_stretch_is_repeated(
    make: Callable[..., Played], stop: threading.Event, *, loop: bool
) -> None:
    source, playback = make(loop=loop)
    whole = [place(read_until_item(source, stop)) for _ in range(ITEMS)]
    each = item_s(playback)
    playback.set_span((10 * each, 12.5 * each))
    given = [place(read_until_item(source, stop)) for _ in range(8)]
    assert given == pytest.approx([whole[n] for n in (10, 11, 12, 10, 11, 12, 10, 11)], abs=0.002)
    playback.set_span(None)
    following = [place(read_until_item(source, stop)) for _ in range(3)]
    assert following == pytest.approx(whole[12:15], abs=0.002)
    source.close()


def test_a_change_ends_the_wait_for_an_item(make: Callable[..., Played]) -> None:
    """At a tenth of its speed an item is far away; a place sought meanwhile is given at once."""
    source, playback = make(pace=Pace.OWN)
    stop = threading.Event()
    read_until_item(source, stop)
    playback.pause()
    came: list[Captured] = []
    reader = threading.Thread(target=lambda: came.append(read_until_item(source, stop)))
    reader.start()
    playback.step(1)
    wait_for(lambda: bool(came), "the step")
    reader.join()
    source.close()


def test_speeds_and_stretches_have_bounds() -> None:
    playback = Playback()
    for speed in (0.05, 9.0, float("nan")):
        with pytest.raises(UsageError, match=r"from 0\.1 to 8"):
            playback.set_speed(speed)
    for span in ((2.0, 1.0), (1.0, 1.0), (-1.0, 2.0)):
        with pytest.raises(UsageError, match="begins before it ends"):
            playback.set_span(span)
    playback.set_speed(None)
    assert playback.status().speed is None
    assert playback.wait(3600.0, threading.Event())
