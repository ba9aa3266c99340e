"""`main.py bench` as a CI job would call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.compare.bench import decode_result

MAIN = Path(__file__).resolve().parents[2] / "main.py"
QUICK = ("--model", "identity", "--sizes", "1KB", "--seconds", "1", "--transport", "rest,grpc")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), "bench", *arguments],
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )


def test_json_is_a_whole_result_and_progress_is_lines(tmp_path: Path) -> None:
    saved = tmp_path / "before.json"
    done = bench(*QUICK, "--format", "json", "--progress", "--save", str(saved))
    assert done.returncode == 0, done.stderr
    result = decode_result(done.stdout.encode())
    assert decode_result(saved.read_bytes()) == result
    assert {each.cell.transport for each in result.cells} == {"rest", "grpc"}
    assert result.conditions.payloads == {"1 KB": pytest.approx(1024, rel=0.1)}
    assert result.conditions.server_process == "child"
    for cell in result.cells:
        assert cell.measured
        assert cell.client_cpu_ms
    steps: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    assert steps[-1]["percent"] <= 100
    assert {step["cell"] for step in steps} == {each.cell.key for each in result.cells}


def test_a_condition_that_holds_is_exit_code_6(tmp_path: Path) -> None:
    saved = tmp_path / "result.json"
    done = bench(*QUICK, "--fail-if", "p50_ms>0", "--save", str(saved))
    assert done.returncode == 6, done.stderr
    assert "is fastest" in done.stdout or "tie" in done.stdout
    assert done.stderr.count("failed: ") == 4
    again = bench(*QUICK, "--fail-if", "p99_ms>1000000", "--against", str(saved))
    assert again.returncode == 0, again.stderr
    assert " -> " in again.stdout or "differs by more than the noise" in again.stdout


def test_the_server_can_be_in_this_process_and_sound_is_sent_to_models_that_take_it() -> None:
    done = bench(
        *("--model", "pitch", "--in-process", "--seconds", "0.5", "--transport", "grpc_stream"),
        *("--serialization", "raw", "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    result = decode_result(done.stdout.encode())
    assert result.conditions.server_process == "same"
    assert list(result.conditions.payloads) == ["Tone"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--transport", "rest,pigeon"), "pigeon"),
        (("--sizes", "1kg"), "sizes such as 1KB"),
        (("--in-flight", "0"), "from 1 to 256"),
        (("--rate", "10"), "does not go with arrivals 'closed'"),
        (("--arrivals", "poisson"), "does not go with arrivals 'poisson'"),
        (("--fail-if", "speed<3"), "no condition"),
        (("--against", "nowhere.json"), "cannot be read"),
        (("--transport", "rest", "--serialization", "raw"), "nothing to measure"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: tuple[str, ...], expected: str) -> None:
    done = bench("--model", "identity", *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_target_that_is_not_there_is_exit_code_3_or_4() -> None:
    done = bench("--model", "identity", "--target", "127.0.0.1:9,9", "--seconds", "1")
    assert done.returncode in (3, 4)
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
