"""`main.py stream` as a script would call it: lines, summary, exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from backend.cli.stream.command import _Printer, main
from backend.core.inference import InferResponse
from backend.core.tensors import Datatype
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.session.sinks import Item
from backend.wire.media.opencv import cv2
from tests.cli.here import run_here
from tests.models.onnx_folders import node, value, write_model
from tests.real_sources import free_port
from tests.session.lying_server import lying

MAIN = Path(__file__).resolve().parents[3] / "main.py"


def stream(*arguments: str, timeout_s: float = 40.0) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command; exit code, lines and what it said on stderr."""
    done = subprocess.run(
        [sys.executable, str(MAIN), "stream", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def assert_ledger(lines: list[dict[str, Any]]) -> None:
    """Every sample has one line, and the lines alone give what the summary says."""
    *samples, last = lines
    summary = last["summary"]
    outcomes = Counter(line["outcome"] for line in samples)
    expected = {"answered": summary["answered"], "failed": summary["failed"], **summary["dropped"]}
    assert outcomes == +Counter(expected)
    assert sorted(line["seq"] for line in samples) == list(range(summary["frames_in"]))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three different pictures in a folder."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        picture = np.full((60, 80, 3), 40 * number, np.uint8)
        assert cv2.imwrite(str(folder / f"{number}.png"), picture)
    return folder


def test_a_folder_is_answered_to_its_last_picture(pictures: Path) -> None:
    code, lines, errors = stream("--source", str(pictures), "--model", "identity", "--pace", "free")
    assert code == 0, errors
    *results, last = lines
    assert [line["seq"] for line in results] == [0, 1, 2]
    assert [line["outcome"] for line in results] == ["answered"] * 3
    assert [Path(line["name"]).name for line in results] == ["0.png", "1.png", "2.png"]
    for line in results:
        (tensor,) = line["predictions"]["tensors"]
        assert tensor["shape"] == [60 * 80 * 3]
        assert line["bytes_out"] > 60 * 80 * 3
        assert line["spans_ms"]["latency"] > 0
    summary = last["summary"]
    assert summary["frames_in"] == summary["sent"] == summary["answered"] == 3
    assert summary["dropped"] == {}
    assert summary["state"] == "finished"
    assert summary["latency_ms"]["p50"] <= summary["latency_ms"]["p99"]


def test_a_live_source_stops_after_so_many_results() -> None:
    code, lines, errors = stream("--source", "pattern", "--model", "shapes", "--frames", "4")
    assert code == 0, errors
    answered = [line for line in lines if "predictions" in line]
    assert len(answered) == 4
    assert all(line["predictions"]["detections"] for line in answered)
    assert_ledger(lines)


def test_as_many_results_are_printed_as_were_wanted_however_slowly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, target_text: str
) -> None:
    """The reader of the first line takes longer than a stop waits for a sink."""
    write, slow = _Printer.write, threading.Event()

    def write_slowly(printer: _Printer, item: Item) -> None:
        if not slow.is_set():
            slow.set()
            time.sleep(2.5)
        write(printer, item)

    monkeypatch.setattr(_Printer, "write", write_slowly)
    code, lines, errors = run_here(
        capsys,
        main,
        *("--source", "pattern", "--model", "shapes", "--frames", "3", "--target", target_text),
    )
    assert code == 0, errors
    printed = [json.loads(line) for line in lines.splitlines()]
    assert sum("predictions" in line for line in printed) == 3
    assert_ledger(printed)


def test_a_running_server_is_used_when_it_is_named(
    capsys: pytest.CaptureFixture[str], target_text: str
) -> None:
    for transport in ("rest", "grpc", "grpc_stream"):
        code, lines, errors = run_here(
            capsys,
            main,
            *("--source", "tone", "--model", "pitch", "--frames", "2"),
            *("--target", target_text, "--transport", transport),
        )
        assert code == 0, errors
        first = json.loads(lines.splitlines()[0])
        values = {s["name"]: s["value"] for s in first["predictions"]["scalars"]}
        assert values


@pytest.fixture
def target_text(server: EmbeddedServer) -> str:
    """The embedded server as people write it."""
    return f"{server.rest_url.removeprefix('http://')},{server.grpc_address.rsplit(':', 1)[1]}"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--source", "nonsense", "--model", "shapes"), 2, "nonsense"),
        (("--source", "pattern", "--model", "nonesuch", "--frames", "1"), 2, "nonesuch"),
        (("--source", "pattern", "--model", "pitch", "--frames", "1"), 2, "takes sound"),
        (
            ("--source", "pattern", "--model", "shapes", "--serialization", "json"),
            2,
            "json belongs to REST",
        ),
        (("--source", "pattern", "--model", "shapes", "--target", "here"), 2, "HOST:RESTPORT"),
        (("--source", "pattern"), 2, "--model"),
        (("--source", "pattern", "--model", "shapes", "--seconds", "0"), 2, "seconds"),
        (("--source", "pattern", "--model", "shapes", "--frames", "-1"), 2, "frames"),
        (("--source", "camera", "--model", "shapes"), 2, "A camera of this machine is webcam"),
        (("--source", "/no/such/file.mp4", "--model", "shapes"), 2, "/no/such/file.mp4"),
    ],
)
def test_what_makes_no_sense_is_said_with_the_right_code(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    got, lines, errors = run_here(capsys, main, *arguments)
    assert got == code, errors
    assert said in errors
    assert '"seq"' not in lines


@pytest.mark.parametrize("transport", ["rest", "grpc", "grpc_stream"])
def test_a_dead_target_is_code_3(capsys: pytest.CaptureFixture[str], transport: str) -> None:
    code, lines, errors = run_here(
        capsys,
        main,
        *("--source", "pattern", "--model", "shapes", "--transport", transport),
        *("--target", f"127.0.0.1:{free_port()},{free_port()}"),
    )
    assert code == 3, errors
    assert "answers at" in errors
    assert json.loads(lines.splitlines()[-1])["summary"]["answered"] == 0


def test_a_reply_that_comes_too_late_is_code_5(capsys: pytest.CaptureFixture[str]) -> None:
    over = threading.Event()

    def late(answer: InferResponse) -> InferResponse:
        over.wait(30)
        return answer

    with lying(late) as target:
        where = f"127.0.0.1:,{target.grpc.rpartition(':')[2]}"
        code, lines, errors = run_here(
            capsys,
            main,
            *("--source", "pattern", "--model", "identity", "--transport", "grpc"),
            *("--target", where, "--deadline", "0.5", "--frames", "1", "--in-flight", "1"),
        )
        over.set()
    assert code == 5, errors
    assert "No reply" in errors
    assert json.loads(lines.splitlines()[-1])["summary"]["failed"] >= 1


def test_a_reply_that_was_not_asked_for_is_a_warning_among_the_results(
    capsys: pytest.CaptureFixture[str], pictures: Path
) -> None:
    with lying(lambda answer: replace(answer, outputs=())) as target:
        where = f"127.0.0.1:,{target.grpc.rpartition(':')[2]}"
        code, out, errors = run_here(
            capsys,
            main,
            *("--source", str(pictures), "--model", "identity", "--transport", "grpc"),
            *("--target", where, "--pace", "free", "--in-flight", "1"),
        )
    lines = [json.loads(line) for line in out.splitlines()]
    (warning,) = [line["warning"] for line in lines if "warning" in line]
    assert "the reply has no outputs" in warning
    assert errors.count("the reply has no outputs") == 2  # as it came, and at the end
    summary = lines[-1]["summary"]
    assert (code, summary["answered"] + summary["failed"]) == (4, summary["sent"])


@pytest.mark.parametrize("spec", ["webcam:no such camera", "webcam:/dev/no-such-camera"])
def test_a_camera_that_is_not_there_is_the_sources_fault(
    capsys: pytest.CaptureFixture[str], spec: str
) -> None:
    code, lines, errors = run_here(capsys, main, "--source", spec, "--model", "shapes")
    assert code == 2, errors
    assert "camera" in errors.lower()
    assert "answers at" not in errors
    assert json.loads(lines.splitlines()[-1])["summary"]["state"] == "failed"


def test_ctrl_c_still_prints_the_summary() -> None:
    child = subprocess.Popen(
        [sys.executable, str(MAIN), "stream", "--source", "pattern", "--model", "shapes"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert "seq" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate(timeout=30)
    assert child.returncode == 0
    assert "summary" in json.loads(rest.splitlines()[-1])


def test_a_reader_that_goes_away_ends_the_run() -> None:
    child = subprocess.Popen(
        [sys.executable, str(MAIN), "stream", "--source", "pattern", "--model", "shapes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    errors = child.stderr.read().decode()
    child.stderr.close()
    assert child.wait(timeout=30) == 0
    assert "Traceback" not in errors


def test_a_model_file_is_served_for_as_long_as_it_takes(pictures: Path, tmp_path: Path) -> None:
    made = write_model(
        tmp_path / "averages",
        [node("ReduceMean", ["X"], ["Y"], keepdims=0, axes=[1, 2])],
        [value("X", Datatype.FP32, [1, 64, 64, 3])],
        [value("Y", Datatype.FP32, [1, 3])],
        opset=17,
    )
    file = made / "1" / "colours.onnx"
    (made / "1" / "model.onnx").rename(file)
    file.with_suffix(".names").write_text("red\ngreen\nblue\n")
    code, lines, errors = stream("--source", str(pictures), "--model-file", str(file))
    assert code == 0, errors
    assert "profile: input 'X' FP32 [1, 64, 64, 3] looks like an NHWC picture" in errors
    *results, last = lines
    assert last["summary"]["answered"] == len(results) == 3
    labels = {entry["label"] for line in results for entry in line["predictions"]["classification"]}
    assert labels == {"red", "green", "blue"}
    assert sorted(path.name for path in file.parent.iterdir()) == ["colours.names", "colours.onnx"]


def test_a_model_file_is_for_the_embedded_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ("--model-file", str(tmp_path / "m.onnx"))
    asked = ("--source", "pattern", *file)
    code, _, errors = run_here(capsys, main, *asked, "--target", "127.0.0.1:1,2")
    assert code == 2
    assert "--model-file is for the embedded server" in errors
    code, _, errors = run_here(capsys, main, *asked)
    assert code == 2
    assert "m.onnx cannot be read" in errors
    code, _, errors = run_here(capsys, main, *asked, "--model", "shapes")
    assert code == 2
    assert "not allowed with argument" in errors


def test_each_spoken_word_is_a_line_of_its_own(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "speech" / "spoken_digits"
    pause = np.zeros(5000, np.float32)
    pieces = [pause]
    for name in ("7_jackson_5", "3_george_9"):
        pieces += [soundfile.read(folder / f"{name}.wav", dtype="float32")[0], pause]
    path = tmp_path / "spoken.wav"
    soundfile.write(path, np.concatenate(pieces), 8_000)
    code, lines, errors = stream(
        "--source", str(path), "--model", "spoken_digits", "--pace", "free"
    )
    assert code == 0, errors
    words = [line for line in lines if "word" in line]
    assert [line["word"] for line in words] == ["seven", "three"]
    for line in words:
        before = lines[lines.index(line) - 1]
        assert line["seq"] == before["seq"]
        assert before["media_time_s"] < line["media_time_s"] + 0.6
        assert 0.5 < line["score"] <= 1
