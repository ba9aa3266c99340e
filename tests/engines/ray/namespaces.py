"""Two network namespaces for the nodes of a cluster, on a bridge that this machine is at, too.

Needs root and `ip`. Their names and addresses are always the same: what a run that was killed has
left is found and ended by the next one. Two at once wait for each other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PLACES = (1, 2)
# Not below the test's folder: the paths of sockets are at most 107 bytes long.
HOME = Path(tempfile.gettempdir(), "ideck-cluster")
"""Where the nodes keep what they share; gone with the namespaces."""
_LOCK = Path(tempfile.gettempdir(), "ideck-cluster.lock")
_BRIDGE = "ideckbr"
# Of those for measuring networks (RFC 2544), which are nobody's.
_NETWORK = "198.18.77"
_CONNECT_S = 30
_END_S = 120.0
_ACCEPT = """
import socket
server = socket.create_server(("", 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()
"""
_CONNECT = f"""
import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), {_CONNECT_S})
"""


class NoNetworkError(Exception):
    """Why there can be no two namespaces that reach each other."""


def address(place: int) -> str:
    """Of a node, for the other one and for this machine."""
    return f"{_NETWORK}.{place}"


def inside(place: int) -> list[str]:
    """What stands before a command that is to run on a node."""
    return ["ip", "netns", "exec", _space(place)]


@contextmanager
def namespaces() -> Iterator[None]:
    """Have both, and end whatever runs in them with the block; raises NoNetworkError."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _sweep()
        try:
            _make()
            yield
        finally:
            _sweep()


def check_ways() -> None:
    """Raise NoNetworkError if the second node, or this machine, cannot reach the first.

    Where a firewall filters what crosses bridges, as for containers, it cannot.
    """
    listening = [*inside(1), sys.executable, "-c", _ACCEPT]
    with subprocess.Popen(listening, stdout=subprocess.PIPE, text=True) as listener:
        try:
            assert listener.stdout is not None
            port = listener.stdout.readline().strip()
            for who, prefix in (("the other one", inside(2)), ("this machine", [])):
                command = [*prefix, sys.executable, "-c", _CONNECT, address(1), port]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    reason = (done.stderr.splitlines() or ["it ended"])[-1]
                    raise NoNetworkError(f"a node is not reached by {who}: {reason}")
        finally:
            listener.kill()


def end_all(place: int) -> None:
    """As if the node's power failed: every process at once, and those that it began meanwhile."""
    until = time.monotonic() + _END_S
    while pids := _ip("netns", "pids", _space(place)).split():
        if time.monotonic() > until:
            raise NoNetworkError(f"what runs in {_space(place)} cannot be ended")
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.01)


def _make() -> None:
    _ip("link", "add", _BRIDGE, "type", "bridge")
    _ip("addr", "add", f"{_NETWORK}.254/24", "dev", _BRIDGE)
    _ip("link", "set", _BRIDGE, "up")
    for place in PLACES:
        space, link = _space(place), _link(place)
        _ip("netns", "add", space)
        _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", link, "master", _BRIDGE, "up")
        _ip("-n", space, "addr", "add", f"{address(place)}/24", "dev", "eth0")
        _ip("-n", space, "link", "set", "eth0", "up")
        _ip("-n", space, "link", "set", "lo", "up")


def _sweep() -> None:
    """Take away all of it that is there."""
    there = [line.split()[0] for line in _ip("netns", "list").splitlines() if line]
    for place in PLACES:
        if _space(place) in there:
            end_all(place)
        # Links at once: with their namespaces they would go some time after the command.
        _ip_if_there("link", "del", _link(place))
        if _space(place) in there:
            _ip("netns", "del", _space(place))
    _ip_if_there("link", "del", _BRIDGE)
    shutil.rmtree(HOME, ignore_errors=True)


def _space(place: int) -> str:
    return f"ideck{place}"


def _link(place: int) -> str:
    return f"ideckv{place}"


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNetworkError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _ip_if_there(*arguments: str) -> None:
    with suppress(NoNetworkError):
        _ip(*arguments)
