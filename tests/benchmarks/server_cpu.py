"""CPU time of our server for a request beside that of the barest echo, as ratios of one run.

Run by hand, on Linux. A machine that others use too bends these ratios less than wall time:

    python -m tests.benchmarks.server_cpu [--rounds 21]

Starts what `tests.benchmarks.server_echo` starts, and reads from /proc how long the threads of both
have run. A ratio is the median of those of all rounds, each with both servers in turn.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from backend.clients.codecs.calls import RestCall
from backend.clients.connections.grpc import GrpcConnection
from backend.core.choices import Compression
from backend.core.flow import Credits
from backend.core.target import Target
from backend.wire.oip.grpc import (
    MODEL_INFER,
    MODEL_STREAM_INFER,
)
from backend.wire.oip.grpc import encode_request as encode_grpc
from backend.wire.oip.rest import encode_request as encode_rest
from tests.benchmarks.raw_http import RawHttp
from tests.benchmarks.server_echo import Child, identity_request

_LIMIT = 256 * 1024 * 1024
_SIZES = {"1 KB": (1024, 150), "frame": (640 * 480 * 3, 40)}
"""Bytes of a message, and how many of them make a round."""


def main() -> int:
    """Measure and print a table: microseconds of CPU, and the ratios of CPU and of wall time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    children = Child("main", "serve"), Child("tests.benchmarks.bare_echo")
    with children[0] as ours, children[1] as bare:
        for size_name, (size, count) in _SIZES.items():
            for name, send in _ways(size).items():
                send(ours, count)
                send(bare, count)
                taken = [
                    [_taken(child.pid, target, send, count) for child, target in pairs]
                    for pairs in [tuple(zip(children, (ours, bare), strict=True))] * rounds
                ]
                cpu = statistics.median(mine[0] / its[0] for mine, its in taken)
                wall = statistics.median(mine[1] / its[1] for mine, its in taken)
                own = statistics.median(mine[0] for mine, _ in taken)
                print(f"{name:14} {size_name:6} {own:7.0f} us, CPU {cpu:.2f}, wall {wall:.2f}")
    return 0


Send = Callable[[Target, int], None]


def _ways(size: int) -> dict[str, Send]:
    request = encode_grpc(identity_request(size), raw=True)
    headers, body = encode_rest(identity_request(size), binary=True)
    call = RestCall("/v2/models/identity/infer", headers, body)

    def unary(target: Target, count: int) -> None:
        channel = GrpcConnection(target, message_limit=_LIMIT)
        for _ in range(count):
            channel.unary(MODEL_INFER, request, deadline_s=60.0, compression=Compression.NONE)
        channel.close()

    def rest(target: Target, count: int) -> None:
        with RawHttp(target.rest, call) as client:
            for _ in range(count):
                assert client.send()[0] == 200

    def stream(in_flight: int) -> Send:
        def send(target: Target, count: int) -> None:
            permits = Credits(in_flight)

            def outgoing() -> Iterator[bytes]:
                for _ in range(count):
                    permits.take(60.0)
                    yield request

            channel = GrpcConnection(target, message_limit=_LIMIT)
            for _ in channel.stream(MODEL_STREAM_INFER, outgoing()):
                permits.refund()
            channel.close()

        return send

    streams = {f"stream, {n} at once": stream(n) for n in (1, 4, 16)}
    return {"unary": unary, "REST": rest, **streams}


def _taken(pid: int, target: Target, send: Send, count: int) -> tuple[float, float]:
    """Microseconds of the server's CPU and of wall time for each of so many requests."""
    cpu, wall = _cpu_ns(pid), time.monotonic_ns()
    send(target, count)
    return (_cpu_ns(pid) - cpu) / count / 1e3, (time.monotonic_ns() - wall) / count / 1e3


def _cpu_ns(pid: int) -> int:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads)


if __name__ == "__main__":
    sys.exit(main())
