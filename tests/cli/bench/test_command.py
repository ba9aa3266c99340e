"""`main.py bench` as a CI job would call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.compare.bench import BenchResult, decode_result

MAIN = Path(__file__).resolve().parents[3] / "main.py"
QUICK = ("--model", "identity", "--sizes", "1KB", "--seconds", "1", "--transport", "rest,grpc")


ECHO = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        given = [pb_utils.get_input_tensor_by_name(r, "INPUT").as_numpy() for r in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", each)]) for each in given]
"""
ECHO_CONFIG = """
backend: "python"
input [ { name: "INPUT" data_type: TYPE_UINT8 dims: [ 16, 16, 3 ] } ]
output [ { name: "OUTPUT" data_type: TYPE_UINT8 dims: [ 16, 16, 3 ] } ]
"""


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


def test_a_server_of_its_own_takes_a_repository_and_results_so_far_are_lines(
    tmp_path: Path,
) -> None:
    model = tmp_path / "echo" / "1" / "model.py"
    model.parent.mkdir(parents=True)
    model.write_text(ECHO)
    (tmp_path / "echo" / "config.pbtxt").write_text(ECHO_CONFIG)
    where = ("--model-repository", str(tmp_path), "--allow-python-models")
    told = ("--transport", "grpc", "--serialization", "raw", "--progress", "--partial")
    quick = ("--sizes", "1KB", "--seconds", "1", "--format", "json")
    done = bench("--model", "echo", *where, *told, *quick)
    assert done.returncode == 0, done.stderr
    result = decode_result(done.stdout.encode())
    assert result.conditions.server_process == "child"
    lines = [line for line in done.stderr.splitlines() if line.startswith('{"result"')]
    so_far = [msgspec.convert(json.loads(line)["result"], BenchResult) for line in lines]
    assert [cell.status for cell in so_far[0].cells] == ["pending"]
    assert all(each.conditions == result.conditions for each in so_far)
    refused = bench("--model", "echo", *where[:2], *quick)
    assert refused.returncode != 0
    assert "echo" in refused.stderr
    assert "Traceback" not in refused.stderr


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
        (("--in-process", "--model-repository", "."), "for a server process of our own"),
        (("--target", "127.0.0.1:9,9", "--model-repository", "."), "server process of our own"),
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
