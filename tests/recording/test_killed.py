"""A process that is killed while it records leaves a file that can be read."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from mcap.exceptions import EndOfFile
from mcap.records import Channel, Message
from mcap.stream_reader import StreamReader

from backend.wire.recording.items import RecordedPicture
from backend.wire.recording.reader import RecordingReader

ROOT = Path(__file__).resolve().parents[2]
CHILD = ROOT / "tests" / "recording" / "killed_child.py"


@pytest.mark.slow
def test_twenty_kills_leave_twenty_files_that_can_be_read(tmp_path: Path) -> None:
    chance = random.Random(20)
    for attempt in range(20):
        path = tmp_path / f"{attempt}.mcap"
        flushed = kill_after(path, chance.randint(1, 3), chance.random() * 0.45)
        reader = RecordingReader(path)
        seqs = [item.seq for item in reader if isinstance(item, RecordedPicture)]
        assert reader.unfinished
        assert seqs == list(range(len(seqs)))
        assert len(seqs) > flushed
        assert read_by_library(path) == len(seqs)


def kill_after(path: Path, flushes: int, more_s: float) -> int:
    """Kill the child some time after so many flushes; what it has said is in the file."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(path)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(flushes)]
    try:
        child.wait(more_s)
    except subprocess.TimeoutExpired:
        child.kill()
    said += [int(line) for line in child.stdout.read().splitlines(keepends=True) if line.strip()]
    child.wait()
    child.stdout.close()
    return said[-1]


def read_by_library(path: Path) -> int:
    """How many pictures the library of the format finds from the beginning."""
    count = 0
    channels: dict[int, str] = {}
    with path.open("rb") as stream, suppress(EndOfFile, struct.error):
        for record in StreamReader(stream).records:
            match record:
                case Channel():
                    channels[record.id] = record.topic
                case Message():
                    count += channels[record.channel_id] == "/pictures/raw"
    return count
