"""What a run gave out comes back from its recording as it was."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import InvalidInput, SourceError
from backend.core.predictions import (
    Classification,
    ClassScore,
    KeyPoint,
    KeyPoints,
    Mask,
    Predictions,
    Scalar,
    Scalars,
    Tensors,
    Text,
)
from backend.core.samples import AudioBlock, AudioWindow
from backend.core.status import Failure, Notice, Sent, Severity
from backend.core.tensors import Array, Datatype, Tensor
from backend.wire.recording.items import (
    RecordedAnswer,
    RecordedPicture,
    RecordedSound,
    RecordedTimeline,
    RecordedWindow,
)
from backend.wire.recording.messages import FailureNote, LedgerNote, Log, SettingsNote, SourceNote
from backend.wire.recording.reader import ANSWERS, SAMPLES, RecordingReader
from tests.wire.recording.recorded import (
    BOX,
    SETTINGS,
    answered,
    frame,
    pixels,
    record,
    result,
    sent,
    status,
)

EPOCH_NS = 1_700_000_000_000_000_000


@pytest.mark.parametrize("jpeg", [False, True])
def test_pictures_are_the_bytes_that_were_sent(tmp_path: Path, jpeg: bool) -> None:
    path = record(tmp_path / "a.mcap", answered(5, jpeg=jpeg))
    pictures = [item for item in RecordingReader(path) if isinstance(item, RecordedPicture)]
    assert [item.seq for item in pictures] == list(range(5))
    for item in pictures:
        original = frame(item.seq, jpeg=jpeg)
        assert item.captured_ns == original.captured_ns + EPOCH_NS
        assert (item.name, item.media_time_s) == (original.name, original.media_time_s)
        again = item.frame(0, 0)
        if original.file is None:
            assert np.array_equal(again.pixels, original.pixels)
            assert again.file is None
        else:
            assert again.file is not None
            assert again.file.data == original.file.data
            assert (again.file.encoding, again.file.quality) == ("jpeg", 85)


PREDICTIONS: list[Predictions] = [
    BOX,
    (Classification((ClassScore("a", 0.1 + 0.2, 4), ClassScore("ü", 1e-300, 5))),),
    (KeyPoints((KeyPoint(1.5, 2.5, 0.25, "nose"),)),),
    (Scalars((Scalar("pitch", 440.0, "Hz", 0.0, 1000.0),)), Text("Grüße\n")),
    (),
]


@pytest.mark.parametrize("predictions", PREDICTIONS)
def test_predictions_are_equal(tmp_path: Path, predictions: Predictions) -> None:
    path = record(tmp_path / "a.mcap", [result(0, predictions)])
    (answer,) = (item for item in RecordingReader(path) if isinstance(item, RecordedAnswer))
    assert answer.predictions == predictions


def test_masks_and_tensors_are_equal(tmp_path: Path) -> None:
    mask = Mask(np.arange(12, dtype=np.uint8).reshape(3, 4), ("none", "road"))
    numbers = np.array([[1.5, math.nan], [math.inf, -0.0]], np.float32)
    tensors = Tensors((Tensor("x", Datatype.FP32, numbers), Tensor.of_bytes("y", b"\0\xff", b"")))
    path = record(tmp_path / "a.mcap", [result(0, (mask, tensors))])
    (answer,) = (item for item in RecordingReader(path) if isinstance(item, RecordedAnswer))
    back, plain = answer.predictions
    assert isinstance(back, Mask)
    assert isinstance(plain, Tensors)
    assert back.labels == mask.labels
    assert np.array_equal(back.classes, mask.classes)
    assert plain.tensors[0].data.tobytes() == numbers.tobytes()
    assert plain.tensors[1].data.tolist() == [b"\0\xff", b""]


def test_a_score_that_is_no_number_stays_one(tmp_path: Path) -> None:
    odd = (Classification((ClassScore("a", math.nan, 0),)),)
    path = record(tmp_path / "a.mcap", [result(0, odd)])
    (answer,) = (item for item in RecordingReader(path) if isinstance(item, RecordedAnswer))
    (found,) = answer.predictions
    assert isinstance(found, Classification)
    assert math.isnan(found.classes[0].score)


def test_timelines_have_every_mark_to_the_nanosecond(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mcap", [result(3)])
    (timeline,) = (item for item in RecordingReader(path) if isinstance(item, RecordedTimeline))
    original = result(3)
    assert timeline.marks_ns == {
        str(stage): mark - original.sample.captured_ns
        for stage, mark in original.timeline.marks.items()
    }
    assert timeline.spans_ms == pytest.approx(original.timeline.spans_ms())
    assert timeline.server == original.timeline.server
    assert (timeline.bytes_out, timeline.bytes_in) == (100, 10)


SOUNDS = [
    np.array([0, 1, -1, 32767, -32768], np.float32) / 32768,
    np.array([0.1, -0.7, 1.0, 1.5], np.float32),
    np.zeros(0, np.float32),
]


@pytest.mark.parametrize("samples", SOUNDS)
def test_sound_is_equal_whatever_form_it_takes(tmp_path: Path, samples: Array) -> None:
    block = AudioBlock(0, 7_000, samples, 48_000, 1.25, "song.wav")
    path = record(tmp_path / "a.mcap", [block])
    (sound,) = RecordingReader(path)
    assert isinstance(sound, RecordedSound)
    assert sound.samples.tobytes() == samples.tobytes()
    assert sound.samples.dtype == np.float32
    assert (sound.rate, sound.name, sound.media_time_s) == (48_000, "song.wav", 1.25)
    assert sound.captured_ns == EPOCH_NS + 7_000


def test_windows_are_noted_without_their_samples(tmp_path: Path) -> None:
    window = AudioWindow(4, 9, np.zeros(8000, np.float32), 16_000, 0.5)
    path = record(tmp_path / "a.mcap", [Sent(4, window, 10, SETTINGS, 2)])
    (note,) = (item for item in RecordingReader(path) if isinstance(item, RecordedWindow))
    assert (note.seq, note.lane, note.rate, note.samples) == (4, 2, 16_000, 8000)


def test_the_rest_of_a_run_is_there(tmp_path: Path) -> None:
    failure = Failure(8, InvalidInput("It is refused.", "Send another."))
    notice = Notice(Severity.WARNING, "The camera is gone", "It was unplugged.", "source")
    path = record(tmp_path / "a.mcap", [sent(0), failure, notice, status(), status()])
    items = list(RecordingReader(path))
    (failed,) = (item for item in items if isinstance(item, FailureNote))
    assert (failed.seq, failed.error) == (8, "InvalidInput")
    assert failed.message == "It is refused. Send another."
    (log,) = (item for item in items if isinstance(item, Log))
    assert (log.level, log.message) == (3, "The camera is gone\nIt was unplugged.")
    (source,) = (item for item in items if isinstance(item, SourceNote))
    assert (source.kind, source.name, source.live) == ("image", "camera", True)
    ledgers = [item for item in items if isinstance(item, LedgerNote)]
    assert len(ledgers) == 2
    assert (ledgers[0].captured, ledgers[0].dropped) == (9, {"waiting": 2})


def test_no_secret_is_in_the_file_and_settings_are_written_when_they_change(tmp_path: Path) -> None:
    bearer = Notice(Severity.ERROR, "Refused", "Authorization: Bearer hunter2hunter2")
    path = record(tmp_path / "a.mcap", [sent(0), sent(1), bearer, sent(2, jpeg=True)])
    settings = [item for item in RecordingReader(path) if isinstance(item, SettingsNote)]
    assert [(note.image, note.model) for note in settings] == [
        ("raw", "shapes"),
        ("jpeg", "shapes"),
    ]
    texts = "".join(map(str, RecordingReader(path, {"/settings", "/notices"})))
    assert "hunter2" not in texts
    assert "10.0.0.7:8000" in texts


def test_only_wanted_topics_are_read(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mcap", answered(3))
    assert {type(item) for item in RecordingReader(path, SAMPLES)} == {RecordedPicture}
    kinds = {type(item) for item in RecordingReader(path, ANSWERS)}
    assert kinds == {RecordedAnswer, RecordedTimeline}


def test_what_comes_is_in_the_file_within_a_second(tmp_path: Path) -> None:
    from backend.wire.recording.file import RecordingFile
    from backend.wire.recording.output import create

    path = tmp_path / "a.mcap"
    file = RecordingFile(create(path))
    start_ns = 10**15
    file.write(sent(0), start_ns)
    file.write(status(), start_ns + 500_000_000)
    reader = RecordingReader(path, SAMPLES)
    (picture,) = reader
    assert reader.unfinished
    assert isinstance(picture, RecordedPicture)
    assert np.array_equal(picture.pixels(), pixels(0))
    file.close()
    assert len(list(reader)) == 1
    assert not reader.unfinished


def test_a_picture_of_another_size_than_its_bytes_is_refused(tmp_path: Path) -> None:
    picture = RecordedPicture(0, 0, 0, "", None, 10, 10, "raw", 0, b"123")
    with pytest.raises(InvalidInput, match="10 x 10"):
        picture.pixels()


def test_a_newer_recording_and_one_of_another_program_are_refused_by_name(tmp_path: Path) -> None:
    from mcap.writer import Writer

    for profile, about, words in (
        ("ros2", {}, "another program"),
        ("inferdeck", {"format": "9", "version": "7.0", "epoch_ns": "0"}, "newer version, 7.0"),
        ("inferdeck", {"format": "?"}, "makes no sense"),
    ):
        path = tmp_path / "b.mcap"
        with path.open("wb") as stream:
            writer = Writer(stream)
            writer.start(profile=profile)
            writer.add_metadata("inferdeck", about)
            writer.finish()  # type: ignore[no-untyped-call]
        with pytest.raises(SourceError, match=words):
            list(RecordingReader(path))
