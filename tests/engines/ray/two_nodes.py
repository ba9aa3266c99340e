"""A real cluster of two nodes on this machine: a network namespace, a home and a port range each.

Needs root, `ip` and Ray. Everything is started here and ended with the block, by its pid. What a
run that was killed has left is ended by the next one; two at once wait for each other.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
_NETWORK = "10.77.0"
_GCS_PORT = 6379
START_S = 300
"""For a start, which takes half a minute where nothing else runs."""
_END_S = 60
_BRIDGE = "ideckbr"
_PLACES = (1, 2)
_MEMORY_MIB = 3000
# Not below the test's folder: the paths of sockets are at most 107 bytes long.
_HOME = Path(tempfile.gettempdir(), "ideck-cluster")
_LOCK = Path(tempfile.gettempdir(), "ideck-cluster.lock")
_HEAD = ("--include-dashboard=false", f"--temp-dir={_HOME}")


@dataclass(eq=False)
class Node:
    """One node; `address` is its own, `process` keeps its raylet."""

    place: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"{_NETWORK}.{self.place}"

    @property
    def namespace(self) -> str:
        return f"ideck{self.place}"

    def kill(self) -> None:
        """As if its power failed: every process of the namespace at once."""
        _kill_all(self.namespace)
        self.process.wait()


@dataclass(eq=False)
class Cluster:
    """Two nodes, the first with the cluster's own memory."""

    environment: Mapping[str, str]
    nodes: list[Node] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{_NETWORK}.1:{_GCS_PORT}"


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
    free_mib = psutil.virtual_memory().available >> 20
    if free_mib < _MEMORY_MIB:
        return f"two nodes need {_MEMORY_MIB} MiB of memory, and {free_mib} are free"
    try:
        with _alone(), _network():
            return ""
    except AssertionError as error:
        return f"network namespaces cannot be made: {error}"


@contextmanager
def cluster(folder: Path, *, cpus: int = 4) -> Iterator[Cluster]:
    """Start both nodes, each with so many logical CPUs."""
    environment = os.environ | {
        "HOME": str(folder),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(ROOT),
        # A node that is gone is to be noticed within seconds.
        "RAY_health_check_initial_delay_ms": "1000",
        "RAY_health_check_period_ms": "500",
        "RAY_health_check_failure_threshold": "6",
    }
    with ExitStack() as stack:
        stack.enter_context(_alone())
        stack.enter_context(_network())
        stack.callback(shutil.rmtree, _HOME, ignore_errors=True)
        found = Cluster(environment)
        for place in _PLACES:
            role = (
                [*("--head", f"--port={_GCS_PORT}"), *_HEAD]
                if place == 1
                else [f"--address={found.address}"]
            )
            command = [
                *("ip", "netns", "exec", f"ideck{place}", _ray(), "start", "--block"),
                *(f"--node-ip-address={_NETWORK}.{place}", f"--num-cpus={cpus}"),
                *("--object-store-memory=200000000", "--disable-usage-stats", *role),
            ]
            log = stack.enter_context((folder / f"node{place}.log").open("wb"))
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            node = Node(place, process)
            stack.callback(_end, node)
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
        *("ip", "netns", "exec", "ideck1", sys.executable, str(ROOT / "main.py"), "serve"),
        *("--engine", "ray", "--address", cluster.address, "--host", f"{_NETWORK}.1"),
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


@contextmanager
def _alone() -> Iterator[None]:
    """No other cluster of these names, and nothing of one whose test was killed."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for place in _PLACES:
            with suppress(AssertionError):  # it is not there
                _kill_all(f"ideck{place}")
                _ip("netns", "del", f"ideck{place}")
        with suppress(AssertionError):
            _ip("link", "del", _BRIDGE)
        shutil.rmtree(_HOME, ignore_errors=True)
        yield


@contextmanager
def _network() -> Iterator[None]:
    with ExitStack() as stack:
        _ip("link", "add", _BRIDGE, "type", "bridge")
        stack.callback(_ip, "link", "del", _BRIDGE)
        _ip("addr", "add", f"{_NETWORK}.254/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for place in _PLACES:
            space, link = f"ideck{place}", f"ideckv{place}"
            _ip("netns", "add", space)
            stack.callback(_ip, "netns", "del", space)
            _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
            # At once: with its namespace it would go some time after the command.
            stack.callback(_ip, "link", "del", link)
            _ip("link", "set", link, "master", _BRIDGE, "up")
            _ip("-n", space, "addr", "add", f"{_NETWORK}.{place}/24", "dev", "eth0")
            _ip("-n", space, "link", "set", "eth0", "up")
            _ip("-n", space, "link", "set", "lo", "up")
        yield


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def _kill_all(namespace: str) -> None:
    for pid in _ip("netns", "pids", namespace).split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def _ray() -> str:
    return str(Path(sys.executable).parent / "ray")


def _wait_for_node(log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while "Ray runtime started" not in log.read_text("utf-8", "replace"):
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < until, log.read_text("utf-8", "replace")
        time.sleep(0.2)


def _end(node: Node) -> None:
    if node.process.poll() is None:
        node.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            node.process.wait(20)
    node.kill()
