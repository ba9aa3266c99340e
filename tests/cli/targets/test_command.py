"""Saved targets on the command line, and streams to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.cli.stream import command as stream
from backend.cli.targets import command as targets
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from tests.certificates import Authority
from tests.cli.here import run_here

TOKEN = "tok-3n-very-secret"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command of main.py in this process."""
    mains = {"targets": targets.main, "stream": stream.main}

    def run(command: str, *arguments: str) -> tuple[int, str, str]:
        return run_here(capsys, mains[command], *arguments)

    return run


@pytest.fixture
def secure(tmp_path: Path) -> tuple[Authority, ServerOptions]:
    authority = Authority(tmp_path / "authority")
    pair = authority.issue("server")
    return authority, ServerOptions(token=TOKEN, certificate=pair.certificate, private_key=pair.key)


def test_a_stream_to_a_saved_target_with_tls_and_a_token(
    run: Run, secure: tuple[Authority, ServerOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, options = secure
    server = EmbeddedServer(bundled_registry(), options)
    server.start()
    try:
        rest_port = server.rest_url.rsplit(":", 1)[1]
        addresses = f"127.0.0.1:{rest_port},{server.grpc_address.rsplit(':', 1)[1]}"
        way = ("--ca", str(authority.ca), "--token", "${LAB_TOKEN}")
        code, out, errors = run("targets", "add", "lab", addresses, *way)
        assert code == 0, errors
        assert json.loads(out)["token"] == "${LAB_TOKEN}"
        ask = ("stream", "--source", "pattern", "--model", "shapes", "--frames", "2")
        code, _, errors = run(*ask, "--target", "lab")
        assert code == 2
        assert "LAB_TOKEN" in errors
        monkeypatch.setenv("LAB_TOKEN", TOKEN)
        code, out, errors = run(*ask, "--target", "lab")
        assert code == 0, errors
        assert json.loads(out.splitlines()[-1])["summary"]["answered"] >= 2
        assert TOKEN not in out + errors
        code, _, errors = run(*ask, "--target", addresses, "--ca", str(authority.ca))
        assert code == 3
        assert "sign-in" in errors
        insecure = (
            "--transport",
            "rest",
            "--insecure",
            "--header",
            "Authorization: Bearer ${LAB_TOKEN}",
        )
        code, _, errors = run(*ask, "--target", addresses, *insecure)
        assert code == 0, errors
    finally:
        server.stop()


def test_targets_are_listed_moved_and_removed(run: Run, tmp_path: Path) -> None:
    add = ("targets", "add", "lab", "127.0.0.1:8000,8001", "--dialect", "triton", "--tls")
    assert run(*add)[0] == 0
    code, _, errors = run(*add)
    assert code == 2
    assert "already" in errors
    file = tmp_path / "shared.json"
    assert run("targets", "export", str(file))[0] == 0
    assert run("targets", "import", str(file))[0] == 0
    listed = [json.loads(line) for line in run("targets", "list")[1].splitlines()]
    assert [target["name"] for target in listed] == ["embedded", "lab", "lab 2"]
    assert listed[2]["rest"] == "https://127.0.0.1:8000"
    assert run("targets", "remove", "lab")[0] == 0
    code, _, errors = run("targets", "remove", "lab")
    assert code == 2
    assert "lab 2" in errors


def test_files_of_a_target_are_there_and_found_from_any_folder(
    run: Run, secure: tuple[Authority, ServerOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, _ = secure
    monkeypatch.chdir(authority.ca.parent)
    add = ("targets", "add", "lab", "127.0.0.1:8000,8001", "--ca")
    code, out, errors = run(*add, "none.pem")
    assert (code, out) == (2, "")
    assert f"--ca {authority.ca.parent / 'none.pem'} cannot be read" in errors
    code, out, errors = run(*add, authority.ca.name)
    assert code == 0, errors
    assert json.loads(out)["tls"]["ca_file"] == str(authority.ca)
