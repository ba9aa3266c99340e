"""Record what real servers of each dialect answer, for the tests that run without them.

    .venv/bin/python -m tests.peers.record_dialects \\
        --triton PROGRAM --mlserver PROGRAM --kserve PYTHON

Each server that is named is started with two small models that echo, asked everything our clients
ask, and stopped; the embedded server is always recorded. The bytes of every exchange go to
``tests/clients/captures/<server>.json``. PROGRAM for Triton takes HTTP_PORT GRPC_PORT REPOSITORY
and further options; for MLServer it is its ``mlserver``; PYTHON is that of an environment with
``kserve`` in it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from backend.clients.codecs.calls import RestCall, RestReply
from backend.clients.connections.grpc import GrpcConnection, has_health
from backend.clients.connections.rest import RestConnection, takes_binary
from backend.clients.control.grpc import GrpcControl
from backend.clients.control.rest import RestControl
from backend.clients.dialects.known import rules_of_server
from backend.core.choices import Compression
from backend.core.errors import ConsoleError
from backend.core.inference import InferRequest
from backend.core.target import Dialect, Target
from backend.core.tensors import Datatype, Tensor
from backend.core.traffic import Transfer
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from backend.wire.oip import grpc as oip_grpc
from backend.wire.oip import rest as oip_rest
from tests.peers import peer_servers

CAPTURES = Path(__file__).parents[1] / "clients" / "captures"
KEPT_HEADERS = ("content-type", "inference-header-content-length")
LIMIT = 1024 * 1024
DEADLINE_S = 20.0
CLOSING_S = 0.1
"""uvicorn closes the connection a moment after an error that its program did not catch."""


class Log:
    """The exchanges of one server, in order, under the name of what they show."""

    def __init__(self) -> None:
        self.name = ""
        self.rest: list[dict[str, Any]] = []
        self.grpc: list[dict[str, Any]] = []


class RecordingRest(RestConnection):
    """Notes every call and its reply."""

    def __init__(self, log: Log, target: Target) -> None:
        super().__init__(target, message_limit=LIMIT)
        self._log = log

    def send(
        self, call: RestCall, *, deadline_s: float, transfer: Transfer | None = None
    ) -> RestReply:
        reply = super().send(call, deadline_s=deadline_s, transfer=transfer)
        self._log.rest.append(
            {
                "name": self._log.name,
                "method": call.method,
                "path": call.path,
                "request_headers": _kept(call.headers),
                "request": bytes(call.body).hex(),
                "status": reply.status,
                "headers": _kept(reply.headers),
                **_body(bytes(reply.body)),
            }
        )
        if reply.status >= 500:
            time.sleep(CLOSING_S)
        return reply


class RecordingGrpc(GrpcConnection):
    """Notes every call and its reply, or its status."""

    def __init__(self, log: Log, target: Target) -> None:
        super().__init__(target, message_limit=LIMIT)
        self._log = log

    def unary(
        self, method: str, message: bytes, *, deadline_s: float, compression: Compression
    ) -> bytes:
        del compression
        replies: list[bytes] = []
        status, details, failure = "OK", "", None
        try:
            replies.extend(self.stream(method, message, timeout_s=deadline_s))
        except grpc.RpcError as error:
            status, details, failure = error.code().name, error.details() or "", error
        self._note(method, [message], replies, status, details)
        if failure is not None:
            raise self.explain(failure) from failure
        return replies[0]

    def stream_of(self, method: str, messages: list[bytes]) -> None:
        """Send all, half-close, and read until the server ends the stream."""
        replies: list[bytes] = []
        status, details = "OK", ""
        try:
            replies.extend(self.stream(method, iter(messages), timeout_s=DEADLINE_S))
        except grpc.RpcError as error:
            status, details = error.code().name, error.details() or ""
        self._note(method, messages, replies, status, details)

    def _note(
        self, method: str, requests: list[bytes], replies: list[bytes], status: str, details: str
    ) -> None:
        self._log.grpc.append(
            {
                "name": self._log.name,
                "method": method,
                "requests": [message.hex() for message in requests],
                "replies": [message.hex() for message in replies],
                "status": status,
                "details": details,
            }
        )


def _kept(headers: Any) -> dict[str, str]:
    return {key.lower(): value for key, value in headers.items() if key.lower() in KEPT_HEADERS}


def _body(data: bytes) -> dict[str, str]:
    """As text where it is text, for people who read the file."""
    try:
        return {"text": data.decode()} if b"\0" not in data else {"hex": data.hex()}
    except UnicodeDecodeError:
        return {"hex": data.hex()}


def record(target: Target, folder: str) -> dict[str, Any]:
    """Everything our clients ask, through both doors."""
    log = Log()
    rest, channel = RecordingRest(log, target), RecordingGrpc(log, target)
    try:
        rest_control, grpc_control = RestControl(rest, DEADLINE_S), GrpcControl(channel, DEADLINE_S)
        log.name = "server metadata"
        metadata = rest_control.server_metadata()
        grpc_control.server_metadata()
        rules = rules_of_server(Dialect.AUTO, metadata)
        for control in (rest_control, grpc_control):
            _ask(log, _questions(control, rules))
        log.name = "binary probe"
        takes_binary(rest, "identity", DEADLINE_S)
        log.name = "health"
        has_health(channel, DEADLINE_S)
        _infer_rest(log, rest)
        _infer_grpc(log, channel)
        _ask(log, _changes(rest_control, rules, "numbers"))
        _ask(log, _changes(grpc_control, rules, "spare"))
    finally:
        rest.close()
        channel.close()
    value = {
        "server": f"{metadata.name} {metadata.version}",
        "dialect": rules.dialect,
        "origin": "Recorded by tests/peers/record_dialects.py from a running server.",
        "rest": log.rest,
        "grpc": log.grpc,
    }
    cleaned: dict[str, Any] = json.loads(json.dumps(value).replace(folder, "/models"))
    return cleaned


def _questions(control: Any, rules: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each call of a control, under the name of what it shows."""
    yield "models", lambda: control.models(rules)
    yield "model metadata", lambda: control.model_metadata("identity", "")
    yield "unknown model metadata", lambda: control.model_metadata("nosuch", "")
    yield "model version", lambda: control.model_metadata("identity", "1")
    yield "ready", lambda: control.ready(rules, "identity", "")
    yield "unknown ready", lambda: control.ready(rules, "nosuch", "")
    yield "config", lambda: control.model_config("identity", "")
    yield "statistics", lambda: control.statistics("identity", "")


def _changes(control: Any, rules: Any, model: str) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "unload", lambda: control.unload(rules, model)
    yield "models after unload", lambda: control.models(rules)
    yield "unknown unload", lambda: control.unload(rules, "nosuch")
    yield "load", lambda: control.load(rules, model, "")
    yield "unknown load", lambda: control.load(rules, "nosuch", "")


def _ask(log: Log, calls: Iterator[tuple[str, Callable[[], object]]]) -> None:
    for name, call in calls:
        log.name = name
        with suppress(ConsoleError):
            call()


def requests(seq: int = 1) -> dict[str, InferRequest]:
    """What is inferred: good ones and bad ones."""
    small = np.array([1, 2, seq], np.uint8)
    nan = np.array([1.5, np.nan, -2.0], np.float32)
    return {
        "infer": InferRequest("identity", (Tensor("INPUT0", Datatype.UINT8, small),), id=str(seq)),
        "infer without id": InferRequest("identity", (Tensor("INPUT0", Datatype.UINT8, small),)),
        "infer nan": InferRequest("numbers", (Tensor("INPUT0", Datatype.FP32, nan),), id=str(seq)),
        "infer unknown model": InferRequest(
            "nosuch", (Tensor("INPUT0", Datatype.UINT8, small),), id=str(seq)
        ),
        "infer wrong input": InferRequest(
            "identity", (Tensor("WRONG", Datatype.UINT8, small),), id=str(seq)
        ),
    }


def _infer_rest(log: Log, rest: RestConnection) -> None:
    for name, request in requests().items():
        for binary in (False, True):
            log.name = f"{name} {'binary' if binary else 'json'}"
            headers, body = oip_rest.encode_request(request, binary=binary, bare_nan=True)
            call = RestCall(oip_rest.infer_path(request.model), headers, body)
            try:
                rest.send(call, deadline_s=DEADLINE_S)
            except ConsoleError as error:
                print(f"  {log.name}: {error}")
    log.name = "infer malformed json"
    path = oip_rest.infer_path("identity")
    rest.send(RestCall(path, {"Content-Type": "application/json"}, b"{"), deadline_s=DEADLINE_S)


def _infer_grpc(log: Log, channel: RecordingGrpc) -> None:
    for name, request in requests().items():
        for raw in (False, True):
            log.name = f"{name} {'raw' if raw else 'typed'}"
            with suppress(ConsoleError):
                channel.unary(
                    oip_grpc.MODEL_INFER,
                    oip_grpc.encode_request(request, raw=raw),
                    deadline_s=DEADLINE_S,
                    compression=Compression.NONE,
                )
    for raw in (False, True):
        log.name = f"stream {'raw' if raw else 'typed'}"
        good = [oip_grpc.encode_request(requests(seq)["infer"], raw=raw) for seq in (1, 2, 3)]
        channel.stream_of(oip_grpc.MODEL_STREAM_INFER, good)
        log.name = f"stream with an error {'raw' if raw else 'typed'}"
        bad = oip_grpc.encode_request(requests(2)["infer unknown model"], raw=raw)
        channel.stream_of(oip_grpc.MODEL_STREAM_INFER, [good[0], bad, good[2]])


def main() -> None:
    """Record every server that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for server in ("triton", "mlserver", "kserve"):
        parser.add_argument(f"--{server}", metavar="PROGRAM")
    wanted = vars(parser.parse_args())
    CAPTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, program in wanted.items():
            if program:
                with getattr(peer_servers, name)(program, Path(folder)) as target:
                    _write(name, record(target, folder))
        ours = EmbeddedServer(bundled_registry(), ServerOptions())
        ours.start()
        try:
            _write("oip", record(Target("oip", ours.rest_url, ours.grpc_address), folder))
        finally:
            ours.stop()


def _write(name: str, value: dict[str, Any]) -> None:
    path = CAPTURES / f"{name}.json"
    path.write_text(json.dumps(value, indent=1, ensure_ascii=True) + "\n")
    print(f"{path.name}: {len(value['rest'])} + {len(value['grpc'])} exchanges")


if __name__ == "__main__":
    main()
