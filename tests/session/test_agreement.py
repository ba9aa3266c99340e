"""However a sample is sent, the answer is the same."""

from __future__ import annotations

import numpy as np
import pytest

from backend.core.choices import ImageEncoding, RunSettings
from backend.core.predictions import Detections, Predictions, Tensors
from backend.core.samples import AudioBlock, Captured, Frame, MediaKind
from backend.core.status import Result, RunState
from backend.core.target import Target
from backend.session.run.live import Session
from backend.sources.generated.pattern import TestPattern
from backend.wire.serving.predictions_json import predictions_to_json
from tests.balance import is_balanced
from tests.session.combinations import Combination, combinations
from tests.session.list_source import ListSource
from tests.session.running import on_result

_RUN_S = 30.0


def answers(settings: RunSettings, items: list[Captured]) -> list[Result]:
    """The results of a run over the items, checked to be complete and in order."""
    results: list[Result] = []
    session = Session(settings, ListSource(items), retry=False)
    on_result(session, results.append)
    session.start()
    assert session.join(_RUN_S)
    assert session.error is None
    assert session.last_failure is None
    counts = session.status().counts
    assert session.status().state is RunState.FINISHED
    assert is_balanced(counts)
    assert counts.captured == counts.answered == len(results)
    assert [result.seq for result in results] == list(range(len(results)))
    return results


def pattern_frames(count: int) -> list[Captured]:
    pattern = TestPattern(width=320, height=240)
    return [Frame(seq, 0, pattern.paint(seq, 0)) for seq in range(count)]


def tone() -> list[Captured]:
    time_s = np.arange(16_000) / 16_000
    wave = (0.4 * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)
    return [AudioBlock(n, 0, wave[n * 512 : (n + 1) * 512], 16_000) for n in range(31)]


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)


def assert_alike(got: Predictions, reference: Predictions) -> None:
    """JPEG agrees in labels, with boxes of IoU 0.8 and scores within 0.1."""
    (mine,), (other,) = got, reference
    assert isinstance(mine, Detections)
    assert isinstance(other, Detections)
    left = sorted(mine.items, key=lambda item: (item.label, item.box))
    right = sorted(other.items, key=lambda item: (item.label, item.box))
    assert [item.label for item in left] == [item.label for item in right]
    for a, b in zip(left, right, strict=True):
        assert iou(a.box, b.box) >= 0.8
        assert abs(a.score - b.score) <= 0.1


@pytest.mark.parametrize("way", combinations(MediaKind.IMAGE), ids=str)
def test_pictures_get_the_same_answer_on_every_road(way: Combination, target: Target) -> None:
    frames = pattern_frames(3)
    reference = answers(RunSettings(target, "shapes"), frames)
    for mine, other in zip(answers(way.settings(target, "shapes"), frames), reference, strict=True):
        assert isinstance(other.predictions[0], Detections)
        assert other.predictions[0].items, "the reference must see something"
        if way.payload.image is ImageEncoding.JPEG:
            assert_alike(mine.predictions, other.predictions)
        else:
            assert predictions_to_json(mine.predictions) == predictions_to_json(other.predictions)
        assert mine.timeline.server is not None, "the embedded server reports its times"
        assert mine.traffic.bytes_out > 1000


@pytest.mark.parametrize("model", ["pitch", "voice_activity"])
@pytest.mark.parametrize("way", combinations(MediaKind.AUDIO), ids=str)
def test_sound_gets_the_same_answer_on_every_road(
    way: Combination, model: str, target: Target
) -> None:
    reference = answers(RunSettings(target, model), tone())
    mine = answers(way.settings(target, model), tone())
    assert len(mine) == len(reference) > 0
    for a, b in zip(mine, reference, strict=True):
        assert predictions_to_json(a.predictions) == predictions_to_json(b.predictions)


@pytest.mark.parametrize("way", combinations(MediaKind.IMAGE), ids=str)
def test_identity_gives_back_the_bytes_that_were_sent(way: Combination, target: Target) -> None:
    rng = np.random.default_rng(7)
    frame = Frame(0, 0, rng.integers(0, 256, (24, 32, 3), np.uint8))
    (result,) = answers(way.settings(target, "identity"), [frame])
    (tensors,) = result.predictions
    assert isinstance(tensors, Tensors)
    data = tensors.tensors[0].data.tobytes()
    match way.payload.image:
        case ImageEncoding.RAW:
            assert data == frame.pixels.tobytes()
        case ImageEncoding.JPEG:
            assert data.startswith(b"\xff\xd8\xff")
        case ImageEncoding.PNG:
            assert data.startswith(b"\x89PNG")
