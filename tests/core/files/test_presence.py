"""A process knows of the others that run, and of none that has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.core.files.presence import Presence, RunningProcess

_ROOT = Path(__file__).resolve().parents[3]
_RUN = """
import sys
from pathlib import Path
from backend.core.files.presence import Presence

presence = Presence(Path(sys.argv[1]))
presence.announce((8000, 8001))
print("there", flush=True)
sys.stdin.readline()
presence.close()
"""


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, folder],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "there\n"
        yield child
        child.kill()


def test_another_process_is_known_until_it_ends_however_that_happens(tmp_path: Path) -> None:
    presence = Presence(tmp_path)
    presence.announce()
    assert presence.others() == ()
    with another(tmp_path) as child:
        (found,) = presence.others()
        assert (found.pid, found.ports) == (child.pid, (8000, 8001))
        assert found.since
        child.kill()
        child.wait()
        assert presence.others() == ()
    assert len(list((tmp_path / "running").glob("*.json"))) == 1
    with another(tmp_path) as child:
        child.communicate("\n")
        assert presence.others() == ()
    presence.close()
    presence.close()
    assert not list((tmp_path / "running").glob("*.json"))


def test_two_of_one_process_know_of_each_other_and_ports_may_change(tmp_path: Path) -> None:
    first, second = Presence(tmp_path), Presence(tmp_path)
    first.announce((1, 2))
    first.announce((3,))
    second.announce()
    assert [record.ports for record in second.others()] == [(3,)]
    assert [record.pid for record in first.others()] == [os.getpid()]
    first.close()
    assert second.others() == ()
    second.close()


@pytest.mark.parametrize("content", [b"", b"\xff" * 5000, b"[]", b'{"pid": 1e999, "ports": []}'])
def test_a_record_that_cannot_be_read_still_says_that_somebody_is_there(
    tmp_path: Path, content: bytes
) -> None:
    first, second = Presence(tmp_path), Presence(tmp_path)
    first.announce()
    (path,) = (tmp_path / "running").glob("*.json")
    path.write_bytes(content)
    (tmp_path / "running" / "folder.json").mkdir()
    assert second.others() == (RunningProcess(0),)
    first.close()
