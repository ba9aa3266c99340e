"""What can be called: from the bundled schema, reflection, files, routes and openapi.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.clients.dialects.known import dialect_for
from backend.core.errors import InvalidInput, UsageError
from backend.core.target import Dialect, Target
from backend.inspector.calls.caller import Caller
from backend.inspector.calls.exchange import MethodKind
from backend.inspector.forms.message_editor import message_from_text
from backend.inspector.forms.message_text import message_to_value, parsed
from backend.inspector.methods.gathering import known_methods, target_methods
from backend.inspector.methods.listing import Method, MethodList, methods_of
from backend.inspector.methods.openapi_routes import openapi_routes
from backend.inspector.methods.proto_files import read_schema_file
from backend.inspector.methods.samples import sample_text
from backend.inspector.methods.schema import Origin, schema_from_protoset
from backend.wire.generated import open_inference_pb2
from tests.inspector.lab_server import LAB_PROTO, NOTE_PROTO

HEALTH = "grpc.health.v1.Health"
RULES = dialect_for(Dialect.OIP)


@pytest.fixture
def lab_proto(tmp_path: Path) -> Path:
    (tmp_path / "imports" / "parts").mkdir(parents=True)
    (tmp_path / "imports" / "parts" / "note.proto").write_text(NOTE_PROTO)
    path = tmp_path / "lab.proto"
    path.write_text(LAB_PROTO)
    return path


def _reflected(caller: Caller) -> MethodList:
    return target_methods(caller, RULES, prefer=Origin.REFLECTION)


def _named(methods: MethodList, title: str) -> Method:
    return next(method for method in methods.methods if method.title == title)


def test_inference_comes_first_and_every_source_adds_its_own(target: Target) -> None:
    with Caller(target) as caller:
        listed = target_methods(caller, RULES)
    assert listed.remarks == ()
    names = [method.name for method in listed.methods]
    assert names[:4] == ["ModelInfer", "ModelStreamInfer", "Predict", "StreamPredict"]
    assert {method.origin for method in listed.methods} >= {
        Origin.BUNDLED,
        Origin.REFLECTION,
        Origin.ROUTES,
        Origin.OPENAPI,
    }
    titles = [method.title for method in listed.methods]
    assert len(set(titles)) == len(titles)
    assert all(method.offered for method in listed.methods if method.origin is Origin.BUNDLED)
    infer = _named(listed, "POST /v2/models/{model}/infer")
    assert infer.path_parts == ("model",)
    assert infer.filled_path({"model": "a b"}) == "/v2/models/a%20b/infer"
    with pytest.raises(UsageError, match="needs the model"):
        infer.filled_path({})


def test_a_reflected_service_is_called_and_watched(target: Target) -> None:
    with Caller(target) as caller:
        listed = _reflected(caller)
        check, watch = listed.find(f"{HEALTH}/Check"), listed.find(f"{HEALTH}/Watch")
        assert check.origin is watch.origin is Origin.REFLECTION
        assert (check.badge, watch.badge) == ("U", "S")
        assert check.input is not None
        assert check.output is not None
        message = message_from_text(sample_text(check.input), check.input)
        exchange = caller.call(check.request("x", [message], deadline_s=10))
        assert message_to_value(parsed(exchange.body, check.output)) == {"status": "SERVING"}
        watched = caller.call(watch.request("x", [message], deadline_s=0.5))
        assert [reply.body for reply in watched.replies] == [exchange.body]


def test_every_sample_of_every_method_can_be_sent(target: Target) -> None:
    with Caller(target) as caller:
        for listed in (target_methods(caller, RULES), _reflected(caller)):
            for method in listed.methods:
                if method.input is None:
                    continue
                text = sample_text(method.input)
                message = message_from_text(text, method.input)
                assert method.input.file.pool is not None
                assert isinstance(message, bytes), method.title


def test_nothing_is_added_to_the_default_pool(target: Target, lab_proto: Path) -> None:
    with Caller(target) as caller:
        _reflected(caller)
    read_schema_file(lab_proto, [lab_proto.parent / "imports"])
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindServiceByName("lab.v1.Lab")
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindServiceByName("grpc.reflection.v1.ServerReflection")


def test_a_proto_of_the_user_describes_its_service(lab: Target, lab_proto: Path) -> None:
    schema = read_schema_file(lab_proto, [lab_proto.parent / "imports"])
    listed = known_methods(RULES, files=[schema], prefer=Origin.PROTO)
    kinds = {m.name: m.kind for m in listed.methods if m.service == "lab.v1.Lab"}
    assert kinds["Echo"] is MethodKind.UNARY
    assert kinds["Flood"] is MethodKind.SERVER_STREAM
    assert kinds["Gather"] is MethodKind.CLIENT_STREAM
    assert kinds["Chat"] is MethodKind.BIDI_STREAM
    gather = listed.find("lab.v1.Lab/Gather")
    assert gather.input is not None
    assert gather.output is not None
    message = message_from_text('{"text": {"@text": "hé"}, "count": "3"}', gather.input)
    with Caller(lab) as caller:
        exchange = caller.call(gather.request("lab", [message, message], deadline_s=10))
        with_files = target_methods(caller, RULES, files=[schema])
    assert message_to_value(parsed(exchange.body, gather.output))["count"] == 2
    assert with_files.find("Gather").title == "lab.v1.Lab/Gather"


def test_protoc_says_what_is_wrong(tmp_path: Path, lab_proto: Path) -> None:
    with pytest.raises(InvalidInput, match=r"note\.proto") as missing:
        read_schema_file(lab_proto)
    assert "imports" in missing.value.hint
    wrong = tmp_path / "wrong.proto"
    wrong.write_text('syntax = "proto3"; service S { rpc Go(Q) returns (Q); }')
    with pytest.raises(InvalidInput, match='"Q" is not defined'):
        read_schema_file(wrong)
    with pytest.raises(UsageError, match="cannot be read"):
        read_schema_file(tmp_path / "none.proto")


def test_a_protoset_describes_services(tmp_path: Path) -> None:
    files = FileDescriptorSet()
    open_inference_pb2.DESCRIPTOR.CopyToProto(files.file.add())
    path = tmp_path / "schema.protoset"
    path.write_bytes(files.SerializeToString())
    schema = read_schema_file(path)
    assert schema.origin is Origin.PROTOSET
    assert [service.name for service in schema.services] == ["GRPCInferenceService"]
    with pytest.raises(InvalidInput, match="not a protoset"):
        schema_from_protoset(b"\xff\xff\xff", "x")


def test_files_that_do_not_fit_together_are_refused() -> None:
    files = FileDescriptorSet()
    lost = files.file.add(name="a.proto", syntax="proto3", dependency=["b.proto"])
    lost.service.add(name="S")
    with pytest.raises(InvalidInput, match=r"imports b\.proto"):
        schema_from_protoset(files.SerializeToString(), "x")
    again = FileDescriptorSet()
    again.file.add(name="a.proto", syntax="proto3", dependency=["a.proto"])
    with pytest.raises(InvalidInput):
        schema_from_protoset(again.SerializeToString(), "x")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("", "ModelInfer"),
        ("modelinfer", "ModelInfer"),
        ("stream inf", "ModelStreamInfer"),
        ("msi", "ModelStreamInfer"),
        ("repo load", "RepositoryModelLoad"),
        ("get ready", "Does it take requests?"),
        ("srvmtdt", "ServerMetadata"),
    ],
)
def test_a_few_letters_find_a_method(words: str, first: str) -> None:
    assert known_methods(RULES).search(words)[0].name == first


def test_what_is_not_there_names_what_is_near() -> None:
    listed = known_methods(RULES)
    assert listed.search("nothing like it") == ()
    with pytest.raises(UsageError, match=r"no method 'ModelInver'.*ModelInfer"):
        listed.find("ModelInver")
    assert listed.find("/grpc.health.v1.Health/Check").name == "Check"
    assert listed.find("GET /v2").kind is MethodKind.REST


def test_a_dialect_lists_what_it_has() -> None:
    kserve = known_methods(dialect_for(Dialect.KSERVE))
    assert not any(method.name == "ModelStreamInfer" for method in kserve.methods)
    assert any(method.title == "GET /v2/models" for method in kserve.methods)
    assert not any(method.path == "/v2/repository/index" for method in kserve.methods)
    triton = known_methods(dialect_for(Dialect.TRITON))
    assert triton.find("POST /v2/repository/index").group == "REST: repository"
    assert not any("versions" in method.path for method in kserve.methods)


@pytest.fixture
def silent(lab: Target) -> Iterator[Caller]:
    """A server without reflection and without REST."""
    with Caller(lab) as caller:
        yield caller


def test_a_server_without_reflection_is_no_news(silent: Caller) -> None:
    listed = target_methods(silent, RULES)
    assert listed.remarks == ()
    assert listed.methods[0].offered is None
    unknown = {method.group for method in listed.methods if method.offered is False}
    assert unknown == {"Simple serving", "Health"}
    triton = target_methods(silent, dialect_for(Dialect.TRITON)).methods
    assert {m.group for m in triton if m.offered is False} == {"Simple serving"}


def test_openapi_gives_bodies_to_begin_with() -> None:
    document = b"""{"openapi": "3.1.0", "paths": {"/a/{b}": {"post": {"summary": "Do it", "tags":
      ["t"], "requestBody": {"content": {"application/json": {"schema": {"$ref":
      "#/components/schemas/A"}}}}}, "parameters": []}, "/loop": {"put": {"requestBody": {"$ref":
      "#/nowhere"}}}}, "components": {"schemas": {"A": {"type": "object", "properties":
      {"again": {"$ref": "#/components/schemas/A"}, "n": {"type": "integer", "example": 7},
      "l": {"type": "array", "items": {"enum": ["x"]}}}}}}}"""
    first, second = openapi_routes(document)
    assert (first.title, first.group, first.about) == ("POST /a/{b}", "REST: t", "Do it")
    assert first.headers == (("Content-Type", "application/json"),)
    assert '"n": 7' in first.sample
    assert second.sample == ""
    for nothing in (b"", b"[]", b'{"paths": 3}', b"\xff"):
        with pytest.raises(InvalidInput):
            openapi_routes(nothing)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2000))
def test_any_bytes_make_a_schema_or_an_error(data: bytes, at: int) -> None:
    files = FileDescriptorSet()
    open_inference_pb2.DESCRIPTOR.CopyToProto(files.file.add())
    whole = files.SerializeToString()
    for text in (data, whole[:at] + data + whole[at + len(data) :]):
        with suppress(InvalidInput):
            for method in methods_of(schema_from_protoset(text, "x")):
                assert method.input is not None
                message_from_text(sample_text(method.input), method.input)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    (
                        *("paths", "/a", "get", "post", "requestBody", "content", "schema"),
                        *("application/json", "properties", "items", "$ref", "type", "required"),
                    )
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=25,
    )
)
def test_any_document_makes_routes_or_an_error(document: object) -> None:
    for text in (document, {"paths": {"/a": {"post": document}}}):
        with suppress(InvalidInput):
            for method in openapi_routes(json.dumps(text).encode()):
                assert method.title
