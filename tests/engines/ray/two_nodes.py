"""A real cluster of two nodes on this machine: a network namespace and a range of ports each.

Needs root, `ip` and Ray. Everything is started here and ended with the block; what a run that was
killed has left is ended by the next one (`namespaces`).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.engines.ray.namespaces import (
    HOME,
    PLACES,
    NoNetworkError,
    address,
    check_ways,
    end_all,
    inside,
    namespaces,
)

ROOT = Path(__file__).parents[3]
_GCS_PORT = 6379
_START_S = 600.0
"""For a start, which takes half a minute where nothing else runs."""
_END_S = 240.0
_MEMORY_MIB = 3500
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
_HEAD = ("--include-dashboard=false", f"--temp-dir={HOME}")
_RAY = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    # A node that is gone is to be noticed within seconds.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_failure_threshold": "6",
    # None is given up for being slow: a machine may be loaded ten times over.
    "RAY_agent_register_timeout_ms": "600000",
    "RAY_gcs_rpc_server_connect_timeout_s": "300",
    "RAY_py_gcs_connect_timeout_s": "300",
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_register_timeout_seconds": "600",
    # Others may use up this machine's memory: Ray would end replicas for it.
    "RAY_memory_monitor_refresh_ms": "0",
}


@dataclass(eq=False)
class Node:
    """One node; `process` keeps its raylet."""

    place: int
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As if its power failed."""
        end_all(self.place)
        self.process.wait()


@dataclass(eq=False)
class Cluster:
    """Two nodes, the first with the cluster's own memory."""

    environment: Mapping[str, str]
    nodes: list[Node] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{address(1)}:{_GCS_PORT}"


@dataclass(frozen=True)
class Served:
    """Our server on the cluster."""

    rest: str
    grpc: str
    token: str
    pid: int


def lacks() -> str:
    """Why there can be no cluster here, '' if there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "there is no program `ip`"
    free_mib = _free_mib()
    if free_mib < _MEMORY_MIB:
        return f"two nodes need {_MEMORY_MIB} MiB of memory, and {free_mib} are free"
    try:
        with namespaces():
            check_ways()
    except NoNetworkError as error:
        return f"network namespaces cannot be made: {error}"
    return ""


@contextmanager
def cluster(folder: Path, *, cpus: int = 4) -> Iterator[Cluster]:
    """Start both nodes, each with so many logical CPUs."""
    inherited = {name: it for name, it in os.environ.items() if not name.startswith("RAY_")}
    environment = inherited | _RAY
    environment |= {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
    environment["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    with ExitStack() as stack:
        stack.enter_context(namespaces())
        found = Cluster(environment)
        for place in PLACES:
            role = (
                [*("--head", f"--port={_GCS_PORT}"), *_HEAD]
                if place == 1
                else [f"--address={found.address}"]
            )
            command = [
                *(*inside(place), _ray(), "start", "--block"),
                *(f"--node-ip-address={address(place)}", f"--num-cpus={cpus}"),
                *("--object-store-memory=200000000", "--disable-usage-stats", *role),
            ]
            log = stack.enter_context((folder / f"node{place}.log").open("wb"))
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            node = Node(place, process)
            stack.callback(node.kill)
            found.nodes.append(node)
            _wait_for_node(folder / f"node{place}.log", process)
        yield found


@contextmanager
def served(cluster: Cluster, folder: Path, repository: Path, *options: str) -> Iterator[Served]:
    """Our server on the first node, for all models of the repository."""
    token = secrets.token_hex(16)
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    command = [
        *(*inside(1), sys.executable, str(ROOT / "main.py"), "serve"),
        *("--engine", "ray", "--address", cluster.address, "--host", address(1)),
        *("--token-file", str(folder / "token"), "--model-repository", str(repository)),
        *("--allow-python-models", "--no-bundled-models", "--exit-with-stdin", *options),
    ]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=dict(cluster.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (folder / "serve.log").read_text()
            ready = json.loads(line)
            yield Served(ready["rest"], ready["grpc"], token, process.pid)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise
        # Of Ray's own handler of the signal, which writes where the program was.
        assert "*** SIGTERM" not in (folder / "serve.log").read_text()


def limits_bytes(groups: str, root: Path) -> list[int]:
    """Limits on the memory of a process, by its `/proc/self/cgroup` and the folder of groups."""
    found = []
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        group = root / controllers / path.strip("/")
        for folder in (group, *group.parents):
            for name in ("memory.max", "memory.limit_in_bytes"):
                limit = folder / name
                if limit.is_file() and (text := limit.read_text().strip()).isdigit():
                    found.append(int(text))
    return found


def _free_mib() -> int:
    """What is left of this machine's memory, and no more than a container may have."""
    limits = limits_bytes(_OWN_GROUPS.read_text(), _CGROUPS) if _OWN_GROUPS.exists() else []
    return min(psutil.virtual_memory().available, *limits) >> 20


def _ray() -> str:
    return str(Path(sys.executable).parent / "ray")


def _wait_for_node(log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while "Ray runtime started" not in log.read_text("utf-8", "replace"):
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < until, log.read_text("utf-8", "replace")
        time.sleep(0.2)
