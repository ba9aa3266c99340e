"""Whether Rerun's importer finds in recordings what ours does.

``python -m tests.peers.rerun_importer ENVIRONMENT FILE...``, where ENVIRONMENT is a virtual one in
which ``pip install 'rerun-sdk[catalog]'`` was run (tried with 0.41). Each file is looked at by
``rerun mcap check``, converted by ``rerun mcap convert``, and read back. Prints a line for each,
and exits with 1 if counts, times or bytes of pictures differ, or if the check has found something
other than that messages are not in the order of what they are about: they are in that of their
coming, and what waited when a run ends is lost before what was on its way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.peers.recording_readers import ours

_READING = Path(__file__).with_name("rerun_reading.py")


def theirs(environment: Path, path: Path, topics: list[str]) -> dict[str, Any]:
    """Counts, times and a checksum of the pictures, as Rerun has imported them."""
    rerun = environment / "bin" / "rerun"
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "converted.rrd"
        _run(str(rerun), "mcap", "convert", str(path), "-o", str(converted))
        python = environment / "bin" / "python"
        said = _run(str(python), str(_READING), str(converted), *topics)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def main(environment: Path, paths: list[Path]) -> int:
    """Compare and print; see the module's text for the exit code."""
    good = True
    for path in paths:
        said = _run(str(environment / "bin" / "rerun"), "mcap", "check", str(path))
        here = ours(path)
        rows = [line for line in said.splitlines() if line.rpartition(" /")[2].split()]
        checked = sum(line.startswith("ok ") for line in rows)
        unordered = sum("row-order conflict" in line for line in rows)
        there = theirs(environment, path, sorted(here["counts"]))
        same = there == {**here, "counts": dict(sorted(here["counts"].items()))}
        good &= same and checked + unordered == len(here["counts"])
        messages = sum(here["counts"].values())
        word = "the same" if same else "DIFFERENT"
        print(
            f"{path.name}: {word}, {messages} messages, {checked} channels ok, "
            f"{unordered} in the order of coming only"
        )
        if not same:
            print(f"  here  {here}\n  there {there}")
    return 0 if good else 1


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(text) for text in sys.argv[2:]]))
