"""Calls by hand to the embedded server: every method, what is recorded, and sending it again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.clients.dialects.known import dialect_for
from backend.core.choices import Compression
from backend.core.errors import PayloadTooLarge, UsageError
from backend.core.target import Credentials, Dialect, Target, Tls
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import Exchange, MethodKind, Request
from backend.inspector.forms.message_editor import message_from_text, message_from_value
from backend.inspector.forms.message_text import message_to_json, message_to_value, parsed
from backend.inspector.json_layout import laid_out
from backend.inspector.methods.gathering import known_methods, target_methods
from backend.inspector.methods.listing import MethodList
from backend.models.catalogue import bundled_registry
from backend.server.lifecycle.embedded import EmbeddedServer
from backend.server.settings.options import ServerOptions
from tests.certificates import Authority

INFERENCE = "inference.GRPCInferenceService"
TENSOR = {
    "model_name": "identity_fp32",
    "id": "7",
    "inputs": [
        {
            "name": "INPUT0",
            "datatype": "FP32",
            "shape": [2],
            "contents": {"fp32_contents": [1, 2]},
        }
    ],
}
MODEL = {"name": "identity_fp32"}
ANSWERS: dict[str, tuple[object, str]] = {
    "ServerLive": ({}, "OK"),
    "ServerReady": ({}, "OK"),
    "ModelReady": (MODEL, "OK"),
    "ServerMetadata": ({}, "OK"),
    "ModelMetadata": (MODEL, "OK"),
    "ModelInfer": (TENSOR, "OK"),
    "ModelStreamInfer": (TENSOR, "OK"),
    "ModelConfig": (MODEL, "OK"),
    "ModelStatistics": (MODEL, "OK"),
    "RepositoryIndex": ({}, "OK"),
    "RepositoryModelLoad": ({"model_name": "identity"}, "UNAVAILABLE"),
    "RepositoryModelUnload": ({"model_name": "identity"}, "UNAVAILABLE"),
    "SystemSharedMemoryStatus": ({}, "OK"),
    "SystemSharedMemoryRegister": ({"name": "r", "key": "/none", "byte_size": 8}, ""),
    "SystemSharedMemoryUnregister": ({}, "OK"),
    "CudaSharedMemoryStatus": ({}, "OK"),
    "CudaSharedMemoryRegister": ({}, "UNIMPLEMENTED"),
    "CudaSharedMemoryUnregister": ({}, "OK"),
    "TraceSetting": ({}, "OK"),
    "LogSettings": ({}, "OK"),
}


@pytest.fixture
def caller(target: Target) -> Iterator[Caller]:
    with Caller(target) as opened:
        yield opened


@pytest.fixture
def methods() -> MethodList:
    return known_methods(dialect_for(Dialect.OIP))


def _adds_up(exchange: Exchange) -> bool:
    """Whether the parts follow one another without gaps and make the whole."""
    end = 0
    for part in exchange.timing:
        if part.start_ns != end or part.duration_ns < 0:
            return False
        end += part.duration_ns
    return end == exchange.total_ns > 0


def _rest(verb: str, path: str, body: bytes = b"", **more: object) -> Request:
    request = Request("embedded", MethodKind.REST, path, (body,) if body else (), verb=verb)
    return replace(request, deadline_s=10.0, **more)  # type: ignore[arg-type]


def test_every_method_of_the_protocol_can_be_called_and_replayed(
    caller: Caller, methods: MethodList
) -> None:
    for method in methods.methods:
        if method.service != INFERENCE:
            continue
        value, status = ANSWERS[method.name]
        assert method.input is not None
        assert method.output is not None
        message = message_from_value(value, method.input)
        exchange = caller.call(method.request("embedded", [message], deadline_s=10))
        assert exchange.status is not None, method.name
        assert not status or exchange.status.name == status, (method.name, exchange.fault)
        assert _adds_up(exchange), method.name
        again = caller.call(exchange.request)
        assert again.request == exchange.request
        if exchange.ok and method.name != "ModelStatistics":
            assert again.body == exchange.body, method.name
        for reply in exchange.replies:
            kind = method.output_of(reply.body)
            assert kind is not None
            assert message_to_json(reply.body, kind).startswith("{")


def test_both_simple_serving_methods_answer(caller: Caller, methods: MethodList) -> None:
    for name in ("Predict", "StreamPredict"):
        method = methods.find(name)
        assert method.input is not None
        assert method.output is not None
        message = message_from_text(
            '{"id": "a", "model": "identity_fp32", "value": 3}', method.input
        )
        exchange = caller.call(method.request("embedded", [message], deadline_s=10))
        value = message_to_value(parsed(exchange.body, method.output))
        assert value["id"] == "a"
        assert value["predictions"]
        assert exchange.request.messages == (message,)


def test_the_servers_parts_are_nested_in_the_wait(caller: Caller, methods: MethodList) -> None:
    timed = {**TENSOR, "parameters": {"inferdeck_timing": {"bool_param": True}}}
    method = methods.find("ModelInfer")
    assert method.input is not None
    message = message_from_value(timed, method.input)
    over_grpc = caller.call(method.request("embedded", [message]))
    body = laid_out(
        {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1], "data": [1]}]}
    ).encode()
    over_rest = caller.call(_rest("POST", "/v2/models/identity_fp32/infer", body))
    names = ["decode", "queue", "compute_input", "compute_infer", "compute_output", "encode"]
    for exchange, place in ((over_grpc, "send + wait"), (over_rest, "wait")):
        part = next(part for part in exchange.timing if part.name == place)
        assert [inner.name for inner in part.parts] == names
        assert all(inner.start_ns >= part.start_ns for inner in part.parts)
        assert _adds_up(exchange)


def test_a_second_call_uses_the_connection_again(caller: Caller, methods: MethodList) -> None:
    first, second = (caller.call(_rest("GET", "/v2")) for _ in range(2))
    assert [part.name for part in first.timing] == ["resolve", "connect", "send", "wait", "receive"]
    assert (second.timing[0].name, second.timing[0].note) == ("connect", "reused")
    live = methods.find("ServerLive").request("embedded", [b""])
    notes = [caller.call(live).timing[0].note for _ in range(2)]
    assert notes == ["", "reused"]


def test_a_rest_reply_is_recorded_as_it_came(caller: Caller) -> None:
    good = caller.call(_rest("GET", "/v2/models/identity_fp32"))
    assert good.ok
    assert good.status is not None
    assert (good.status.code, good.status.name) == (200, "OK")
    assert {name.lower(): value for name, value in good.headers}[
        "content-type"
    ] == "application/json"
    bad = caller.call(_rest("GET", "/v2/models/nobody"))
    assert bad.status is not None
    assert bad.status.code == 404
    assert bad.fault is not None
    assert bad.fault.exit_code == 4
    assert "nobody" in bad.fault.message
    assert bad.body


def test_a_compressed_body_is_the_same_bytes_again(caller: Caller) -> None:
    body = b'{"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1], "data": [5]}]}'
    request = _rest(
        "POST",
        "/v2/models/identity_fp32/infer",
        body,
        compression=Compression.GZIP,
        headers=(("Accept-Encoding", "gzip"),),
    )
    first, second = caller.call(request), caller.call(request)
    assert first.ok
    assert first.request.messages == (body,)
    assert first.body == second.body
    assert zlib.crc32(first.body) == zlib.crc32(second.body)


def test_what_cannot_be_sent_is_refused_before(target: Target) -> None:
    with Caller(replace(target, grpc="")) as caller, pytest.raises(UsageError, match="no gRPC"):
        caller.call(Request("x", MethodKind.UNARY, "/a.B/C", (b"",)))
    with Caller(target) as caller:
        with pytest.raises(UsageError, match="metadata"):
            caller.call(Request("x", MethodKind.UNARY, "/a.B/C", (b"",), headers=(("a b", "c"),)))
        with pytest.raises(PayloadTooLarge):
            caller.call(Request("x", MethodKind.UNARY, "/a.B/C", (bytes(9),), message_limit=8))
        with pytest.raises(UsageError, match="one message"):
            caller.call(Request("x", MethodKind.UNARY, "/a.B/C"))


@pytest.mark.parametrize(
    "request_",
    [
        Request("x", MethodKind.REST, "/v2", verb="GET", headers=(("Bad\nName", "x"),)),
        Request("x", MethodKind.REST, "/v2", verb="GET", headers=(("X-Key", "hunter2\n"),)),
        Request("x", MethodKind.REST, "/v2", verb="GET", headers=(("X-Key", "hunter2 \u20ac"),)),
        Request("x", MethodKind.REST, "/v2?token=hunter2 x", verb="GET"),
        Request("x", MethodKind.REST, "/v2/\u00e9", verb="GET"),
        Request("x", MethodKind.REST, "/v2", verb="G T"),
        Request("x", MethodKind.UNARY, "/a.B/C", (b"",), headers=(("x-key", "hunter2\n"),)),
    ],
)
def test_what_no_header_or_path_can_hold_is_refused_without_showing_it(
    caller: Caller, request_: Request
) -> None:
    with pytest.raises(UsageError) as refused:
        caller.call(request_)
    assert "hunter2" not in f"{refused.value!r} {refused.value}"


def test_a_reply_over_the_limit_says_so(caller: Caller, methods: MethodList) -> None:
    rest = caller.call(_rest("GET", "/openapi.json", message_limit=100))
    unary = methods.find("ServerMetadata").request("embedded", [b""], message_limit=16)
    for exchange in (rest, caller.call(unary)):
        assert exchange.fault is not None
        assert exchange.fault.kind == "PayloadTooLarge"


def test_tls_and_the_token_come_from_the_target(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    pair = authority.issue("server")
    options = ServerOptions(token="sesame", certificate=pair.certificate, private_key=pair.key)
    server = EmbeddedServer(bundled_registry(), options)
    server.start()
    target = Target(
        "safe",
        server.rest_url,
        server.grpc_address,
        tls=Tls(ca_file=str(authority.ca)),
        credentials=Credentials("sesame"),
    )
    live = Request("safe", MethodKind.UNARY, f"/{INFERENCE}/ServerLive", (b"",), deadline_s=10)
    rest = _rest("GET", "/v2")
    try:
        with Caller(target) as caller:
            exchange = caller.call(rest)
            assert exchange.ok, exchange.fault
            assert [part.name for part in exchange.timing][2] == "TLS"
            assert "sesame" not in repr(exchange.request)
            assert caller.call(live).ok
            listed = target_methods(caller, dialect_for(Dialect.OIP))
            assert not listed.remarks
        with Caller(replace(target, credentials=Credentials())) as caller:
            for request in (rest, live):
                fault = caller.call(request).fault
                assert fault is not None
                assert fault.code == "sign_in"
        with Caller(replace(target, tls=Tls())) as caller:
            for request in (rest, live):
                fault = caller.call(request).fault
                assert fault is not None
                assert fault.code == "not_trusted", fault
    finally:
        server.stop()
