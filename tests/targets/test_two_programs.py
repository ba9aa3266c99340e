"""Several programs change the same list of targets at once, and none loses what is another's."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from backend.core.errors import UsageError
from backend.core.files.private import locked
from backend.core.target import Target
from backend.targets.file import read_targets
from backend.targets.secrets import Secrets
from backend.targets.store import TargetStore

_ROOT = Path(__file__).resolve().parents[2]
_MANY = 40
_ADD = """
import sys
from pathlib import Path
from backend.core.target import Target
from backend.targets.secrets import Secrets
from backend.targets.store import TargetStore

store = TargetStore(Path(sys.argv[1]), Secrets())
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    store.add(Target(f"{sys.argv[2]} {number}", grpc="127.0.0.1:1"))
"""


def test_two_programs_that_add_forty_targets_each_keep_all_eighty(tmp_path: Path) -> None:
    path = tmp_path / "targets.json"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _ADD, str(path), name, str(_MANY)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second")
    ]
    reads = 0
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    while any(child.poll() is None for child in children):
        contents = read_targets(path)  # raises if it ever sees half a file
        assert contents is None or not contents.problems
        reads += 1
    for child in children:
        child.communicate()
        assert child.returncode == 0
    wanted = {f"{name} {number}" for name in ("first", "second") for number in range(_MANY)}
    assert {target.name for target in TargetStore(path, Secrets()).targets()[1:]} == wanted
    assert reads
    assert not list(tmp_path.glob("*.broken-*"))
    assert not list(tmp_path.glob(".*.new"))


def test_a_name_that_another_program_took_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "targets.json"
    first, second = TargetStore(path, Secrets()), TargetStore(path, Secrets())
    first.add(Target("lab", grpc="127.0.0.1:1"))
    with pytest.raises(UsageError, match="already"):
        second.add(Target("lab", grpc="127.0.0.1:2"))
    assert [target.grpc for target in first.targets()[1:]] == ["127.0.0.1:1"]


def test_who_keeps_the_others_waiting_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TargetStore(tmp_path / "targets.json", Secrets())
    monkeypatch.setattr("backend.targets.store.locked", partial(locked, wait_s=0.0))
    with locked(tmp_path), pytest.raises(UsageError, match=r"cannot be saved.*Another window"):
        store.add(Target("lab", grpc="127.0.0.1:1"))
    store.add(Target("lab", grpc="127.0.0.1:1"))
