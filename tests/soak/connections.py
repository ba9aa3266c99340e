"""Ten thousand calls of every kind that are given up at random moments; what do they leave behind?

Run by hand: `python -m tests.soak.connections [CYCLES]`. The server is asked over gRPC
(unary calls, streams, Watch, nonsense) and REST (requests cut short or never listened to) for
models of every kind, one in a process of its own among them. Exits 1 if there is a thread, a
descriptor, a task on the server's loop or a pending request more than before, if a limit has lost
a place, or if resident memory after the run is more than 10 MB above its value after the first
tenth of it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from backend.core.process import trim_memory, tune_process

tune_process()

import grpc  # noqa: E402 - after the process is tuned
import psutil  # noqa: E402

from backend.models.catalogue import repository_registry  # noqa: E402
from backend.models.code.permission import AllCode  # noqa: E402
from backend.server.lifecycle.embedded import EmbeddedServer  # noqa: E402
from backend.server.settings.limits import Limits  # noqa: E402
from backend.server.settings.options import ServerOptions  # noqa: E402
from backend.wire.oip import grpc as oip_grpc  # noqa: E402
from tests.server.dropping_clients import (  # noqa: E402
    Held,
    held_at_rest,
    offer_models,
    run_cycles,
)
from tests.server.grpc_calls import streaming  # noqa: E402
from tests.server.scripted_servables import asking  # noqa: E402

_ALLOWED_MB = 10.0
_STREAMS = 16
_PYTHON = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            for value in range(4):
                if request.is_cancelled():
                    break
                out = pb_utils.Tensor("OUTPUT0", np.array([value], np.int32))
                sender.send(pb_utils.InferenceResponse([out]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""
_PYTHON_CONFIG = """
backend: "python"
input { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
model_transaction_policy { decoupled: true }
"""


def main(cycles: int) -> int:
    """Run and report; see the module's text for the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        _write_model(Path(folder) / "python")
        registry = repository_registry([Path(folder)], bundled=True, code=AllCode())
        registry.load_all()
        registry.load("identity")
        offer_models(registry)
        limits = Limits(streams=_STREAMS, connections=16, calls=64)
        server = EmbeddedServer(registry, ServerOptions(limits=limits))
        server.start()
        try:
            return _run(server, cycles)
        finally:
            server.stop()
            registry.close()


def _run(server: EmbeddedServer, cycles: int) -> int:
    first = cycles // 10
    run_cycles(server, first, models=("python",))
    before, warm_mb = held_at_rest(server), _memory_mb()
    started = time.monotonic()
    for part in range(9):
        run_cycles(server, first, seed=1 + part, models=("python",))
        print(
            f"{(part + 2) * first:6} cycles  {Held.now(server)}  {_memory_mb():.1f} MB", flush=True
        )
    seconds = time.monotonic() - started
    after = held_at_rest(server, before)
    memory_mb, answered = _memory_mb(), _streams_answered(server)
    seen = Counter(row.status for row in server.requests.snapshot())
    print(f"last calls     {dict(seen.most_common())}")
    print(f"before         {before}, {warm_mb:.1f} MB")
    print(f"after          {after}, {memory_mb:.1f} MB; {9 * first / seconds:.0f} cycles/s")
    print(f"streams        {answered} of {_STREAMS} answered at once")
    good = after.within(before) and memory_mb - warm_mb <= _ALLOWED_MB and answered == _STREAMS
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


def _streams_answered(server: EmbeddedServer) -> int:
    """How many streams the server takes and answers when it has nothing else to do."""
    message = oip_grpc.encode_request(asking("quick", 1), raw=True)
    with grpc.insecure_channel(server.grpc_address) as channel:
        call = streaming(channel, oip_grpc.MODEL_STREAM_INFER)
        calls = [call(iter([message]), timeout=20) for _ in range(_STREAMS)]
        try:
            return sum(len(list(call)) for call in calls)
        except grpc.RpcError as error:
            print(error)
            return 0


def _memory_mb() -> float:
    trim_memory()
    return float(psutil.Process().memory_info().rss / 1e6)


def _write_model(folder: Path) -> None:
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(_PYTHON_CONFIG)
    (folder / "1" / "model.py").write_text(_PYTHON)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
