"""Processor time that a server spends on a frame as JSON numbers, ours beside others.

Run by hand: `python -m tests.benchmarks.json_cpu [--peer NAME=HOST:REST,:PID ...] [--rounds 5]`,
a peer with the id of its process, whose children count too. 921,600 numbers go there and come back.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned
import psutil  # noqa: E402

from backend.clients.codecs.calls import RestCall  # noqa: E402
from backend.clients.connections.rest import RestConnection  # noqa: E402
from backend.core.inference import InferRequest  # noqa: E402
from backend.core.target import Target  # noqa: E402
from backend.core.tensors import Datatype, Tensor  # noqa: E402
from backend.wire.oip.rest import encode_request  # noqa: E402
from tests.benchmarks.server_echo import Child  # noqa: E402

_NUMBERS = 640 * 480 * 3
_REQUESTS = 3
_LIMIT = 256 * 1024 * 1024


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PORT,PID")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ours = Child("main", "serve")
    spent: dict[str, list[float]] = {}
    took: dict[str, list[float]] = {}
    with ours as target:
        servers = {"ours": (target.rest, ours.pid)}
        for peer in options.peer:
            name, _, rest = peer.partition("=")
            port, _, pid = rest.partition(",")
            servers[name] = (f"http://127.0.0.1:{port}", int(pid))
        for _ in range(options.rounds):
            for name, (url, pid) in servers.items():
                cpu_ms, wall_ms = _measure(url, pid)
                spent.setdefault(name, []).append(cpu_ms)
                took.setdefault(name, []).append(wall_ms)
    for name in servers:
        cpu, wall = statistics.median(spent[name]), statistics.median(took[name])
        ratio = statistics.median(spent["ours"]) / cpu if cpu else float("nan")
        print(f"{name:10} {cpu:8.1f} ms CPU {wall:8.1f} ms   ours/{name} {ratio:.3f}")
    return 0


def _measure(url: str, pid: int) -> tuple[float, float]:
    """Milliseconds for one request: of the server's processors, and of the clock."""
    data = np.random.default_rng(1).integers(0, 256, _NUMBERS, np.uint8)
    request = InferRequest("identity", (Tensor("INPUT0", Datatype.UINT8, data),))
    headers, body = encode_request(request, binary=False)
    call = RestCall("/v2/models/identity/infer", headers, body)
    channel = RestConnection(Target("json", url), message_limit=_LIMIT)
    channel.send(call, deadline_s=60.0)
    before, started = _processor_s(pid), time.perf_counter()
    for _ in range(_REQUESTS):
        reply = channel.send(call, deadline_s=60.0)
        assert reply.status == 200, reply.body[:300]
        assert len(reply.body) > _NUMBERS * 2
    wall = time.perf_counter() - started
    spent = _processor_s(pid) - before
    channel.close()
    return spent / _REQUESTS * 1e3, wall / _REQUESTS * 1e3


def _processor_s(pid: int) -> float:
    process = psutil.Process(pid)
    parts = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(part.user + part.system for part in parts)


if __name__ == "__main__":
    sys.exit(main())
