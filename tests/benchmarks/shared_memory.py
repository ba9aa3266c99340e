"""A 1280x720 frame through our own server: by shared memory, and by a gRPC stream.

Run by hand, on Linux: `python -m tests.benchmarks.shared_memory [--rounds 5]`. Both go over a gRPC
stream with one message in flight. With shared memory the client copies the frame into one region,
which counts, and finds the reply in another; without, prepared bytes go out and come back.
"""

from __future__ import annotations

import argparse
import mmap
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.core.process import tune_process

tune_process()

import numpy as np  # noqa: E402 - after the process is tuned

from backend.clients.connections.grpc import GrpcConnection  # noqa: E402
from backend.core.choices import Compression  # noqa: E402
from backend.core.flow import Credits  # noqa: E402
from backend.core.target import Target  # noqa: E402
from backend.wire.generated import open_inference_pb2 as pb  # noqa: E402
from backend.wire.oip.grpc import SERVICE, encode_request  # noqa: E402
from tests.benchmarks.server_echo import Child, identity_request, stream_echo  # noqa: E402

_SIZE = 1280 * 720 * 3
_SECONDS = 1.0
_STREAM = f"/{SERVICE}/ModelStreamInfer"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    shared: list[float] = []
    streamed: list[float] = []
    request = encode_request(identity_request(_SIZE), raw=True)
    with Child("main", "serve") as target:
        for _ in range(options.rounds):
            streamed.append(stream_echo(target.grpc, request, 1)[0])
            shared.append(_by_memory(target.grpc))
    one, other = statistics.median(shared), statistics.median(streamed)
    print(f"shared memory {one:.3f} ms, gRPC stream {other:.3f} ms, ratio {one / other:.3f}")
    return 0


def _by_memory(address: str) -> float:
    """Median milliseconds from a frame in the client's hands to its echo there."""
    channel = GrpcConnection(Target("memory", grpc=address), message_limit=_SIZE * 4)
    channel.wait_ready(5.0)
    frame = np.random.default_rng(1).integers(0, 256, _SIZE, np.uint8).tobytes()
    took: list[float] = []
    with _region(channel, "in") as there, _region(channel, "out") as back:
        permits, until = Credits(1), time.perf_counter() + _SECONDS
        request, sent = _request(), [0.0]

        def outgoing() -> Iterator[bytes]:
            while time.perf_counter() < until:
                if permits.take(1.0):
                    sent[0] = time.perf_counter()
                    there[:] = frame
                    yield request

        for reply in channel.stream(_STREAM, outgoing(), compression=Compression.NONE):
            message = pb.ModelStreamInferResponse.FromString(reply)
            assert not message.error_message, message.error_message
            took.append(time.perf_counter() - sent[0])
            permits.refund()
        assert back[:] == frame
    channel.close()
    return statistics.median(took) * 1e3


@contextmanager
def _region(channel: GrpcConnection, name: str) -> Iterator[mmap.mmap]:
    """A registered region of the frame's size."""
    key = f"inferdeck-benchmark-{os.getpid()}-{name}"
    path = Path("/dev/shm") / key
    path.write_bytes(bytes(_SIZE))
    try:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), _SIZE) as memory:
            register = pb.SystemSharedMemoryRegisterRequest(name=name, key=key, byte_size=_SIZE)
            _ask(channel, f"/{SERVICE}/SystemSharedMemoryRegister", register.SerializeToString())
            yield memory
            gone = pb.SystemSharedMemoryUnregisterRequest(name=name)
            _ask(channel, f"/{SERVICE}/SystemSharedMemoryUnregister", gone.SerializeToString())
    finally:
        path.unlink()


def _ask(channel: GrpcConnection, method: str, message: bytes) -> None:
    channel.unary(method, message, deadline_s=5.0, compression=Compression.NONE)


def _request() -> bytes:
    request = pb.ModelInferRequest(model_name="identity")
    entry = request.inputs.add(name="INPUT0", datatype="UINT8", shape=[_SIZE])
    _place(entry.parameters, "in")
    _place(request.outputs.add(name="OUTPUT0").parameters, "out")
    return request.SerializeToString()


def _place(parameters: object, region: str) -> None:
    parameters["shared_memory_region"].string_param = region  # type: ignore[index]
    parameters["shared_memory_byte_size"].int64_param = _SIZE  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
