"""Two sides answer the same samples, paired: real runs against the embedded server."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.core.choices import Api, ImageEncoding, Payload, RunSettings, Serialization, Transport
from backend.core.errors import TargetUnreachable, UsageError
from backend.core.flow import Policy
from backend.core.samples import AudioBlock, Captured, Frame
from backend.core.status import Result
from backend.core.target import Target
from backend.profiles.bundled import profile_for
from backend.recording import Recorder, create
from backend.session.run import Session
from backend.session.sinks import RESULTS, Callback
from backend.side_by_side import (
    Comparison,
    ComparisonResult,
    LiveSide,
    Pair,
    RecordedSide,
    Side,
    figures_of,
    recorded_settings,
    result_of,
)
from backend.sources.registry import KINDS, Pace, SourceRegistry
from backend.sources.source import Source
from tests.balance import is_balanced
from tests.session.list_source import ListSource
from tests.session.running import running
from tests.waiting import WAIT_S


def scene(count: int) -> list[Captured]:
    source = SourceRegistry(KINDS).make("pattern", loop=False)
    stop = threading.Event()
    source.open(stop)
    shown = [item for item in (source.read(stop) for _ in range(count)) if item is not None]
    source.close()
    return shown


def tone(seconds: float) -> list[Captured]:
    time_s = np.arange(round(48_000 * seconds)) / 48_000
    sound = (0.3 * np.sin(2 * np.pi * (300 + 100 * time_s) * time_s)).astype(np.float32)
    return [
        AudioBlock(n, 0, sound[n * 1536 : (n + 1) * 1536], 48_000, n * 1536 / 48_000)
        for n in range(len(sound) // 1536)
    ]


def live(target: Target, model: str = "shapes", **settings: object) -> LiveSide:
    return LiveSide(RunSettings(target, model, **settings), profile_for(model))  # type: ignore[arg-type]


def record(target: Target, path: Path, items: list[Captured], model: str, payload: Payload) -> Path:
    session = Session(RunSettings(target, model, payload=payload), ListSource(items), retry=False)
    session.subscribe(Recorder(create(path)), Policy.EVERY, "recording")
    with running(session):
        assert session.join(WAIT_S)
    return path


def compared(a: Side, b: Side, source: Source, **options: object) -> ComparisonResult:
    comparison = Comparison(a, b, source, **options)  # type: ignore[arg-type]
    comparison.start()
    assert comparison.join(WAIT_S)
    for status in comparison.status().values():
        assert is_balanced(status.counts)
    return result_of(comparison)


@pytest.mark.parametrize("payload", [Payload(), Payload(image=ImageEncoding.JPEG)])
@pytest.mark.parametrize("model", ["shapes", "faces"])
def test_a_recording_and_the_same_model_now_are_identical(
    target: Target, tmp_path: Path, model: str, payload: Payload
) -> None:
    path = record(target, tmp_path / "run.mcap", scene(12), model, payload)
    source = SourceRegistry(KINDS).make(str(path), loop=False, pace=Pace.FREE)
    found = compared(RecordedSide(path), live(target, model, payload=payload), source)
    assert (found.pairs, found.identical, found.differing, found.unpaired) == (12, 12, 0, 0)
    assert found.agreement.min == 1.0
    assert found.sentence.startswith("All 12 answers are identical.")
    assert found.latency_difference_ms.value is not None
    assert found.a.run is None
    assert found.b.run is not None
    note = recorded_settings(path)
    assert note is not None
    assert (note.model, note.image) == (model, payload.image)


@pytest.mark.parametrize("model", ["voice_activity", "pitch"])
def test_recorded_sound_and_the_same_model_now_are_identical(
    target: Target, tmp_path: Path, model: str
) -> None:
    path = record(target, tmp_path / "run.mcap", tone(2.0), model, Payload())
    source = SourceRegistry(KINDS).make(str(path), loop=False, pace=Pace.FREE)
    found = compared(RecordedSide(path), live(target, model), source)
    assert found.pairs > 10
    assert (found.differing, found.unpaired) == (0, 0)


@pytest.mark.parametrize("placed", [True, False])
def test_sound_whose_recording_began_in_a_run_is_cut_into_the_same_windows(
    target: Target, tmp_path: Path, placed: bool
) -> None:
    """With its place in a file, or from a device, where only the samples can be counted."""
    items = [each for each in tone(2.0) if isinstance(each, AudioBlock)]
    if not placed:
        items = [replace(each, media_time_s=None) for each in items]
    path = tmp_path / "run.mcap"
    source = ListSource(items, interval_s=0.0 if placed else 0.032)
    session = Session(RunSettings(target, "pitch"), source, retry=False)
    seen: list[int] = []

    def begin(_result: Result) -> None:
        seen.append(1)
        if len(seen) == 7:
            session.subscribe(Recorder(create(path)), Policy.EVERY, "recording")

    session.subscribe(Callback(RESULTS, begin), Policy.EVERY, "test")
    with running(session):
        assert session.join(WAIT_S)
    source_again = SourceRegistry(KINDS).make(str(path), loop=False, pace=Pace.FREE)
    found = compared(RecordedSide(path), live(target, "pitch"), source_again)
    assert found.pairs > 10
    assert found.unpaired < found.pairs / 4, "those that began before the recording did"
    assert found.agreement.min is not None
    assert found.agreement.min > 0.97
    if placed:
        assert found.agreement.min > 0.999


def test_two_ways_to_one_model_answer_alike_and_each_has_its_ledger(target: Target) -> None:
    binary = Payload(Serialization.BINARY)
    rest = live(target, transport=Transport.REST, api=Api.SERVING, payload=binary)
    ways = rest, live(target)
    pairs: list[Pair] = []
    found = compared(*ways, ListSource(scene(15)), on_pair=pairs.append)
    assert (found.pairs, found.identical) == (15, 15)
    assert sorted(pair.number for pair in pairs) == list(range(15))
    for side in (found.a, found.b):
        assert side.run is not None
        assert (side.run["frames_in"], side.run["answered"]) == (15, 15)
        assert set(side.latency_ms) == {"p50", "p95", "p99"}


def test_another_encoding_differs_a_little_and_the_worst_are_listed(target: Target) -> None:
    low = Payload(image=ImageEncoding.JPEG, jpeg_quality=10)
    found = compared(live(target), live(target, payload=low), ListSource(scene(10)), worst=3)
    assert found.pairs == 10
    assert found.differing > 0
    assert len(found.worst) == min(3, found.differing)
    values = [row["agreement"] for row in found.worst]
    assert values == sorted(values)
    assert values[0] == found.agreement.min
    assert {"predictions", "latency_ms"} <= found.worst[0]["a"].keys()
    assert figures_of(found)["differing"] == found.differing


def test_a_side_without_its_model_ends_both(target: Target) -> None:
    odd = [Frame(n, 0, np.full((48, 64, 3), 9, np.uint8)) for n in range(4)]
    nowhere = replace(profile_for("shapes"), model="nowhere")
    missing = LiveSide(RunSettings(target, "nowhere"), nowhere)
    comparison = Comparison(live(target), missing, ListSource(odd))
    comparison.start()
    assert comparison.join(WAIT_S)
    assert comparison.error is not None
    assert "nowhere" in str(comparison.error)


def test_a_side_that_cannot_be_reached_ends_both(target: Target) -> None:
    nobody = Target("nobody", rest="http://127.0.0.1:9", grpc="127.0.0.1:9")
    comparison = Comparison(live(target), live(nobody), ListSource(scene(1), repeat=True))
    comparison.start()
    assert comparison.join(WAIT_S)
    assert isinstance(comparison.error, TargetUnreachable)


def test_it_ends_after_so_many_pairs_of_a_source_without_end(target: Target) -> None:
    pairs: list[Pair] = []
    source = ListSource(scene(5), repeat=True, live=True)
    found = compared(live(target), live(target), source, most_pairs=7, on_pair=pairs.append)
    assert len(pairs) == 7
    assert found.pairs >= 7


def test_what_cannot_be_compared_is_refused(target: Target, tmp_path: Path) -> None:
    recorded = RecordedSide(tmp_path / "a.mcap")
    with pytest.raises(UsageError, match="not to those of list"):
        Comparison(recorded, live(target), ListSource(scene(1)))
    with pytest.raises(UsageError, match="differ in rate, length or step"):
        Comparison(live(target, "pitch"), live(target, "spoken_digits"), ListSource(tone(0.1)))
