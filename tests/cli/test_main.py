"""`main.py` as a shell runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from backend.cli import COMMANDS

MAIN = Path(__file__).resolve().parents[2] / "main.py"
_HEAVY = {
    "cv2",
    "google.protobuf",
    "grpc",
    "keyring",
    "mcap",
    "numpy",
    "onnxruntime",
    "requests",
    "soundfile",
    "starlette",
    "uvicorn",
}


@pytest.mark.parametrize("command", ["--help", "models list", "call --list", "serve --help"])
def test_a_reader_that_goes_away_ends_it_without_a_word(command: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, str(MAIN), *command.split()],
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            env=os.environ | {"HOME": str(tmp_path)},
        )
    finally:
        os.close(writer)
    assert done.stderr == b""
    assert done.returncode in (0, 141)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--no-such-option", 2)])
def test_help_and_wrong_usage_import_nothing_that_only_the_command_needs(
    command: str, argument: str, code: int
) -> None:
    program = f"""
import sys
import main

try:
    main.main([{command!r}, {argument!r}])
except SystemExit as ended:
    heavy = {_HEAVY} & set(sys.modules)
    sys.exit(f"imported: {{heavy}}" if heavy else ended.code)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=MAIN.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert f"main.py {command}" in done.stdout + done.stderr


def test_every_command_runs_what_was_read() -> None:
    for command in COMMANDS:
        module = import_module(f"backend.cli.{command}.command")
        assert callable(module.run)
        assert module.parser is import_module(f"backend.cli.{command}.options").parser
