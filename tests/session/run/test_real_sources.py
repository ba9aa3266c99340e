"""Real cameras, photos and speech get right answers, and the same ones on every road."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from backend.core.choices import Compression, ImageEncoding, RunSettings, Transport
from backend.core.predictions import Classification, Detections
from backend.core.samples import MediaKind
from backend.core.status import Result, RunState
from backend.core.target import Target
from backend.session.run.live import Session
from backend.sources.registry import KINDS, Pace, SourceRegistry
from backend.sources.source import Source
from backend.wire.media.opencv import cv2
from backend.wire.serving.predictions_json import predictions_to_json
from tests.balance import is_balanced
from tests.real_sources import mjpeg_camera, rtsp_camera
from tests.session.combinations import Combination, combinations
from tests.session.running import on_result, running
from tests.waiting import wait_for

SOURCES = SourceRegistry(KINDS)
WRITTEN = "INFERDECK 1234567890"


def plain_ways(kind: MediaKind) -> list[Combination]:
    """Every API, transport and serialisation, uncompressed and with raw pixels."""
    return [
        way
        for way in combinations(kind)
        if way.payload.image is ImageEncoding.RAW and way.payload.compression is Compression.NONE
    ]


def answers(settings: RunSettings, source: Source) -> list[Result]:
    """Every answer of a run over a file or folder."""
    results: list[Result] = []
    session = Session(settings, source, retry=False)
    on_result(session, results.append)
    session.start()
    assert session.join(60)
    assert session.error is None
    counts = session.status().counts
    assert counts.captured == counts.answered == len(results) > 0
    return results


@pytest.fixture
def written_picture(tmp_path: Path) -> Path:
    """A QR code that a camera can look at."""
    code = cv2.QRCodeEncoder.create().encode(WRITTEN)
    grown = cv2.resize(code, (400, 400), interpolation=cv2.INTER_NEAREST)
    picture = cv2.copyMakeBorder(grown, 40, 40, 120, 120, cv2.BORDER_CONSTANT, value=255)
    path = tmp_path / "code.png"
    assert cv2.imwrite(str(path), picture)
    return path


@pytest.mark.network_camera
def test_a_network_camera_is_read_right_however_it_is_sent(
    written_picture: Path, target: Target, program: Callable[[str], str]
) -> None:
    program("ffmpeg")
    read: dict[RunSettings, list[str]] = {}

    def note(result: Result) -> None:
        (found,) = (p for p in result.predictions if isinstance(p, Detections))
        read.setdefault(result.settings, []).extend(item.text for item in found.items)

    ways = [way.settings(target, "qr_codes") for way in combinations(MediaKind.IMAGE)]
    with mjpeg_camera(picture=written_picture) as camera:
        session = Session(ways[0], SOURCES.make(camera.url, loop=False))
        on_result(session, note)
        with running(session):
            for way in ways:
                session.apply(way)
                wait_for(lambda way=way: len(read.get(way, [])) >= 2)  # type: ignore[misc]
    assert session.last_failure is None
    assert is_balanced(session.status().counts)
    assert {text for texts in read.values() for text in texts} == {WRITTEN}


@pytest.mark.network_camera
@pytest.mark.parametrize("kind", ["mjpeg", "rtsp"])
def test_a_camera_that_goes_is_said_and_taken_up_again(
    kind: str, target: Target, program: Callable[[str], str]
) -> None:
    program("ffmpeg")
    with mjpeg_camera() if kind == "mjpeg" else rtsp_camera() as camera:
        session = Session(RunSettings(target, "identity"), SOURCES.make(camera.url, loop=False))
        with running(session):
            wait_for(lambda: session.status().counts.answered > 5)
            camera.unplug()
            wait_for(lambda: any(a.id == "source" for a in session.status().alerts))
            assert session.status().state in (RunState.STREAMING, RunState.STALLED)
            camera.plug_in()
            session.retry_now()
            before = session.status().counts.answered
            wait_for(lambda: session.status().counts.answered > before + 5)
            wait_for(lambda: not session.status().alerts)


def test_photos_show_the_same_faces_on_every_road(data_dir: Path, target: Target) -> None:
    folder = str(data_dir / "photos")

    def faces(ways: Iterable[Combination]) -> list[list[object]]:
        return [
            [
                predictions_to_json(result.predictions)
                for result in answers(
                    way.settings(target, "faces"),
                    SOURCES.make(folder, loop=False, pace=Pace.FREE),
                )
            ]
            for way in ways
        ]

    first, *others = faces(plain_ways(MediaKind.IMAGE))
    assert len(first) == 6
    assert all(other == first for other in others)


@pytest.mark.parametrize("transport", list(Transport))
def test_speech_is_told_from_silence(data_dir: Path, target: Target, transport: Transport) -> None:
    way = next(w for w in plain_ways(MediaKind.AUDIO) if w.transport is transport)
    digit = data_dir / "speech" / "spoken_digits" / "7_george_0.wav"
    source = SOURCES.make(str(digit), loop=False, pace=Pace.FREE)
    results = answers(way.settings(target, "voice_activity"), source)
    said = [_speech_score(result) for result in results]
    assert max(said) > 0.5


def test_speech_gets_the_same_answer_on_every_road(
    data_dir: Path, target: Target, tmp_path: Path
) -> None:
    whole = data_dir / "speech" / "conversation_60s.wav"
    samples, rate = soundfile.read(whole, frames=15 * soundfile.info(whole).samplerate)
    path = str(tmp_path / "conversation.wav")
    soundfile.write(path, samples, rate)
    first: list[dict[str, Any]] = []
    for way in plain_ways(MediaKind.AUDIO):
        source = SOURCES.make(path, loop=False, pace=Pace.FREE)
        results = answers(way.settings(target, "voice_activity"), source)
        mine = [predictions_to_json(result.predictions) for result in results]
        first = first or mine
        assert mine == first
    assert len(first) > 100


def _speech_score(result: Result) -> float:
    (found,) = (p for p in result.predictions if isinstance(p, Classification))
    return next(c.score for c in found.classes if c.label == "speech")
