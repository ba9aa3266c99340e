"""`main.py call` as a script would call it: JSON in, JSON out, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.cli.call import command as call
from backend.server.lifecycle.embedded import EmbeddedServer
from tests.real_sources import free_port

MAIN = Path(__file__).resolve().parents[3] / "main.py"


class Command:
    """Runs the command in this process, as main.py would."""

    def __init__(self, server: EmbeddedServer, output: pytest.CaptureFixture[bytes]) -> None:
        rest, grpc = (
            address.rpartition(":")[2] for address in (server.rest_url, server.grpc_address)
        )
        self._target = f"127.0.0.1:{rest},{grpc}"
        self._output = output

    def __call__(self, *arguments: str) -> tuple[int, list[Any], str]:
        """Exit code, lines of JSON and what it said on stderr."""
        code = call.main(["--target", self._target, *arguments])
        said = self._output.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines()], said.err.decode()

    def text(self, *arguments: str) -> str:
        """What it prints, whatever it is."""
        call.main(["--target", self._target, *arguments])
        return self._output.readouterr().out.decode()


@pytest.fixture
def command(server: EmbeddedServer, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    return Command(server, capfdbinary)


def test_tensors_go_through_a_model_either_way(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.array([1, 2.5], np.float32))
    ways = (
        (),
        ("--method", "ModelInfer", "--serialization", "typed"),
        ("--method", "ModelStreamInfer"),
        ("--method", "POST /v2/models/{model}/infer"),
        ("--serialization", "binary"),
    )
    for way in ways:
        code, lines, said = command("--model", "identity_fp32", "--input", f"INPUT0={path}", *way)
        assert (code, said) == (0, ""), way
        (answer,) = lines
        assert answer["model_name"] == "identity_fp32"
        (tensor,) = answer["outputs"]
        assert (tensor["datatype"], tensor["shape"], tensor["data"]) == ("FP32", [2], [1, 2.5])


def test_where_the_time_went_is_one_more_line(command: Command) -> None:
    code, lines, _ = command("--model", "identity_fp32", "--input", "INPUT0=[1]", "--timing")
    assert code == 0
    exchange = lines[1]["exchange"]
    assert (exchange["status"], exchange["name"]) == (0, "OK")
    parts = {part["name"]: part for part in exchange["timing"]}
    assert set(parts) == {"connect", "send + wait", "receive + decode"}
    assert set(parts["send + wait"]["server"]) >= {"queue", "compute_infer"}
    assert sum(part["ms"] for part in parts.values()) == pytest.approx(
        exchange["total_ms"], abs=0.01
    )


def test_any_method_takes_json(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "message.json"
    path.write_text('{"name": "shapes"}')
    code, lines, _ = command("--method", "ModelMetadata", "--json", str(path))
    assert code == 0
    assert lines[0]["name"] == "shapes"
    assert command("--method", "grpc.health.v1.Health/Check")[1] == [{"status": "SERVING"}]
    assert command("--method", "GET /v2/health/live")[1] == [{"live": True}]
    watched = command("--method", "Watch", "--deadline", "0.3")
    assert (watched[0], watched[1]) == (5, [{"status": "SERVING"}])


def test_json_lines_go_in_and_out_of_a_stream(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "lines.json"
    path.write_text(
        "\n".join(f'{{"id": "{n}", "model": "identity_fp32", "value": {n}}}' for n in range(3))
    )
    code, lines, _ = command("--method", "StreamPredict", "--json", str(path))
    assert code == 0
    assert [line["id"] for line in lines] == ["0", "1", "2"]
    path.write_text('{"id": "0", "value": 1}\n{"value": {"x": []}, "id": 3}\n')
    code, _, said = command("--method", "StreamPredict", "--json", str(path))
    assert code == 2
    assert "Message 2: id: expected string, got 3" in said


def test_exit_codes_tell_usage_from_the_servers_errors(command: Command) -> None:
    usage = (
        ("--method", "NoSuch"),
        ("--method", "ModelMetadata", "--json", '{"nam": 1}'),
        ("--method", "GET /v2/models/{model}"),
        ("--input", "INPUT0=zeros"),
        ("--model", "identity_fp32", "--input", "NOPE=zeros"),
        ("--model", "identity_fp32", "--method", "ServerLive", "--input", "INPUT0=zeros"),
        ("--method", "ServerLive", "--header", "broken"),
        ("--method", "ServerLive", "--proto", "none.proto"),
        (),
    )
    for arguments in usage:
        code, lines, said = command(*arguments)
        assert (code, lines) == (2, []), arguments
        assert said.startswith("error: ")
    for arguments in (
        ("--method", "ModelMetadata", "--json", '{"name": "nobody"}'),
        ("--method", "GET /v2/models/nobody"),
        ("--method", "CudaSharedMemoryRegister"),
    ):
        assert command(*arguments)[0] == 4, arguments
    nobody = f"127.0.0.1:{free_port()}"
    assert command("--target", nobody, "--method", "GET /v2")[0] == 3
    assert command("--target", nobody.replace(":", ":,"), "--method", "ServerLive")[0] == 3


def test_an_inference_carries_an_id(command: Command) -> None:
    ask = ("--model", "identity_fp32", "--input", "INPUT0=[1]")
    ids = [command(*ask)[1][0]["id"] for _ in range(2)]
    assert all(ids)
    assert ids[0] != ids[1]
    assert command(*ask, "--id", "mine")[1][0]["id"] == "mine"


def test_a_shape_may_follow_the_elements(command: Command) -> None:
    code, lines, said = command("--model", "identity_fp32", "--input", "INPUT0=[1,2]@2")
    assert (code, said) == (0, "")
    assert lines[0]["outputs"][0]["shape"] == [2]
    code, lines, said = command("--model", "identity_fp32", "--input", "INPUT0=[1,2]@3")
    assert (code, lines) == (2, [])
    assert "Expected [3], the data has [2]" in said


@pytest.mark.parametrize("option", ["--ca", "--cert", "--key"])
def test_a_file_that_is_not_there_is_refused_at_once(
    command: Command, option: str, tmp_path: Path
) -> None:
    code, lines, said = command("--method", "ServerLive", option, str(tmp_path / "none.pem"))
    assert (code, lines) == (2, [])
    assert f"{option} {tmp_path / 'none.pem'} cannot be read: No such file" in said


def test_methods_are_listed_and_sampled(command: Command) -> None:
    listed = command.text("--list", "infer").splitlines()
    assert listed[0].split()[:2] == ["U", "inference.GRPCInferenceService/ModelInfer"]
    assert any(line.startswith("REST  POST /v2/models/{model}/infer") for line in listed)
    assert all("infer" in line.split()[2].lower() + line.split()[1].lower() for line in listed)
    assert not any(word in line for line in listed for word in ("Ready", "Metadata", "Predict"))
    assert "Health/Check" in command.text("--list", "health")
    assert json.loads(command.text("--sample", "--method", "ModelReady")) == {
        "name": "",
        "version": "",
    }


def test_a_proto_of_the_user_is_used(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.proto").write_text(
        'syntax = "proto3"; package grpc.health.v1; message Q { string service = 1; }'
        "message A { int32 status = 1; } service Health { rpc Check(Q) returns (A); }"
    )
    mine = str(tmp_path / "mine.proto")
    assert command("--method", "Check", "--proto", mine)[1] == [{"status": 1}]


def test_standard_input_and_the_own_server_from_a_shell() -> None:
    lines = '{"model": "identity_fp32", "value": 1}\n\n{"model": "identity_fp32", "value": 2}'
    done = subprocess.run(
        [sys.executable, str(MAIN), "call", "--method", "StreamPredict", "--json", "-"],
        input=lines,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_a_source_gives_the_frame_of_a_collection_and_of_an_input(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "now.toml").write_text(
        "version = 1\nmethod = 'ModelInfer'\nmodel = 'shapes'\n[inputs]\nIMAGE = 'frame'\n"
    )
    collection = ("--collection", str(tmp_path), "--format", "json")
    code, lines, _ = command(*collection)
    assert code == 2
    assert "--source" in lines[0]["error"]
    code, lines, _ = command(*collection, "--source", "pattern")
    assert (code, lines[0]["ok"]) == (0, True)
    code, lines, _ = command("--model", "shapes", "--input", "IMAGE=frame", "--source", "pattern")
    assert code == 0
    assert lines[0]["model_name"] == "shapes"
    code, _, said = command("--method", "ServerLive", "--source", "pattern")
    assert code == 2
    assert "--source fills inputs" in said
    code, _, said = command("--model", "shapes", "--input", "IMAGE=frame", "--source", "gone.mp4")
    assert code == 2
    assert "gone.mp4" in said
