"""A gRPC request as a `grpcurl` command for a POSIX shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor

from backend.core.choices import Compression
from backend.core.errors import InvalidInput, UsageError
from backend.core.target import Target
from backend.inspector.calls import Request
from backend.inspector.forms import parsed
from backend.inspector.methods import Method, Origin
from backend.inspector.snippets.parts import (
    INLINE,
    PROTOS,
    SideFile,
    Snippet,
    command,
    grpc_address,
    headers_to_send,
    literal,
    tls_of,
    variables_in,
    word,
)

MESSAGES_FILE = "request.json"

_NO_COMPRESSION = "grpcurl cannot compress what it sends."
_DEFAULT_LIMIT = 4 * 1024 * 1024


def grpcurl(request: Request, target: Target, method: Method, schema_file: str = "") -> Snippet:
    """The command that sends the same messages, written as JSON.

    Servers of models seldom have reflection, so the schema that ships with Inferdeck is named, or
    `schema_file`, the .proto or protoset that the method was read from. Raises UsageError for a
    REST request, ReplyMismatch for messages that are not of the method's type.
    """
    if request.rest or method.input is None:
        raise UsageError("grpcurl speaks gRPC; copy a REST request as curl or Python.")
    text = "\n".join(json_of(method.input, message) for message in request.messages)
    inline = len(text.encode()) <= INLINE
    headers = headers_to_send(request, target)
    options = [
        *_tls(target),
        *_schema(method, schema_file),
        *(("-H", word(f"{name}: {value}")) for name, value in headers),
        *([("-max-time", f"{request.deadline_s:g}")] if request.deadline_s else []),
        *([("-max-msg-sz", str(request.message_limit))] if _above_default(request) else []),
        ("-d", literal(text) if inline else "@"),
        (literal(grpc_address(target)), literal(request.path.removeprefix("/"))),
    ]
    line = command("grpcurl", options)
    files = () if inline else (SideFile(MESSAGES_FILE, text.encode()),)
    return Snippet(
        "sh",
        f"{line}\n" if inline else f"{line} \\\n  < {MESSAGES_FILE}\n",
        files,
        variables_in(value for _, value in headers),
        (_NO_COMPRESSION,) if request.compression is not Compression.NONE else (),
    )


def json_of(kind: Descriptor, message: bytes) -> str:
    """A message as protobuf's JSON in one line, with the names of the schema.

    Raises ReplyMismatch if it is none of that type, InvalidInput if it has no JSON form.
    """
    try:
        return json_format.MessageToJson(
            parsed(message, kind), preserving_proto_field_name=True, indent=None
        )
    except (json_format.SerializeToJsonError, TypeError, ValueError) as error:
        raise InvalidInput(f"The message has no JSON form: {error}.") from error


def _tls(target: Target) -> Iterator[tuple[str, ...]]:
    tls = tls_of(target, rest=False)
    if tls is None:
        yield ("-plaintext",)
        return
    if not tls.verify:
        yield ("-insecure",)
    options = (
        ("-cacert", tls.ca_file),
        ("-cert", tls.certificate_file),
        ("-key", tls.key_file),
        ("-servername", tls.server_name),
    )
    yield from ((option, literal(value)) for option, value in options if value)


def _schema(method: Method, schema_file: str) -> Iterator[tuple[str, ...]]:
    """Where grpcurl learns what the messages look like; nothing means reflection."""
    if schema_file and method.origin is Origin.PROTOSET:
        yield ("-protoset", literal(schema_file))
    elif schema_file:
        path = Path(schema_file)
        yield ("-import-path", literal(str(path.parent)), "-proto", literal(path.name))
    elif method.origin is Origin.BUNDLED and (own := bundled_proto(method)) is not None:
        yield ("-import-path", literal(str(own.parent)), "-proto", literal(own.name))


def bundled_proto(method: Method) -> Path | None:
    """The schema of ours that describes a method, or None if none does."""
    if method.input is None:
        return None
    path = PROTOS / Path(method.input.file.name).name
    return path if path.is_file() else None


def _above_default(request: Request) -> bool:
    return request.message_limit > _DEFAULT_LIMIT
