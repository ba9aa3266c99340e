"""`main.py` as a shell runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = Path(__file__).resolve().parents[2] / "main.py"


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
