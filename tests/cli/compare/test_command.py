"""`compare`: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from backend.cli.compare import command as compare
from backend.cli.record import command as record
from backend.core.conditions import VIOLATED


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compare") / "golden.mcap"
    arguments = ["--source", "pattern", "--model", "shapes", "--frames", "8", "--to", str(path)]
    assert record.main(arguments) == 0
    return path


def test_a_recording_and_now_are_identical_and_the_exit_code_says_so(
    recording: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    each = tmp_path / "each.jsonl"
    code = compare.main(
        ["--a", str(recording), "--b", "model=shapes", "--format", "json", "--each", str(each),
         "--fail-if", "differing>0", "--fail-if", "pairs<8", "--fail-if", "agreement<1"]
    )  # fmt: skip
    assert code == 0
    found = orjson.loads(capfd.readouterr().out)
    assert found["pairs"] == found["identical"] >= 8
    assert found["agreement"]["min"] == 1.0
    assert found["a"]["title"] == "recording golden.mcap"
    lines = [orjson.loads(line) for line in each.read_bytes().splitlines()]
    assert len(lines) == found["pairs"]
    assert all(line["identical"] for line in lines)


def test_a_model_that_says_something_else_fails_the_condition(
    recording: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--a", str(recording), "--b", "model=faces", "--fail-if", "agreement<0.9"]
    assert compare.main(arguments) == VIOLATED
    out, err = capfd.readouterr()
    assert "0 of" in out
    assert "what differs most:" in out
    assert "failed: agreement is 0" in err


def test_two_recordings_are_compared_without_source_and_server(
    recording: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The pattern has no places, so that the samples are known by their bytes."""
    again = tmp_path / "again.mcap"
    words = ["--source", str(recording), "--model", "shapes", "--pace", "free"]
    assert record.main([*words, "--to", str(again)]) == 0
    capfd.readouterr()
    sides = ["--a", str(recording), "--b", str(again)]
    assert compare.main([*sides, "--format", "json", "--fail-if", "differing>0"]) == 0
    found = orjson.loads(capfd.readouterr().out)
    assert found["pairs"] == found["identical"] >= 8
    assert (found["a"]["run"], found["b"]["run"]) == (None, None)
    assert compare.main([*sides, "--source", "pattern"]) == 2
    assert "Leave --source out" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--a", "model=shapes", "--b", "model=faces"], "nothing to send"),
        (["--a", "shapes", "--b", "model=faces", "--source", "pattern"], "says nothing of a side"),
        (["--a", "transport=pigeon", "--b", "model=faces", "--source", "pattern"], "grpc_stream"),
        (["--a", "api=oip", "--b", "model=faces", "--source", "pattern"], "names no model"),
        (["--a", "x.mcap", "--b", "y.mcap"], "x.mcap"),
        (["--a", "in_flight=0", "--b", "model=faces", "--source", "pattern"], "from 1 to 256"),
        (["--a", "model=faces", "--b", "model=faces", "--source", "pattern", "--fail-if", "x>1"],
         "agreement_min"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(
    arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert compare.main(arguments) == 2
    assert said in capfd.readouterr().err


def test_another_source_beside_a_recording_is_refused(
    recording: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--a", str(recording), "--b", "model=shapes", "--source", "pattern"]
    assert compare.main(arguments) == 2
    assert "its own samples" in capfd.readouterr().err


def test_nobody_at_a_target_is_unreachable(capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["--source", "pattern", "--model", "shapes", "--a", "target=127.0.0.1:9,9"]
    assert compare.main([*arguments, "--b", "image=jpeg"]) == 3
    assert "error:" in capfd.readouterr().err
