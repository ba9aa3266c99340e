"""The two nodes' namespaces: nothing of them is left, by whatever a run was ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.engines.ray.namespaces import (
    HOME,
    PLACES,
    NoNetworkError,
    check_ways,
    inside,
    namespaces,
)
from tests.engines.ray.two_nodes import lacks, limits_bytes
from tests.waiting import wait_for

_ROOT = Path(__file__).parents[3]
_RUN = """
import subprocess, time
from tests.engines.ray.namespaces import HOME, PLACES, inside, namespaces
with namespaces():
    HOME.mkdir()
    nodes = [subprocess.Popen([*inside(place), "sleep", "1000"]) for place in PLACES]
    print(*(node.pid for node in nodes), flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def possible() -> None:
    """Skip where there can be no namespaces, and beside all other tests, which run side by side."""
    pytest.importorskip("ray", reason="`make test-cluster` installs Ray")
    if reason := lacks():
        pytest.skip(reason)


@pytest.fixture
def killed(possible: None) -> list[int]:
    """The processes on the nodes of a run that was killed."""
    command = [sys.executable, "-c", _RUN]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pids = [int(pid) for pid in run.stdout.readline().split()]
        run.kill()
    assert len(pids) == len(PLACES)
    return pids


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _shown(*command: str) -> str:
    return subprocess.run(["ip", *command], capture_output=True, text=True, check=True).stdout


@pytest.mark.cluster
def test_the_next_run_ends_what_a_killed_one_has_left(killed: list[int]) -> None:
    assert all(_runs(pid) for pid in killed)
    assert HOME.exists()
    with namespaces():
        wait_for(lambda: not any(_runs(pid) for pid in killed), "their end")
        assert not HOME.exists()
        started = [subprocess.Popen([*inside(place), "sleep", "1000"]) for place in PLACES]
    assert [process.wait() for process in started] == [-9, -9]
    assert "ideck" not in _shown("netns", "list") + _shown("link")


@pytest.mark.cluster
def test_nodes_that_a_firewall_keeps_apart_are_told(possible: None) -> None:
    with namespaces():
        check_ways()
        subprocess.run(["ip", "link", "set", "ideckv2", "down"], check=True)
        with pytest.raises(NoNetworkError, match="a node is not reached by the other one: "):
            check_ways()


@pytest.mark.parametrize(
    ("groups", "files", "limits"),
    [
        ("0::/\n", {}, []),
        ("0::/a/b\n", {"a/memory.max": "7\n", "a/b/memory.max": "max\n"}, [7]),
        ("0::/../other\n", {"memory.max": "9\n"}, [9]),
        (
            "5:cpu:/\n4:memory:/a\n0::/\n",
            {"memory/a/memory.limit_in_bytes": "5\n", "memory/memory.limit_in_bytes": "8\n"},
            [5, 8],
        ),
    ],
)
def test_what_a_container_may_have_of_the_memory(
    groups: str, files: dict[str, str], limits: list[int], tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert limits_bytes(groups, tmp_path) == limits
