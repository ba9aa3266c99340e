"""What our server costs beside the barest echo and beside other servers, as ratios of one run.

Run by hand, on a quiet machine:

    python -m tests.benchmarks.server_echo [--peer NAME=HOST:REST,GRPC ...] [--rounds 5]

Starts `main.py serve` and `tests.benchmarks.bare_echo` as children and measures `identity` on all
of them, round after round and each time in another order, with the same client: prepared bytes go
out, bytes come back and are not decoded. A peer must serve a model `identity` with INPUT0 and
OUTPUT0 UINT8 [-1]; what it does not offer (a stream, bytes over REST) is left out. HOST:,GRPC
measures only gRPC.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.process import tune_process

tune_process()

import grpc  # noqa: E402 - after the process is tuned
import numpy as np  # noqa: E402

from backend.clients.codecs.calls import RestCall  # noqa: E402
from backend.clients.connections.grpc import GrpcConnection  # noqa: E402
from backend.core.addresses import target_from_text  # noqa: E402
from backend.core.choices import Compression  # noqa: E402
from backend.core.errors import ConsoleError  # noqa: E402
from backend.core.flow import Credits  # noqa: E402
from backend.core.inference import InferRequest, RequestedOutput  # noqa: E402
from backend.core.target import Target  # noqa: E402
from backend.core.tensors import Datatype, Tensor  # noqa: E402
from backend.wire.oip.grpc import encode_request as encode_grpc  # noqa: E402
from backend.wire.oip.rest import encode_request as encode_rest  # noqa: E402
from tests.benchmarks.raw_http import RawHttp  # noqa: E402

_LIMIT = 256 * 1024 * 1024
_UNARY = "/inference.GRPCInferenceService/ModelInfer"
_STREAM = "/inference.GRPCInferenceService/ModelStreamInfer"
_SIZES = {"1 KB": 1024, "frame": 640 * 480 * 3}
_SECONDS = 0.8


@dataclass
class Row:
    """One measurement: milliseconds (median) or answers a second, a value for every round."""

    unit: str
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """What a server did in one round."""
        self.values.setdefault(name, []).append(value)


class NotOfferedError(Exception):
    """A peer answers with an error."""


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=HOST:REST,GRPC")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with Child("tests.benchmarks.bare_echo") as bare, Child("main", "serve") as ours:
        targets = {"ours": ours, "bare": bare}
        for peer in options.peer:
            name, _, text = peer.partition("=")
            targets[name] = target_from_text(text)
        rows: dict[str, Row] = {}
        for _ in range(options.rounds):
            for measure in (_streams, _unaries, _rests):
                for name in random.sample(list(targets), len(targets)):
                    try:
                        for title, unit, value in measure(targets[name]):
                            rows.setdefault(f"{title} {unit}", Row(unit)).add(name, value)
                    except (grpc.RpcError, ConsoleError, NotOfferedError) as error:
                        print(f"{name}: {str(error)[:100]!r}", file=sys.stderr)
    _print(rows, list(targets))
    return 0


def _streams(target: Target) -> Iterator[tuple[str, str, float]]:
    for size_name, size in _SIZES.items():
        request = encode_grpc(identity_request(size), raw=True)
        for in_flight in (1, 4, 16):
            latency, rate = stream_echo(target.grpc, request, in_flight)
            if in_flight == 1:
                yield f"stream {size_name}, 1 in flight", "ms", latency
            yield f"stream {size_name}, {in_flight} in flight", "/s", rate


def _unaries(target: Target) -> Iterator[tuple[str, str, float]]:
    for size_name, size in _SIZES.items():
        request = encode_grpc(identity_request(size), raw=True)
        channel = GrpcConnection(target, message_limit=_LIMIT)
        channel.wait_ready(5.0)
        took, until = [], time.perf_counter() + _SECONDS
        while time.perf_counter() < until:
            before = time.perf_counter()
            channel.unary(_UNARY, request, deadline_s=10.0, compression=Compression.NONE)
            took.append(time.perf_counter() - before)
        channel.close()
        yield f"unary {size_name}, 1 in flight", "ms", statistics.median(took) * 1e3


def _rests(target: Target) -> Iterator[tuple[str, str, float]]:
    if not target.rest:
        return
    for size_name, size in _SIZES.items():
        headers, body = encode_rest(identity_request(size), binary=True)
        call = RestCall("/v2/models/identity/infer", headers, bytes(body))
        for senders in (1, 4):
            latency, rate = _rest(target.rest, call, senders)
            if senders == 1:
                yield f"rest {size_name}, 1 in flight", "ms", latency
            yield f"rest {size_name}, {senders} in flight", "/s", rate


def identity_request(size: int) -> InferRequest:
    """Random bytes for `identity`, wanted back as bytes."""
    data = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    output = RequestedOutput("OUTPUT0", {"binary_data": True})
    tensor = Tensor("INPUT0", Datatype.UINT8, data)
    return InferRequest("identity", (tensor,), outputs=(output,))


def stream_echo(address: str, request: bytes, in_flight: int) -> tuple[float, float]:
    """Median milliseconds from sending to reply, and replies a second."""
    channel = GrpcConnection(Target("echo", grpc=address), message_limit=_LIMIT)
    channel.wait_ready(5.0)
    permits, sent, until = Credits(in_flight), list[float](), time.perf_counter() + _SECONDS

    def outgoing() -> Iterator[bytes]:
        while time.perf_counter() < until:
            if permits.take(1.0):
                sent.append(time.perf_counter())
                yield request

    took: list[float] = []
    started = time.perf_counter()
    for reply in channel.stream(_STREAM, outgoing(), compression=Compression.NONE):
        took.append(time.perf_counter() - sent[len(took)])
        if len(reply) <= len(request) // 2:
            raise NotOfferedError(reply[:100])
        permits.refund()
    rate = len(took) / (time.perf_counter() - started)
    channel.close()
    return statistics.median(took) * 1e3, rate


def _rest(url: str, call: RestCall, senders: int) -> tuple[float, float]:
    took: list[float] = []
    wrong: list[bytes] = []
    until = time.perf_counter() + _SECONDS

    def send() -> None:
        with RawHttp(url, call) as client:
            while time.perf_counter() < until:
                before = time.perf_counter()
                status, begin = client.send()
                took.append(time.perf_counter() - before)
                if status != 200:
                    wrong.append(begin)
                    return

    threads = [threading.Thread(target=send) for _ in range(senders)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(took) / (time.perf_counter() - started)
    if wrong or not took:
        raise NotOfferedError(b"".join(wrong[:1]))
    return statistics.median(took) * 1e3, rate


class Child:
    """A child process that says its addresses in its first line, ended with its standard input."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        if arguments:
            command.append("--exit-with-stdin")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def __enter__(self) -> Target:
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        return Target("child", rest=said["rest"], grpc=said["grpc"])

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def _print(rows: dict[str, Row], names: list[str]) -> None:
    """Medians, and the ratio of ours to every other within the same run."""
    median: Callable[[list[float]], float] = statistics.median
    others = [name for name in names if name != "ours"]
    heads = [f"{name:>10}" for name in names] + [f"{'ours/' + name:>14}" for name in others]
    print(f"{'':32}", *heads)
    for title, row in rows.items():
        values = {name: median(found) for name, found in row.values.items()}
        cells = [f"{values[name]:10.2f}" if name in values else f"{'-':>10}" for name in names]
        cells += [
            f"{values['ours'] / values[name]:14.2f}" if name in values else f"{'-':>14}"
            for name in others
        ]
        print(f"{title:32}", *cells)


if __name__ == "__main__":
    sys.exit(main())
