"""Never over another file, and readable to the end when the disk is full."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from mcap.reader import make_reader

from backend.core.errors import UsageError
from backend.wire.recording.file import RecordingFile
from backend.wire.recording.items import RecordedPicture
from backend.wire.recording.output import RecordingFailed, create
from backend.wire.recording.reader import SAMPLES, RecordingReader
from tests.wire.recording.recorded import STEP_NS, answered


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match="is there already"):
        create(path)
    others = [create(path, numbered=True) for _ in range(2)]
    assert [other.path.name for other in others] == ["a-2.mcap", "a-3.mcap"]
    for other in others:
        other.close()
    assert path.read_bytes() == b"mine"


def test_others_may_not_read_it_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    output = create(tmp_path / "a.mcap")
    output.close()
    if os.name == "posix":
        assert stat.S_IMODE(output.path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="cannot be written"):
        create(tmp_path / "none" / "a.mcap")


@pytest.mark.parametrize("room", [30_000, 1_000_000, 1_500_000])
def test_a_full_disk_leaves_a_file_that_every_reader_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """The system writes what it has room for, then refuses; a cut gives the room back."""
    path = tmp_path / "a.mcap"
    write = os.write

    def bounded(descriptor: int, data: bytes) -> int:
        left = room - os.fstat(descriptor).st_size
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, memoryview(data)[:left])

    monkeypatch.setattr("backend.wire.recording.output.os.write", bounded)
    file = RecordingFile(create(path))
    with pytest.raises(RecordingFailed, match="No space left"):
        _write(file, 500)
    with pytest.raises(RecordingFailed):
        _write(file, 500)
    file.close()
    file.close()
    monkeypatch.undo()
    reader = RecordingReader(path, SAMPLES)
    pictures = [item.seq for item in reader if isinstance(item, RecordedPicture)]
    assert not reader.unfinished
    assert pictures == list(range(len(pictures)))
    with path.open("rb") as stream:
        whole = sum(
            channel.topic == "/pictures/raw"
            for _, channel, _ in make_reader(stream).iter_messages()
        )
    assert whole == len(pictures)
    assert bool(pictures) is (room > 100_000)


def _write(file: RecordingFile, count: int) -> None:
    for number, item in enumerate(answered(count)):
        file.write(item, 10**15 + number * STEP_NS)
