"""``main.py``: the commands that run in a process of their own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
import requests

from backend.core.release import VERSION
from backend.wire.generated import open_inference_pb2 as oip
from tests.server.grpc_calls import unary
from tests.waiting import WAIT_S

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        running.append(
            subprocess.Popen(
                [sys.executable, str(ROOT / "main.py"), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    answer: dict[str, object] = json.loads(line)
    return answer


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def until_closed(host: str, port: int) -> None:
    """Wait until nobody listens there any more."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), 5).close()
        except OSError:
            return
        time.sleep(0.02)
    pytest.fail(f"port {port} is still open")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_its_addresses_and_ends_on_a_signal(start: Start, number: int) -> None:
    process = start("serve")
    about = ready(process)
    assert about.keys() == {"rest", "grpc", "models"}
    assert "identity" in str(about["models"])
    assert requests.get(f"{about['rest']}/v2/health/ready", timeout=30).ok
    with grpc.insecure_channel(str(about["grpc"])) as channel:
        live = unary(channel, "/inference.GRPCInferenceService/ServerLive")
        assert oip.ServerLiveResponse.FromString(live(b"", timeout=30)).live
        process.send_signal(number)
        code, out, err = ended(process)
    assert (code, out, err) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_second_signal_does_not_wait(start: Start) -> None:
    process = start("serve", "--drain-seconds", "60")
    host, port = str(ready(process)["rest"]).removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as unfinished:
        head = f"POST /v2/models/identity/infer HTTP/1.1\r\nHost: {host}\r\n"
        unfinished.sendall(f"{head}Content-Length: 10\r\n\r\n".encode())
        # One that came later is answered, so the unfinished one was taken.
        assert requests.get(f"http://{host}:{port}/v2/health/live", timeout=30).ok
        process.send_signal(signal.SIGTERM)
        until_closed(host, int(port))
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--host", "0.0.0.0"], "needs a token"),
        (["--token-file", "absent"], "cannot be read"),
        (["--tensor-limit", "0"], "limit of tensors"),
        (["--tls-key", "key.pem"], "only one is given"),
        (["--drain-seconds", "-1"], "0 to 3600 seconds"),
    ],
)
def test_serve_says_what_is_unsafe_or_makes_no_sense(
    start: Start, arguments: list[str], text: str
) -> None:
    code, out, err = ended(start("serve", *arguments))
    assert (code, out) == (2, "")
    assert text in err


def test_serve_takes_its_token_from_a_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    about = ready(start("serve", "--host", "0.0.0.0", "--token-file", str(tmp_path / "token")))
    url = f"{about['rest']}/v2"
    assert requests.get(url, timeout=30).status_code == 401
    assert requests.get(url, headers={"Authorization": "Bearer abc"}, timeout=30).ok


def test_serve_ends_with_its_parent_when_told_to(start: Start) -> None:
    process = start("serve", "--exit-with-stdin")
    ready(process)
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert ended(process)[0] == 0


def test_serve_without_that_flag_outlives_its_input(start: Start) -> None:
    process = start("serve")
    about = ready(process)
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    time.sleep(0.5)
    assert requests.get(f"{about['rest']}/v2/health/live", timeout=30).ok


@pytest.mark.parametrize("option", ["--rest-port", "--grpc-port"])
def test_serve_says_that_a_port_is_in_use_before_it_loads(
    start: Start, option: str, tmp_path: Path
) -> None:
    never = tmp_path / "never" / "1"
    never.mkdir(parents=True)
    (never / "model.py").write_text("import threading\nthreading.Event().wait()\n")
    loading = ("--model-repository", str(tmp_path), "--allow-python-models")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, out, err = ended(start("serve", option, str(port), *loading))
    assert (code, out) == (4, "")
    assert f"Port {port} on 127.0.0.1 is already in use" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["--rest-port", "x"], ["--grpc-port", "70000"], ["--message-limit-mib", "0"]],
)
def test_serve_refuses_wrong_options(start: Start, arguments: list[str]) -> None:
    code, out, err = ended(start("serve", *arguments))
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_help_and_version_need_no_window(start: Start) -> None:
    code, out, err = ended(start("--version"))
    assert (code, out, err) == (0, f"inferdeck {VERSION}\n", "")
    code, out, _ = ended(start("--help"))
    assert code == 0
    assert "main.py serve" in out
    code, out, _ = ended(start("serve", "--help"))
    assert code == 0
    assert "--rest-port" in out


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_serve_ends_if_a_file_that_was_named_cannot_be_served(start: Start, tmp_path: Path) -> None:
    code, out, err = ended(start("serve", "--model", str(tmp_path / "none.onnx")))
    assert (code, out) == (2, "")
    assert "none.onnx cannot be read" in err
    assert "Traceback" not in err
