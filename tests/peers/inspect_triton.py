"""The inspector on a real Triton: every method and stream of the protocol, each sent twice.

    .venv/bin/python -m tests.peers.inspect_triton PROGRAM

PROGRAM takes HTTP_PORT GRPC_PORT REPOSITORY and further options, as `tritonserver` does behind a
script of two lines. A line for each call: how it ended, its replies, whether the second sending
got the same bytes, and where the time went. The exit code is 0 if every call did what it should.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from backend.clients.control.client import ServerControlClient
from backend.clients.dialects.known import dialect_for
from backend.core.choices import Compression, Serialization
from backend.core.process import tune_process
from backend.core.target import Dialect, Target
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import Exchange, MethodKind, Request
from backend.inspector.forms.input_argument import parse_input
from backend.inspector.forms.message_editor import message_from_value
from backend.inspector.forms.message_text import message_to_json
from backend.inspector.forms.tensor_form import TensorForm, to_request
from backend.inspector.methods.gathering import target_methods
from backend.inspector.methods.listing import MethodList
from backend.inspector.views.replies import reply_of
from tests.peers import peer_servers

DEADLINE_S = 20.0
SERVICE = "inference.GRPCInferenceService"
CHANGING = ("ModelStatistics", "TraceSetting", "LogSettings")
"""Replies that differ each time by their nature: numbers that count, maps in no order."""


class Run:
    """Calls, compares, prints and counts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.failures = 0

    def twice(self, request: Request, status: str, *, changing: bool = False) -> Exchange:
        """Send a request, and what its record holds once more."""
        first = self._caller.call(request)
        second = self._caller.call(first.request)
        name = first.status.name if first.status else "no status"
        same = changing or [r.body for r in first.replies] == [r.body for r in second.replies]
        whole = sum(part.duration_ns for part in first.timing) == first.total_ns
        good = (name in status.split("|") and same and whole) and first.request == second.request
        parts = ", ".join(f"{p.name} {p.duration_ns / 1e6:.2f}" for p in first.timing)
        self.say(good, f"{request.method}: {name}, {len(first.replies)} replies; {parts} ms")
        if not good:
            print(f"       {first.fault} same={same} whole={whole}")
        return first

    def say(self, good: bool, text: str) -> None:
        """One line."""
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {text}", flush=True)


def main() -> int:
    """Start Triton and call everything; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("program")
    program = parser.parse_args().program
    tune_process()
    with (
        tempfile.TemporaryDirectory() as folder,
        peer_servers.triton(program, Path(folder)) as target,
        Caller(target) as caller,
    ):
        run = Run(caller)
        rules = dialect_for(Dialect.TRITON)
        methods = target_methods(caller, rules)
        print(f"{len(methods.methods)} methods; {'; '.join(methods.remarks) or 'no remarks'}")
        form = _form(target)
        _every_method(run, methods, form)
        _inferences(run, target, form)
        _stream(run, caller, target, form)
        _routes(run, methods, form.model)
    print(f"{run.failures} failures")
    return 1 if run.failures else 0


def _form(target: Target) -> TensorForm:
    control = ServerControlClient(target)
    try:
        name = next(model.name for model in control.models() if "fp32" in model.name.lower())
    except StopIteration:
        name = control.models()[0].name
    finally:
        control.close()
    control = ServerControlClient(target)
    try:
        form = TensorForm.of(control.model_metadata(name))
    finally:
        control.close()
    return form.with_inputs(parse_input(f"{row.spec.name}=random:5") for row in form.rows)


def _every_method(run: Run, methods: MethodList, form: TensorForm) -> None:
    model = {"name": form.model}
    in_repository = {"model_name": form.model}
    region = {"name": "nobody", "key": "/nobody", "byte_size": 8}
    calls: dict[str, tuple[object, str]] = {
        "ServerLive": ({}, "OK"),
        "ServerReady": ({}, "OK"),
        "ModelReady": (model, "OK"),
        "ServerMetadata": ({}, "OK"),
        "ModelMetadata": (model, "OK"),
        "ModelConfig": (model, "OK"),
        "ModelStatistics": (model, "OK"),
        "RepositoryIndex": ({}, "OK"),
        "RepositoryModelUnload": (in_repository, "OK"),
        "RepositoryModelLoad": (in_repository, "OK"),
        "SystemSharedMemoryStatus": ({}, "OK"),
        "SystemSharedMemoryRegister": (region, "INTERNAL|INVALID_ARGUMENT"),
        "SystemSharedMemoryUnregister": ({}, "OK"),
        "CudaSharedMemoryStatus": ({}, "OK|UNIMPLEMENTED|INVALID_ARGUMENT"),
        "CudaSharedMemoryRegister": ({}, "UNIMPLEMENTED|INVALID_ARGUMENT|UNAVAILABLE"),
        "CudaSharedMemoryUnregister": ({}, "OK|UNIMPLEMENTED|INVALID_ARGUMENT"),
        "TraceSetting": ({}, "OK"),
        "LogSettings": ({}, "OK"),
    }
    for name, (value, status) in calls.items():
        method = methods.find(f"{SERVICE}/{name}")
        assert method.input is not None
        message = message_from_value(value, method.input)
        request = method.request("triton", [message], deadline_s=DEADLINE_S)
        exchange = run.twice(request, status, changing=name in CHANGING)
        if exchange.ok:
            assert method.output is not None
            message_to_json(exchange.body, method.output)
        if name == "RepositoryModelUnload":
            time.sleep(1.0)
    health = methods.find("grpc.health.v1.Health/Check")
    run.twice(health.request("triton", [b""], deadline_s=DEADLINE_S), "OK")


def _inferences(run: Run, target: Target, form: TensorForm) -> None:
    inference = form.infer_request()
    for serialization in Serialization:
        for compression in Compression:
            request = to_request(
                inference,
                serialization,
                target.name,
                compression=compression,
                deadline_s=DEADLINE_S,
            )
            exchange = run.twice(request, "OK")
            response = reply_of(exchange).response
            sent = {tensor.name: tensor.data for tensor in inference.inputs}
            got = [] if response is None else [tensor.data for tensor in response.outputs]
            same = all(any(np.array_equal(mine, one) for one in got) for mine in sent.values())
            run.say(same, f"  {serialization} {compression}: the numbers came back")


def _stream(run: Run, caller: Caller, target: Target, form: TensorForm) -> None:
    one = to_request(form.infer_request(), Serialization.RAW, target.name, stream=True)
    run.twice(one, "OK")
    call = caller.stream(Request(target.name, MethodKind.BIDI_STREAM, one.path)).start()
    for _ in range(1000):
        call.send(one.body, wait_s=DEADLINE_S)
    call.finish()
    exchange = call.wait(60)
    good = exchange is not None and exchange.ok and call.counts.received == 1000
    run.say(good, f"stream of 1000: {call.counts}")
    call = caller.stream(Request(target.name, MethodKind.BIDI_STREAM, one.path)).start()
    call.send(one.body)
    until = time.monotonic() + DEADLINE_S
    while not call.counts.received and time.monotonic() < until:
        time.sleep(0.01)
    call.cancel()
    exchange = call.wait(10)
    run.say(exchange is not None and exchange.cancelled, "a stream is cancelled in its middle")


def _routes(run: Run, methods: MethodList, model: str) -> None:
    parts = {"model": model, "version": "1", "region": "nobody"}
    for method in methods.methods:
        if not method.verb or method.pinned or "load" in method.path or method.sample:
            continue
        request = method.request(
            "triton", (), path=method.filled_path(parts), deadline_s=DEADLINE_S
        )
        exchange = run.twice(request, "OK|Bad Request", changing="stats" in method.path)
        assert exchange.status is not None


if __name__ == "__main__":
    sys.exit(main())
