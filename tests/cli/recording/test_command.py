"""`record`, `stream --record` and `recording` as a script would call them."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

from backend.cli.record import command as record
from backend.cli.recording import command as recording
from backend.cli.stream import command as stream
from backend.wire.media.opencv import cv2
from tests.cli import here
from tests.wire.recording.recorded import answered
from tests.wire.recording.recorded import record as record_items


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda main, *arguments: Done(*here.run_here(capsys, main, *arguments))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        assert cv2.imwrite(
            str(folder / f"{number}.png"), np.full((60, 80, 3), 40 * number, np.uint8)
        )
    return folder


def test_record_then_describe_export_and_run_again(
    run_here: Run, pictures: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run.mcap"
    common = ("--model", "identity", "--pace", "free")
    done = run_here(record.main, "--source", str(pictures), *common, "--to", str(path))
    assert done.code == 0, done.err
    (summary,) = map(json.loads, done.out.splitlines())
    assert summary["summary"]["answered"] == 3
    again = run_here(stream.main, "--source", str(path), *common)
    assert again.code == 0, again.err
    *results, _ = map(json.loads, again.out.splitlines())
    first = run_here(recording.main, "export", str(path), "--jsonl")
    exported = [json.loads(line) for line in first.out.splitlines()]
    assert [row["predictions"] for row in exported] == [row["predictions"] for row in results]
    assert [row["name"] for row in exported] == ["0.png", "1.png", "2.png"]
    info = run_here(recording.main, "info", str(path), "--json")
    found = json.loads(info.out)
    assert (found["pictures"], found["answers"], found["unfinished"]) == (3, 3, False)


@pytest.mark.parametrize("command", [record, stream])
def test_a_disk_that_is_full_is_an_error_and_ends_what_only_records(
    run_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: ModuleType
) -> None:
    path = tmp_path / "run.mcap"
    write = os.write

    def bounded(descriptor: int, data: bytes) -> int:
        left = 4_000_000 - os.fstat(descriptor).st_size
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, memoryview(data)[:left])

    monkeypatch.setattr("backend.wire.recording.output.os.write", bounded)
    source = tmp_path / "noise.png"
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    assert cv2.imwrite(str(source), noise)
    where = ("--to", str(path)) if command is record else ("--record", str(path))
    end = () if command is record else ("--frames", "30")
    words = ("--source", str(source), "--model", "identity", "--pace", "free", "--loop")
    done = run_here(command.main, *words, *where, *end)
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("error: run.mcap cannot be written on: No space")
    if command is stream:
        assert len(done.out.splitlines()) > 30, "the stream goes on"
    found = json.loads(run_here(recording.main, "info", str(path), "--json").out)
    assert found["pictures"] > 0
    assert not found["unfinished"]


def test_stream_prints_and_records_at_once_and_never_over_a_file(
    run_here: Run, pictures: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run.mcap"
    words = (
        "--source",
        str(pictures),
        "--model",
        "identity",
        "--pace",
        "free",
        "--record",
        str(path),
    )
    done = run_here(stream.main, *words)
    assert (done.code, len(done.out.splitlines())) == (0, 4), done.err
    before = path.read_bytes()
    second = run_here(stream.main, *words)
    assert second.code == 2
    assert "is there already" in second.err
    assert path.read_bytes() == before


def test_csv_has_a_row_for_each_answer_and_nothing_that_is_a_formula(
    run_here: Run, tmp_path: Path
) -> None:
    path = record_items(tmp_path / "run.mcap", answered(4))
    done = run_here(recording.main, "export", str(path), "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["seq"] for row in rows] == ["0", "1", "2", "3"]
    assert rows[1]["labels"] == "circle"
    assert float(rows[1]["scores"]) == 0.875
    assert float(rows[1]["latency"]) == pytest.approx(8.0)
    assert json.loads(rows[1]["predictions"])["detections"][0]["box"] == [1.0, 2.0, 30.5, 40.25]
    to = tmp_path / "rows.csv"
    assert run_here(recording.main, "export", str(path), "--csv", "--to", str(to)).code == 0
    with to.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows
    assert run_here(recording.main, "export", str(path), "--csv", "--to", str(to)).code == 2


def test_what_is_no_recording_is_an_error_with_its_name(run_here: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.mcap"
    other.write_bytes(b"something else")
    for words in (("info", str(other)), ("export", str(other), "--csv")):
        done = run_here(recording.main, *words)
        assert done.code == 2
        assert "other.mcap cannot be read as a recording" in done.err
    assert run_here(recording.main, "info", str(tmp_path / "none")).code == 2
