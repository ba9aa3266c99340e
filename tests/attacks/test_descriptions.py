"""What a server says of itself, made to be slow or large: OpenAPI, routes and descriptors."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from backend.core.errors import InvalidInput
from backend.inspector.calls.exchange import MethodKind
from backend.inspector.methods.listing import Method, methods_of
from backend.inspector.methods.openapi_routes import MAX_ROUTES, openapi_routes
from backend.inspector.methods.recognise import path_values
from backend.inspector.methods.samples import MAX_FIELDS, sample_text
from backend.inspector.methods.schema import Origin, schema_from_files, schema_from_protoset
from tests.attacks.growth import assert_linear

_A = {"$ref": "#/components/schemas/A"}
_INT32, _MESSAGE = FieldDescriptorProto.TYPE_INT32, FieldDescriptorProto.TYPE_MESSAGE
_KEEPS = 40
"""Bytes of Python objects for one byte of JSON, about."""


def _document(routes: int, schema: Any, **schemas: Any) -> bytes:
    body = {"content": {"application/json": {"schema": schema}}}
    return json.dumps(
        {
            "paths": {f"/p{i}": {"post": {"requestBody": body}} for i in range(routes)},
            "components": {"schemas": schemas},
        }
    ).encode()


def _chain(width: int) -> dict[str, Any]:
    """Ten schemas, each with that many fields of the next one's type."""
    return {
        f"S{i}": {"properties": {f"f{j}": {"$ref": f"#/components/schemas/S{i + 1}"}
                                 for j in range(width)}}
        for i in range(10)
    }  # fmt: skip


_DOCUMENTS: dict[str, Callable[[int], bytes]] = {
    "a schema within itself": lambda n: _document(
        1, _A, A={"properties": {f"f{i}": _A for i in range(n // 40)}}
    ),
    "ten schemas deep": lambda n: _document(
        20, {"$ref": "#/components/schemas/S0"}, **_chain(n // 400)
    ),
    "lists of choices of itself": lambda n: _document(
        1, _A, A={"anyOf": [{"items": _A, "type": "array"} for _ in range(n // 60)]}
    ),
    "a large example for every route": lambda n: _document(
        n // 200, _A, A={"example": ["x" * 50] * (n // 100)}
    ),
    "an example of many fields": lambda n: _document(
        n // 200, _A, A={"example": {f"f{i}": [[]] for i in range(n // 50)}}
    ),
    "a long reference": lambda n: _document(n // 200, _A, A={"$ref": "#" + "/a" * (n // 4)}),
    "references in a circle": lambda n: _document(n // 100, _A, A=_A),
    "many names": lambda n: _document(
        n // 200, _A, A={"properties": {f"f{i}": {} for i in range(n // 30)}}
    ),
    "many required names": lambda n: _document(
        n // 200, _A, A={"properties": {"f": {}}, "required": ["x"] * (n // 10)}
    ),
    "many routes": lambda n: _document(n // 110, {"type": "string"}),
}


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_openapi_is_read_in_linear_time(name: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        body = _DOCUMENTS[name](size)
        return lambda: openapi_routes(body)

    assert_linear(reading, 10_000, seconds=5, peak_bytes_per_byte=_KEEPS)


def test_openapi_that_could_go_on_for_ever_still_gives_its_routes() -> None:
    body = _document(2 * MAX_ROUTES, {"$ref": "#/components/schemas/S0"}, **_chain(60))
    routes = openapi_routes(body)
    assert len(routes) == MAX_ROUTES
    assert routes[0].sample.count('"f') <= MAX_FIELDS
    nested = json.loads(routes[0].sample)
    assert nested["f0"]["f0"]


def test_a_schema_within_itself_is_left_out_and_what_stands_beside_it_is_there() -> None:
    schema = {
        "properties": {
            "again": _A,
            "maybe": {"anyOf": [_A, {"type": "null"}]},
            "many": {"type": "array", "items": _A},
            "n": {"type": "integer"},
            "example": {"example": {"deep": [1, 2]}},
        }
    }
    sample = json.loads(openapi_routes(_document(1, _A, A=schema))[0].sample)
    assert sample == {"maybe": None, "many": [], "n": 0, "example": {"deep": [1, 2]}}


def _route(path: str) -> Method:
    return Method(MethodKind.REST, "REST", path, path, Origin.OPENAPI, verb="GET")


@pytest.mark.parametrize("piece", ["{a}", "{a}.", "{a}{b}."])
def test_paths_are_recognised_in_linear_time(piece: str) -> None:
    def recognising(size: int) -> Callable[[], object]:
        route, path = _route("/" + piece * (size // 10) + "!"), "/" + "x." * size
        return lambda: path_values(route, path)

    assert_linear(recognising, 20_000, seconds=2, peak_bytes_per_byte=100)


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("/v2/models/{model}/infer", "/v2/models/a%20b/infer?x=1", {"model": "a b"}),
        ("/v2/models/{model}/infer", "/v2/models//infer", None),
        ("/v2/models/{model}/infer", "/v2/models/a/b/infer", None),
        ("/f/{name}.{kind}", "/f/a.b", {"name": "a", "kind": "b"}),
        ("/f/{name}.{kind}", "/f/ab", None),
        ("/f/x{name}y", "/f/xy", None),
        ("/f/x{name}y", "/f/xay", {"name": "a"}),
        ("/{a}{b}", "/xyz", {"a": "x", "b": "yz"}),
        ("/{a}{a}", "/xyz", {"a": "yz"}),
        ("/{1}/(", "/x/(", {"1": "x"}),
        ("/plain", "/plain?", {}),
    ],
)
def test_any_path_of_a_server_is_recognised(
    template: str, path: str, expected: dict[str, str] | None
) -> None:
    assert path_values(_route(template), path) == expected


def _file(name: str = "a.proto", **parts: Any) -> FileDescriptorProto:
    return FileDescriptorProto(name=name, syntax="proto3", **parts)


def _with_fields(count: int, type_name: str = "") -> FileDescriptorProto:
    file = _file()
    fields = [
        FieldDescriptorProto(
            name=f"f{number}",
            number=number,
            type=FieldDescriptorProto.TYPE_MESSAGE
            if type_name
            else FieldDescriptorProto.TYPE_INT32,
            label=FieldDescriptorProto.LABEL_OPTIONAL,
            type_name=type_name or None,
        )
        for number in range(1, count + 1)
    ]
    file.message_type.add(name="M", field=fields)
    file.service.add(name="S").method.add(name="Do", input_type=".M", output_type=".M")
    return file


def _importing(count: int) -> list[FileDescriptorProto]:
    """Files that import all before them."""
    names = [f"{i}.proto" for i in range(count)]
    return [_file(name, dependency=names[:i]) for i, name in enumerate(names)]


_SCHEMAS: dict[str, Callable[[int], list[FileDescriptorProto]]] = {
    "many fields": lambda n: [_with_fields(n // 3)],
    "many fields of its own type": lambda n: [_with_fields(n // 3, ".M")],
    "many imports": lambda n: _importing(int((2 * n) ** 0.5)),
    "many services": lambda n: [
        _file(service=[ServiceDescriptorProto(name=f"S{i}") for i in range(n)])
    ],
    "deep messages": lambda n: [
        _file(f"{i}.proto", message_type=[_nested(30, f"M{i}")]) for i in range(n // 100)
    ],
}


def _nested(depth: int, name: str) -> Any:
    message = {"name": name}
    for level in range(depth):
        message = {"name": f"{name}_{level}", "nested_type": [message]}  # type: ignore[dict-item]
    return message


@pytest.mark.parametrize("name", _SCHEMAS)
def test_descriptors_are_read_in_linear_time(name: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        data = FileDescriptorSet(file=_SCHEMAS[name](size)).SerializeToString()

        def read() -> None:
            for method in methods_of(schema_from_protoset(data, "x")):
                assert method.input is not None
                sample_text(method.input)

        return read

    assert_linear(reading, 5_000, seconds=10, peak_bytes_per_byte=4_000)


def test_names_that_would_fill_the_memory_are_refused() -> None:
    fields = _with_fields(10_000)
    fields.message_type[0].name = "M" * 10_000
    enum = EnumDescriptorProto(
        name="E", value=[EnumValueDescriptorProto(name=f"V{i}") for i in range(10_000)]
    )
    service = ServiceDescriptorProto(
        name="S", method=[MethodDescriptorProto(name=f"D{i}") for i in range(10_000)]
    )
    values = _file(enum_type=[enum], package="p" * 10_000)
    methods = _file(service=[service], package="p" * 10_000)
    for file in (fields, values, methods):
        with pytest.raises(InvalidInput, match="names of the schema"):
            schema_from_files([file], Origin.REFLECTION)


def test_imports_in_a_circle_are_an_error() -> None:
    files = [_file("a.proto", dependency=["b.proto"]), _file("b.proto", dependency=["a.proto"])]
    with pytest.raises(InvalidInput):
        schema_from_files(files, Origin.PROTOSET)


def test_nesting_beyond_what_protobuf_reads_is_an_error() -> None:
    file = _file(message_type=[_nested(60, "M")])
    with suppress(InvalidInput):
        schema_from_protoset(FileDescriptorSet(file=[file]).SerializeToString(), "x")
